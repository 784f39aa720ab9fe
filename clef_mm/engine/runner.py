"""mmengine's Runner, made to resume safely and to run without a GPU."""

from __future__ import annotations

import itertools
import platform
from pathlib import Path
from typing import Any

import mmengine
import torch
from mmengine.hooks import EMAHook
from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper
from mmengine.registry import RUNNERS
from torch import nn

from clef_mm import __version__, compat, distributed
from clef_mm.engine.building import PartBuilder, building
from clef_mm.engine.checkpoint_content import checkpoint_content
from clef_mm.engine.checkpoint_files import (
    CheckpointError,
    checkpoints,
    is_whole,
    refuse_occupied,
    write_checkpoint,
)
from clef_mm.engine.config import ConfigError
from clef_mm.engine.determinism import set_deterministic
from clef_mm.engine.fully_sharded import FullyShardedModel
from clef_mm.engine.hooks import (
    BrokenImageHook,
    CheckpointContentHook,
    FiniteHook,
    LabelPresenceHook,
    RunPlanHook,
    SeedHook,
    TrainingLogHook,
)
from clef_mm.engine.resuming import lay_out, unfit
from clef_mm.engine.stop_signals import StopSignals
from clef_mm.engine.trained_labels import check_labels
from clef_mm.models.encoders.weights import (
    POINTER,
    WeightsError,
    load_exactly,
    read_file,
)
from clef_mm.outside_files import parsing

_run_number = itertools.count()


