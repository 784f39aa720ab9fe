"""Parts of a run are built from the sections of a config; failures name the section."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, EpochBasedTrainLoop
from mmengine.runner import Runner as MMEngineRunner
from torch import nn
from torch.utils.data import DataLoader

from clef_mm.engine.config import ConfigError
from clef_mm.engine.epoch_loop import EpochLoop
from clef_mm.engine.optim_wrapper import OptimWrapper
from clef_mm.engine.stop_signals import leave_to_main
from clef_mm.errors import UserError
from clef_mm.registry import MODELS
from clef_mm.structures import collate_faces


@contextmanager
def building(section: str) -> Iterator[None]:
    """Guard the building of parts from a section of a config.

    Parts check their arguments themselves, and those of torch and mmengine know of no
    config. Where it was raised is told too, for those who write parts of their own.

    Args:
        section: What is built from, such as ``'optim_wrapper'``.

    Raises:
        ConfigError: If a part does not take a key, or not its value.
    """
    try:
        yield
    except UserError:
        raise
    except (TypeError, ValueError) as error:
        step = traceback.extract_tb(error.__traceback__)[-1]
        place = f'{Path(step.filename).name} line {step.lineno}'
        raise ConfigError(f'{section}: {error} ({place})') from error


class PartBuilder(MMEngineRunner):
    """mmengine's Runner, which builds only what can be stopped and goes on.

    Faces are seeded by their place in the epoch, gradients are applied within it, and
    the loop can begin inside it. What cannot be built is said with its section.
    """

    def build_model(self, model: nn.Module | dict[str, Any]) -> nn.Module:
        """Build the model by our registry, which names the nearest key."""
        with building('model'):
            return MODELS.build(model) if isinstance(model, dict) else model

    def register_hook(
        self, hook: Hook | dict[str, Any], priority: str | int | None = None
    ) -> None:
        """Register a hook, built where it is a config."""
        with building('default_hooks or custom_hooks'):
            super().register_hook(hook, priority)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict[str, Any],
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader:
        """Build a loader of faces that are seeded by their place in the epoch.

        Raises:
            ConfigError: If a batch is no whole number of the sampler's blocks.
        """
        if isinstance(dataloader, dict):
            dataloader = {
                'collate_fn': {'type': collate_faces},
                'worker_init_fn': {'type': leave_to_main},
                **dataloader,
                'batch_sampler': {
                    'type': 'clef_mm.SeededBatches',
                    'drop_last': dataloader.get('drop_last', False),
                    'seed': seed,
                },
            }
            dataloader.pop('drop_last', None)
        with building('a dataloader'):
            loader = MMEngineRunner.build_dataloader(dataloader, seed, diff_rank_seed)
        batches = loader.batch_sampler
        block = getattr(batches.sampler, 'block', 1)
        if batches.batch_size % block:
            raise ConfigError(
                f'batch_size={batches.batch_size} is not a multiple of block={block} '
                f'of {type(batches.sampler).__name__}: a batch would cut blocks in two'
            )
        return loader

    def build_optim_wrapper(
        self, optim_wrapper: OptimWrapper | dict[str, Any]
    ) -> OptimWrapper:
        """Build the optimizer and what applies gradients with it.

        Raises:
            ConfigError: If nothing of the model is trained, or the config names a
                wrapper that cannot go on from inside an epoch, as mmengine's own
                cannot.
        """
        if not any(weight.requires_grad for weight in self.model.parameters()):
            raise ConfigError(
                'nothing of the model is trained: all of it is frozen. Leave something '
                'out of model.image_encoder.frozen or model.text_encoder.frozen'
            )
        if isinstance(optim_wrapper, dict):
            optim_wrapper.setdefault('type', OptimWrapper)
        with building('optim_wrapper'):
            built = super().build_optim_wrapper(optim_wrapper)
        _check_kind(built, OptimWrapper, 'optim_wrapper.type must be')
        return built

    def build_train_loop(self, loop: BaseLoop | dict[str, Any]) -> BaseLoop:
        """Build a loop that can begin inside an epoch.

        Raises:
            ConfigError: If the config asks for another, as one that counts iterations,
                or the run would have no iteration.
        """
        if isinstance(loop, dict) and 'type' not in loop and loop.get('by_epoch', True):
            loop = {'type': EpochLoop, **loop}
            loop.pop('by_epoch', None)
        with building('train_cfg'):
            built = super().build_train_loop(loop)
        _check_kind(built, EpochLoop, 'train_cfg needs by_epoch=True; its type must be')
        _check_length(built)
        return built

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedules of learning rate and momentum."""
        with building('param_scheduler'):
            return super().build_param_scheduler(scheduler)


def _check_kind(built: object, kind: type, rule: str) -> None:
    """Refuse what mmengine builds and no run can go on with."""
    if not isinstance(built, kind):
        raise ConfigError(
            f'{rule} clef_mm.engine.{kind.__name__} or a class made of it, got '
            f'{type(built).__name__}'
        )


def _check_length(loop: EpochBasedTrainLoop) -> None:
    """Refuse a training run without a single iteration.

    Raises:
        ConfigError: If there is no epoch, or no batch in one.
    """
    if loop.max_epochs < 1:
        raise ConfigError(
            f'train_cfg.max_epochs must be at least 1, got {loop.max_epochs}'
        )
    if not len(loop.dataloader):
        batches = loop.dataloader.batch_sampler
        raise ConfigError(
            f'the {len(batches.sampler)} training images of a process fill no batch of '
            f'{batches.batch_size}, and incomplete ones are left out: set a smaller '
            'train_dataloader.batch_size'
        )
