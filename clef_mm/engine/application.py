"""Train and test from a config file: what the command-line tools call."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from clef_mm.command_line import parse_options
from clef_mm.engine.config import (
    check_prepared,
    load_config,
    set_data_root,
    use_synthetic,
)
from clef_mm.engine.runner import Runner
from clef_mm.evaluation import plot_per_au_f1, write_report
from clef_mm.evaluation.protocol import measured_on, synthetic_notice
from clef_mm.models.encoders.weights import newest_checkpoint

# What only a training run needs; mmengine takes all of it or nothing.
_TRAINING_KEYS = {
    'train_cfg',
    'train_dataloader',
    'val_cfg',
    'val_dataloader',
    'val_evaluator',
    'optim_wrapper',
    'param_scheduler',
}


def train(
    config: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | None = None,
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
        data_root: Folder of the dataset, for every split.
        synthetic: Run on synthetic stand-ins, see :func:`use_synthetic`.
        resume: Continue from the newest checkpoint in the work dir.
        launcher: ``'none'``, ``'pytorch'`` (torchrun) or ``'slurm'``.

    Raises:
        UserError: For anything a user can mend.
    """
    cfg = prepare_config(config, options, work_dir, data_root, synthetic, launcher)
    cfg.resume = resume or cfg.get('resume', False)
    check_prepared(cfg)
    Runner.from_cfg(cfg).train()


def evaluate(
    config: str,
    checkpoint: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | None = None,
    synthetic: bool = False,
    launcher: str = 'none',
) -> dict[str, float]:
    """Test a checkpoint and write ``metrics.json`` and, for AUs, a bar chart.

    Args:
        config: The config that the checkpoint was trained with.
        checkpoint: A ``.pth`` file, or a work directory: its best on validation if it
            keeps one, else its last.
        options: Overrides, as for :func:`train`.
        work_dir: Where the report goes; default: ``test/`` in the config's work dir.
        data_root: Folder of the dataset.
        synthetic: As for :func:`train`.
        launcher: As for :func:`train`.

    Returns:
        The metrics by name.

    Raises:
        UserError: For anything a user can mend.
    """
    cfg = prepare_config(config, options, None, data_root, synthetic, launcher)
    cfg.work_dir = work_dir or str(Path(cfg.work_dir, 'test'))
    cfg.model['weights'] = None
    for name in _TRAINING_KEYS & set(cfg):
        cfg.pop(name)
    check_prepared(cfg)
    cfg.load_from = str(_checkpoint_to_test(Path(checkpoint)))
    runner = Runner.from_cfg(cfg)
    metrics = runner.test()
    if runner._rank == 0:
        _report(runner, metrics, Path(cfg.load_from))
    return metrics


def prepare_config(
    config: str,
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | None = None,
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
    cfg.work_dir = (
        work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(config).stem))
    )
    cfg.launcher = launcher
    if synthetic:
        use_synthetic(cfg)
    if data_root is not None:
        set_data_root(cfg, data_root)
    return cfg


def _checkpoint_to_test(path: Path) -> Path:
    best = sorted(path.glob('best_*.pth')) if path.is_dir() else []
    return best[0] if len(best) == 1 else newest_checkpoint(path)


def _epoch_rule(checkpoint: Path) -> str:
    """Say how the epoch was chosen that a checkpoint is of."""
    if checkpoint.name.startswith('best_'):
        return 'best on validation subjects'
    pointer = checkpoint.with_name('last_checkpoint')
    if pointer.is_file() and Path(pointer.read_text().strip()).name == checkpoint.name:
        return 'last'
    return f'{checkpoint.stem}, chosen by hand'


def _report(runner: Runner, metrics: dict[str, float], checkpoint: Path) -> None:
    dataset = runner.test_dataloader.dataset
    meta = dataset.metainfo
    thresholds = [
        metric.threshold
        for metric in runner.test_evaluator.metrics
        if hasattr(metric, 'threshold')
    ]
    protocol = {
        'dataset': meta['dataset'],
        'split': meta['split'],
        'fold': meta['fold'],
        'preset': meta['preset'],
        'crop': meta['crop'],
        'subjects': sorted(set(dataset.column('subject'))),
        'frames': len(dataset),
        'threshold': thresholds[0] if thresholds else None,
        'epoch_rule': _epoch_rule(checkpoint),
        'checkpoint': str(checkpoint),
        'lost_frames': dataset.report.oddities.get(
            'frames lost when the tree was prepared', 0
        ),
        'subjects_checked': 'seen_subjects' in runner.provenance,
        'trained': runner.provenance,
        'synthetic': meta['synthetic'],
    }
    written = [write_report(runner.work_dir, metrics, protocol)]
    f1 = {
        name.removeprefix('au_f1/'): value
        for name, value in metrics.items()
        if name.startswith('au_f1/')
    }
    if f1:
        conditions = (
            f'F1 at the fixed threshold {protocol["threshold"]:g}; '
            f'epoch: {protocol["epoch_rule"]}; {len(protocol["subjects"])} subjects'
        )
        subtitle = '\n'.join(filter(None, (conditions, synthetic_notice(meta))))
        picture = Path(runner.work_dir, 'per_au_f1.png')
        written.append(plot_per_au_f1(picture, f1, measured_on(meta), subtitle))
    runner.logger.info('written: ' + ', '.join(map(str, written)))
