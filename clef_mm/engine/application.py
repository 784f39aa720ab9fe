"""Train and test from a config file: what the command-line tools call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from clef_mm.command_line import parse_options
from clef_mm.engine.checkpoint_files import refuse_occupied
from clef_mm.engine.config import (
    check_prepared,
    load_config,
    set_data_root,
    use_synthetic,
)
from clef_mm.engine.epoch_choice import checkpoints_to_test
from clef_mm.engine.runner import Runner
from clef_mm.engine.testing import evaluate_checkpoints
from clef_mm.engine.threshold_choice import Choice, add_validation, read_choice

# What a test does without; mmengine takes all of a group or nothing.
_TRAINING_KEYS = {'train_cfg', 'train_dataloader', 'optim_wrapper', 'param_scheduler'}
_VALIDATION_KEYS = {'val_cfg', 'val_dataloader', 'val_evaluator'}


def train(
    config: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
    resume: bool = False,
    launcher: str = 'none',
) -> None:
    """Train a config.

    Args:
        config: Config file.
        options: Overrides, ``'optim_wrapper.optimizer.lr=1e-4'``.
        work_dir: Where logs and checkpoints go; default: the config's, or
            ``work_dirs/`` and the config's name.
        data_root: Folder of the dataset, for every split; or of each,
            ``['bp4d=DIR', 'disfa=DIR']``.
        synthetic: Run on synthetic stand-ins, see :func:`use_synthetic`.
        resume: Continue from the newest checkpoint in the work dir.
        launcher: ``'none'``, ``'pytorch'`` (torchrun) or ``'slurm'``.

    Raises:
        UserError: For anything a user can mend.
    """
    cfg = prepare_config(config, options, work_dir, data_root, synthetic, launcher)
    cfg.resume = resume or cfg.get('resume', False)
    check_prepared(cfg)
    if not cfg.resume:
        refuse_occupied(Path(cfg.work_dir))  # a runner writes its config there
    Runner.from_cfg(cfg).train()


def evaluate(
    config: str,
    checkpoint: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
    launcher: str = 'none',
    epoch: str | None = None,
    threshold: Choice = None,
) -> dict[str, float]:
    """Test a checkpoint; write numbers, protocol, predictions and a picture.

    Args:
        config: The config that the checkpoint was trained with.
        checkpoint: A ``.pth`` file, or a work directory: its best on validation if it
            keeps one, else its last.
        options: Overrides, as for :func:`train`.
        work_dir: Where the report goes; default: ``test/`` in the config's work dir.
        data_root: Folder of the dataset.
        synthetic: As for :func:`train`.
        launcher: As for :func:`train`.
        epoch: Which checkpoint of a work directory: ``'last'``, ``'best'`` on
            validation, or ``'best-on-test'`` of all it keeps, which is flagged.
        threshold: From which score on an AU is present: a number; tuned on
            ``'validation'`` subjects; or ``'oracle'``, tuned on the test frames, which
            is flagged. Default: what the config says, 0.5.

    Returns:
        The metrics by name.

    Raises:
        UserError: For anything a user can mend.
    """
    threshold = read_choice(threshold)
    cfg = prepare_test(
        config,
        options,
        work_dir,
        data_root,
        synthetic,
        launcher,
        validation_for='--threshold validation' if threshold == 'validation' else None,
    )
    checkpoints = checkpoints_to_test(checkpoint, epoch)
    return evaluate_checkpoints(Runner.from_cfg(cfg), checkpoints, epoch, threshold)


def prepare_test(
    config: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
    launcher: str = 'none',
    validation_for: str | None = None,
    folder: str = 'test',
) -> Config:
    """Read a config for a test: without what trains, with the data there.

    Args:
        config: Config file.
        options: Overrides, as for :func:`train`; so are the others.
        work_dir: Where output goes; default: ``folder`` in the config's work dir.
        data_root: Folder of the dataset.
        synthetic: Run on synthetic stand-ins.
        launcher: What started the processes.
        validation_for: The option that needs the validation part too, if any.
        folder: Name of the folder of output.

    Raises:
        UserError: For a mistake in any of them, or for data that is not there.
    """
    cfg = prepare_config(config, options, None, data_root, synthetic, launcher)
    cfg.work_dir = work_dir or str(Path(cfg.work_dir, folder))
    cfg.model['weights'] = None
    unused = _TRAINING_KEYS | _VALIDATION_KEYS
    if validation_for:
        add_validation(cfg, validation_for)
        unused = _TRAINING_KEYS
    for name in unused & set(cfg):
        cfg.pop(name)
    cfg.merge_from_dict({'default_hooks.checkpoint': None})  # nothing is saved
    check_prepared(cfg)
    return cfg


def prepare_config(
    config: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
    launcher: str = 'none',
) -> Config:
    """Read a config and apply what a command line asks for.

    Args:
        config: Config file.
        options: Overrides, as for :func:`train`; so are the others.
        work_dir: Where output goes.
        data_root: Folder of the dataset.
        synthetic: Run on synthetic stand-ins.
        launcher: What started the processes.

    Raises:
        UserError: For a mistake in any of them.
    """
    cfg = load_config(config, parse_options(options or []))
    cfg.work_dir = work_dir or cfg.work_dir
    cfg.launcher = launcher
    if synthetic:
        use_synthetic(cfg)
    if data_root is not None:
        set_data_root(cfg, data_root)
    return cfg