@RUNNERS.register_module(name='clef_mm.Runner')
class Runner(PartBuilder):
    """Train and test from a config.

    What differs from mmengine's own Runner:

    * checkpoints hold only tensors and plain containers and are read as such; their
      keys and shapes must fit exactly;
    * ``resume`` goes on from any iteration, bit for bit, in a work directory that may
      have been moved, from the newest checkpoint that is whole;
    * a signal to stop is answered with a checkpoint;
    * several processes run on CPUs too (Gloo);
    * all random numbers follow from seed, epoch, batch and process;
    * two runs started within a second do not share their logs and best scores;
    * the plan is printed, and test subjects are checked against those seen before.

    Attributes:
        provenance: Whose faces the model has seen; see :mod:`.provenance`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.provenance: dict[str, Any] = {}
        self._stop_signals = StopSignals()
        self._stop_anywhere = distributed.AnyRank()
        config = kwargs.get('cfg') or {}
        # mmengine names runs by the second; its logs and scores are global by name.
        name = (
            kwargs.get('experiment_name')
            or Path(getattr(config, 'filename', None) or 'run').stem
        )
        kwargs['experiment_name'] = f'{name}_{next(_run_number)}'
        super().__init__(*args, **kwargs)

    @property
    def plain_model(self) -> nn.Module:
        """The model itself, without what wraps it for several processes."""
        return self.model.module if is_model_wrapper(self.model) else self.model

    def setup_env(self, env_cfg: dict[str, Any]) -> None:
        """Join the other processes, with or without GPUs, before mmengine looks."""
        if self._launcher != 'none':
            distributed.init_process_group(self._launcher)
        super().setup_env(env_cfg)

    def set_randomness(
        self,
        seed: int | None,
        diff_rank_seed: bool = False,
        deterministic: bool = True,
    ) -> None:
        """Seed this process; see :mod:`.determinism` for the switch."""
        with building('randomness'):
            super().set_randomness(seed, diff_rank_seed)
        self._deterministic = deterministic
        set_deterministic(deterministic)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build mmengine's logger without the warnings that are no news to a user."""
        logger = super().build_logger(*args, **kwargs)
        compat.silence_known_warnings(logger)
        return logger

    def wrap_model(
        self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module
    ) -> nn.Module:
        """Wrap the model for several processes, on the device that this one has.

        mmengine names the GPU by the number of the process on its machine, which there
        is none of on CPUs and which Slurm may have counted anew.
        """
        if self.distributed and not is_model_wrapper(model):
            wrapper = {'type': 'MMDistributedDataParallel', **(model_wrapper_cfg or {})}
            if wrapper['type'] == 'MMDistributedDataParallel':
                wrapper = {
                    'device_ids': distributed.device_ids(),
                    'broadcast_buffers': False,
                    'find_unused_parameters': self.cfg.get(
                        'find_unused_parameters', False
                    ),
                    **wrapper,
                }
            model_wrapper_cfg = wrapper
        return super().wrap_model(model_wrapper_cfg, model)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register mmengine's default hooks and those that every run here needs."""
        hooks = {'runtime_info': {'type': TrainingLogHook}, **(hooks or {})}
        super().register_default_hooks(hooks)
        for hook in (
            RunPlanHook(),
            LabelPresenceHook(),
            SeedHook(),
            FiniteHook(),
            BrokenImageHook(),
            CheckpointContentHook(),
        ):
            self.register_hook(hook)

    def train(self) -> nn.Module:
        """Train; a signal to stop ends the run after its next checkpoint.

        Raises:
            CheckpointError: If a run is to begin where another has left checkpoints.
            ConfigError: If moving averages are asked for of a model in parts.
            RunStoppedError: If a signal asked to stop; ``--resume`` goes on.
        """
        averaged = any(isinstance(hook, EMAHook) for hook in self.hooks)
        if averaged and isinstance(self.model, FullyShardedModel):
            raise ConfigError(
                'EMAHook copies a whole model, and FullyShardedModel keeps a part: '
                'leave one of them out'
            )
        if not self._resume:
            refuse_occupied(Path(self.work_dir))
        with self._stop_signals.caught():
            return super().train()

    def stop_requested(self) -> bool:
        """Tell whether a signal has asked any process to stop.

        Each process must ask equally often.
        """
        return self._stop_anywhere.tell(self._stop_signals.received is not None)

    def write_checkpoint(self, name: str, epoch: int, iteration: int) -> None:
        """Write the state of the run into the work directory; one process does.

        Args:
            name: Of the file.
            epoch: Epochs done.
            iteration: Iterations done.

        Raises:
            CheckpointError: If it cannot be written; those before are untouched.
        """
        first = distributed.rank() == 0
        # Where each process has a part of the weights, all give theirs.
        if first or isinstance(self.model, FullyShardedModel):
            content = checkpoint_content(self, epoch, iteration)
        if first:
            write_checkpoint(Path(self.work_dir, name), content)
            self.logger.info(f'wrote {name} after {iteration} iterations')

    def load_or_resume(self) -> None:
        """Resume from the newest whole checkpoint of the work directory."""
        if self._resume and self._load_from is None:
            # All processes must go on from the same one: the first chooses.
            found = self._newest_whole() if distributed.rank() == 0 else None
            self._load_from = distributed.gather_objects(found)[0]
        super().load_or_resume()

    def resume(self, filename: str) -> None:
        """Take over weights, place, seed, log, optimizer and schedules.

        mmengine's would run ``meta.config`` of the file, which is a program, and would
        leave loaders the seed of the new process.

        Raises:
            UserError: As :meth:`load_checkpoint`; names the file.
        """
        with parsing(filename, 'checkpoint of this run', CheckpointError):
            checkpoint = self.load_checkpoint(filename)
            self.train_loop._epoch = checkpoint['meta']['epoch']
            self.train_loop._iter = checkpoint['meta']['iter']
            self._take_seed(checkpoint['meta']['seed'])
            self.message_hub.load_state_dict(checkpoint['message_hub'])
            self.optim_wrapper.load_state_dict(checkpoint['optimizer'])
            lay_out(self.optim_wrapper.optimizer)
            for schedule, state in zip(
                self.param_schedulers or (), checkpoint['param_schedulers'], strict=True
            ):
                schedule.load_state_dict(state)
        self.logger.info(f'resumed epoch: {self.epoch}, iter: {self.iter}')

    def _take_seed(self, seed: int | None) -> None:
        """Draw on as the run began, also where it had chosen its seed by itself."""
        if seed is None or seed == self.seed:
            return
        asked = self._randomness_cfg.get('seed')
        if asked is not None:
            self.logger.warning(f'the run began with seed {seed}: {asked} is not taken')
        self._randomness_cfg.update(seed=seed)
        self.set_randomness(**self._randomness_cfg)
        loaders = [self.train_dataloader]
        if self.val_loop is not None:
            loaders.append(self.val_dataloader)
        for batches in (loader.batch_sampler for loader in loaders):
            batches.seed = batches.sampler.seed = seed

    def _newest_whole(self) -> str | None:
        """Return the checkpoint to go on from; None where the run never came to one.

        Raises:
            CheckpointError: If there are some, and none is whole.
        """
        found = checkpoints(Path(self.work_dir), len(self.train_dataloader))
        for path in found:
            if is_whole(path):
                return str(path)
            self.logger.warning(f'{path} is damaged: trying the one before')
        if found or Path(self.work_dir, POINTER).is_file():
            raise CheckpointError(
                f'{self.work_dir} held checkpoints, and none is whole: train anew in '
                'another work dir'
            )
        self.logger.info(f'nothing to resume in {self.work_dir}: starting anew')
        return None

    def _check_goes_on(self, checkpoint: dict[str, Any], filename: str) -> None:
        """Refuse to go on from what is no checkpoint of this run."""
        wrong = unfit(
            checkpoint,
            self.optim_wrapper.optimizer,
            self.optim_wrapper.state_dict(),
            [schedule.state_dict() for schedule in self.param_schedulers or ()],
        )
        if wrong:
            raise WeightsError(
                f'this run cannot go on from {filename}: {wrong}. Give it the config '
                'that it had; to start another run from its weights, set model.weights'
            )
        meta, batches = checkpoint['meta'], len(self.train_dataloader)
        if meta['batches'] != batches:
            raise CheckpointError(
                f'{filename} was written after {meta["iter"]} iterations, of '
                f'{meta["batches"]} an epoch; an epoch has {batches} now, so there is '
                'no place to go on from. Give the run the data, batch size and number '
                'of processes that it had.'
            )
        if meta['processes'] != self.world_size:
            self.logger.warning(
                f'{filename} was written by {meta["processes"]} process(es), now there '
                f'are {self.world_size}: the rest of the run draws other random numbers'
            )

    def load_checkpoint(
        self,
        filename: str,
        map_location: Any = 'cpu',
        strict: bool = True,
        revise_keys: list | None = None,
    ) -> dict[str, Any]:
        """Load model weights that fit exactly, of the labels that the model has.

        A model with ``zero_shot=True`` is tested on other labels than it was trained
        on: it takes the towers of any weights file.

        Args:
            filename: Checkpoint, or a work directory whose newest one is meant.
            map_location: Not used: tensors are read to the CPU and copied from there.
            strict: Must be True; mmengine's default would only log wrong keys.
            revise_keys: Not used.

        Returns:
            The whole checkpoint.

        Raises:
            WeightsError: If it is missing, damaged, holds more than tensors and plain
                containers, does not fit the model, or was trained on other labels.
            CheckpointError: If a run is to go on from it whose epochs had other numbers
                of batches.
        """
        if not strict:
            raise ValueError('checkpoints are loaded exactly or not at all')
        checkpoint = read_file(filename)
        model = self.plain_model
        zero_shot = getattr(model, 'zero_shot', False)
        of_a_run = 'state_dict' in checkpoint and 'meta' in checkpoint
        if not (of_a_run or zero_shot):
            raise WeightsError(
                f'{filename} is no checkpoint of a training run (no state_dict or '
                'meta); to start from bare tower weights, set model.weights; to test '
                'them as they are, see configs/zero_shot'
            )
        if self._resume:
            self._check_goes_on(checkpoint, filename)
        if of_a_run:
            self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        if zero_shot:
            model.load_zero_shot(checkpoint, filename)
        else:
            check_labels(model, checkpoint['meta'], filename, exactly=self._resume)
            load_exactly(model, checkpoint['state_dict'], filename)
        self._has_loaded = True
        self.logger.info(f'loaded {filename}')
        return checkpoint

    def get_hooks_info(self) -> str:
        """Return the hooks in one line; mmengine lists them once per stage."""
        return ', '.join(type(hook).__name__ for hook in self.hooks)

    def _log_env(self, env_cfg: dict[str, Any]) -> None:
        # mmengine prints some 150 lines of environment and config, in which the plan
        # would be lost; the config lies in the work directory as a file.
        self.logger.info(
            f'clef_mm {__version__}, python {platform.python_version()}, '
            f'torch {torch.__version__}, mmengine {mmengine.__version__}; '
            f'seed {self.seed}, {self.world_size} process(es)'
        )

    def _init_model_weights(self) -> None:
        # A resumed run replaces all weights: the file it once started from may be gone.
        if self._resume and (self._load_from or Path(self.work_dir, POINTER).is_file()):
            self.plain_model.weights = None
        if isinstance(self.model, FullyShardedModel):
            # mmengine would send whole tensors; all processes read the same file.
            self.plain_model.init_weights()
        else:
            super()._init_model_weights()
