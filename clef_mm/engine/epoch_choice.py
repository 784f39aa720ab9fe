"""Which checkpoint of a run is tested: the rule is part of the protocol.

The last epoch needs no choice. The best on validation subjects is an honest one, made
while training. The best on the test frames is what many papers report and flatters; the
run itself never looks at the test split, so every kept checkpoint is tested afterwards.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mmengine.config import Config

from clef_mm.engine.checkpoint_files import is_finished
from clef_mm.engine.recorded_config import recorded_config
from clef_mm.errors import UserError
from clef_mm.models.encoders.open_clip_tags import is_tag
from clef_mm.models.encoders.weights import last_named, newest_checkpoint

LAST, BEST, BEST_ON_TEST = EPOCHS = ('last', 'best', 'best-on-test')
"""What ``tools/test.py --epoch`` takes."""

ON_TEST = 'best on test'
"""What a result says whose epoch was chosen by looking at its own test frames."""

ORACLE_EPOCH = 'epoch chosen on the test frames'
"""The reason why such a number flatters."""

_NUMBER = re.compile(r'(?:epoch|iter)_(\d+)\.pth$')


class EpochChoiceError(UserError, ValueError):
    """A run does not keep the checkpoints that are to be chosen among."""


def checkpoints_to_test(source: str, epoch: str | None = None) -> list[str]:
    """Return the checkpoints to test: one, or for ``'best-on-test'`` all that are kept.

    Args:
        source: A checkpoint, an open_clip tag, or the work dir of a run.
        epoch: One of ``EPOCHS`` of a work dir. By default a file is taken as it is, and
            of a work dir the best on validation if it keeps one, else the last.

    Raises:
        EpochChoiceError: If the work dir does not keep what is asked for.
        WeightsError: If there is no such file, or no checkpoint in the work dir.
    """
    _check_word(epoch)
    if is_tag(source):
        return [source]
    path = Path(source)
    if not path.is_dir():
        if epoch is not None:
            raise EpochChoiceError(
                f'--epoch {epoch} chooses among the checkpoints of a work dir, '
                f'{path} is {"one file" if path.is_file() else "not there"}'
            )
        return [str(newest_checkpoint(path))]
    if epoch == BEST_ON_TEST:
        return _all_kept(path)
    best = sorted(path.glob('best_*.pth'))
    if epoch == BEST and len(best) != 1:
        raise EpochChoiceError(_no_best(path, best))
    chosen = best[0] if len(best) == 1 and epoch != LAST else newest_checkpoint(path)
    return [str(chosen)]


def check_will_be_kept(config: Config, epoch: str | None) -> None:
    """Refuse a rule whose checkpoints a training will not keep, before it is begun.

    Args:
        config: Of the training.
        epoch: As :func:`checkpoints_to_test` will be told.

    Raises:
        EpochChoiceError: Says what to train with.
    """
    _check_word(epoch)
    saving = _saving(config)
    if epoch == BEST and not saving.get('save_best'):
        raise EpochChoiceError(_no_best(Path(config.work_dir), []))
    if epoch == BEST_ON_TEST and saving.get('max_keep_ckpts', -1) != -1:
        raise EpochChoiceError(_too_few(Path(config.work_dir), saving.max_keep_ckpts))


def epoch_rule(checkpoint: str, epoch: str | None = None) -> str:
    """Say how the epoch of a checkpoint was chosen.

    Args:
        checkpoint: One that :func:`checkpoints_to_test` returned.
        epoch: What was asked for.
    """
    path = Path(checkpoint)
    if epoch == BEST_ON_TEST:
        return ON_TEST
    if path.name.startswith('best_'):
        return 'best on validation'
    if last_named(path.parent) == path.name:
        return _last(path)
    return f'{path.stem}, chosen by hand'


def _last(path: Path) -> str:
    """Return ``'last'``, or how far a run is that has not come to its end."""
    config, number = recorded_config(path.parent) or {}, _NUMBER.search(path.name)
    train, unit = config.get('train_cfg'), path.name.partition('_')[0]
    if is_finished(path.parent) or not isinstance(train, dict):
        return LAST
    if unit == 'iter' and 'max_epochs' in train:
        return f'{path.stem}, inside an epoch, not finished'
    total = train.get(f'max_{unit}s')
    if number is None or not isinstance(total, int) or int(number[1]) >= total:
        return LAST
    return f'{path.stem} of {total}, not finished'


def _saving(config: Config | None) -> dict[str, Any]:
    """Return how a training with this config saves, as far as it says so."""
    hooks = config.get('default_hooks', {}) if config else {}
    return hooks.get('checkpoint') or {}


def _check_word(epoch: str | None) -> None:
    if epoch is not None and epoch not in EPOCHS:
        raise EpochChoiceError(f'--epoch is one of {", ".join(EPOCHS)}, got {epoch!r}')


def _all_kept(work_dir: Path) -> list[str]:
    found = {
        int(match[1]): path
        for path in work_dir.glob('epoch_*.pth')
        if (match := _NUMBER.match(path.name))
    }
    kept = _saving(recorded_config(work_dir)).get('max_keep_ckpts', -1)
    if len(found) < 2 or kept != -1:
        raise EpochChoiceError(_too_few(work_dir, len(found)))
    return [str(path) for _, path in sorted(found.items())]


def _too_few(work_dir: Path, count: int) -> str:
    return (
        f'{work_dir} keeps {count} checkpoint(s) and not those of all epochs, among '
        'which the best would be chosen. '
        'Train with --cfg-options default_hooks.checkpoint.max_keep_ckpts=-1 to keep '
        'them all'
    )


def _no_best(work_dir: Path, found: list[Path]) -> str:
    if found:
        return (
            f'{work_dir} keeps several best checkpoints, '
            f'{", ".join(path.name for path in found)}: test one of these files'
        )
    return (
        f'{work_dir} keeps no best checkpoint: the run chose none on validation '
        'subjects. Train with val_dataloader and default_hooks.checkpoint.save_best as '
        'in configs/demo/clef_tiny_bp4d_fold1.py, or take --epoch last'
    )
