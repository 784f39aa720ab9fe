"""Parts are built from the sections of a config, and failures name the section."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import OPTIMIZERS
from mmengine.runner import BaseLoop, EpochBasedTrainLoop
from mmengine.runner import Runner as MMEngineRunner
from torch import nn
from torch.utils.data import DataLoader

from clef_mm.engine.config import ConfigError
from clef_mm.errors import UserError, nearest
from clef_mm.registry import MODELS


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
    """mmengine's Runner, whose failures to build a part name the config's section."""

    def set_randomness(self, seed: int | None, diff_rank_seed: bool = False) -> None:
        """Seed this process."""
        with building('randomness'):
            super().set_randomness(seed, diff_rank_seed)

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
        """Build dataset, sampler and loader."""
        with building('a dataloader'):
            return MMEngineRunner.build_dataloader(dataloader, seed, diff_rank_seed)

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """Build the optimizer and what applies gradients with it."""
        if isinstance(optim_wrapper, dict):
            _check_optimizer(optim_wrapper)
        with building('optim_wrapper'):
            return super().build_optim_wrapper(optim_wrapper)

    def build_train_loop(self, loop: BaseLoop | dict[str, Any]) -> BaseLoop:
        """Build the loop."""
        with building('train_cfg'):
            return super().build_train_loop(loop)

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedules of learning rate and momentum."""
        with building('param_scheduler'):
            return super().build_param_scheduler(scheduler)


def check_length(loop: EpochBasedTrainLoop) -> None:
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


def _check_optimizer(optim_wrapper: dict[str, Any]) -> None:
    """Refuse a name that no optimizer has, of which mmengine says nothing clear.

    Raises:
        ConfigError: Names the optimizers that there are.
    """
    kind = optim_wrapper.get('optimizer', {}).get('type')
    if isinstance(kind, str) and OPTIMIZERS.get(kind) is None:
        names = OPTIMIZERS.module_dict
        raise ConfigError(
            f"no optimizer is called '{kind}'{nearest(kind, names) or '.'} Known: "
            f'{", ".join(sorted(names))}'
        )
