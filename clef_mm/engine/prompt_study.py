"""How much a score depends on the texts that images are tested against.

Limitations 2 and 3 of the paper: templates were not explored, and the wording of
descriptions makes scores vary. The image features of a split are computed once; then
every text of every bank is tried on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from clef_mm.engine.application import prepare_test
from clef_mm.engine.epoch_choice import (
    ON_TEST,
    ORACLE_EPOCH,
    checkpoints_to_test,
    epoch_rule,
)
from clef_mm.engine.runner import Runner
from clef_mm.engine.threshold_choice import check_held_out
from clef_mm.errors import UserError
from clef_mm.evaluation import ActionUnitF1, ExpressionAccuracy
from clef_mm.models.recognizer import BehaviorRecognizer
from clef_mm.prompts import TextChoice, load_bank, text_choices

Measure = Callable[[Any, Any, Sequence[str]], dict[str, float]]

_MEASURES: dict[str, tuple[Measure, str, str]] = {
    'au_names': (ActionUnitF1.calculate, 'mean', 'mean F1 at 0.5'),
    'expressions': (ExpressionAccuracy.calculate, 'accuracy', 'accuracy'),
}
"""By kind of label: what computes the scores, the one that counts, and its name."""

ORACLE = 'prompt chosen on the test frames'


class PromptStudyError(UserError, ValueError):
    """A study that cannot be made of this model or split; says why."""


@dataclass(frozen=True)
class PromptScore:
    """What a model reached with one choice of texts.

    Attributes:
        bank: Name or path of the bank.
        choice: Which of its texts.
        example: The first text of the first class.
        score: Mean F1 or accuracy, in [0, 1].
        by_class: F1 of each AU, recall of each expression; NaN without images.
    """

    bank: str
    choice: TextChoice
    example: str
    score: float
    by_class: dict[str, float]

    def options(self) -> list[str]:
        """Return the ``--cfg-options`` that test with these texts."""
        return [
            f'model.bank={self.bank}',
            f'model.test_texts={self.choice.kind}',
            f'model.test_template={self.choice.template}',
            f'model.test_wording={self.choice.wording}',
        ]


@dataclass(frozen=True)
class PromptStudy:
    """The scores of a model by the texts that it was tested with.

    Attributes:
        measure: ``'mean F1 at 0.5'`` or ``'accuracy'``.
        split: ``'test'`` or ``'val'``.
        scores: One for each choice of texts, the configured bank's first.
        default: The texts that the config names: chosen without looking.
        protocol: What the scores were measured on.
    """

    measure: str
    split: str
    scores: tuple[PromptScore, ...]
    default: PromptScore
    protocol: dict[str, Any]

    @property
    def best(self) -> PromptScore:
        """The texts of the highest score; of equal ones the default, or the first."""
        return max(self.scores, key=lambda row: (row.score, row is self.default))

    @property
    def worst(self) -> PromptScore:
        """The texts of the lowest score."""
        return min(self.scores, key=lambda row: row.score)

    @property
    def spread(self) -> float:
        """Difference between the highest and the lowest score, in [0, 1]."""
        return self.best.score - self.worst.score

    def spread_by_class(self) -> dict[str, float]:
        """Return the difference between highest and lowest score of each class.

        NaN for a class without images.
        """
        names = self.default.by_class
        columns = {name: [row.by_class[name] for row in self.scores] for name in names}
        return {name: float(np.ptp(column)) for name, column in columns.items()}

    def oracle(self, row: PromptScore) -> list[str]:
        """Return why a score may not be reported as a result; ``[]`` if it may.

        The best of many texts was chosen by looking at what it is measured on; the
        default was not, but the epoch of the weights may have been.
        """
        if self.split != 'test':
            return []
        chosen = row is self.best and row is not self.default
        of_epoch = self.protocol.get('epoch_rule') == ON_TEST
        return [ORACLE] * chosen + [ORACLE_EPOCH] * of_epoch


def study_prompts(
    config: str,
    checkpoint: str,
    banks: Sequence[str] = (),
    split: str = 'test',
    options: list[str] | None = None,
    work_dir: str | None = None,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
) -> tuple[PromptStudy, Path]:
    """Score every text of some banks; see :func:`.evaluate` for the other arguments.

    Args:
        config: The config that the checkpoint was trained with, or one of
            ``configs/zero_shot``.
        checkpoint: A ``.pth`` file or a work directory.
        banks: Names or paths of prompt banks, beside that of the config.
        split: ``'test'``, or ``'val'`` to choose without looking at the test.
        options: Overrides of the config.
        work_dir: Where the study goes; default: ``prompt_study/`` in the config's.
        data_root: Folder of the dataset.
        synthetic: Run on synthetic stand-ins.

    Returns:
        The study, and the folder that it belongs into.

    Raises:
        UserError: For anything a user can mend.
    """
    cfg = prepare_test(
        config,
        options,
        work_dir,
        data_root,
        synthetic,
        validation_for='--split val' if split == 'val' else None,
        folder='prompt_study',
    )
    runner = Runner.from_cfg(cfg)
    model = runner.plain_model
    if not getattr(model, 'texts', ()):
        raise PromptStudyError(
            f'{config} builds a {type(model).__name__} without texts of its labels: '
            'there is nothing to study'
        )
    _check_banks(banks, model)
    (file,) = checkpoints_to_test(checkpoint)
    runner.load_checkpoint(file)
    if split == 'val':
        check_held_out(runner, '--split val')
        runner.call_hook('before_val')
        loader = runner.val_dataloader
    else:
        runner.call_hook('before_test')
        loader = runner.test_dataloader
    features, targets = image_features(model, loader)
    rows = score_texts(model, features, targets, banks)
    configured = model.bank_name, model.test_choice
    default = next(row for row in rows if (row.bank, row.choice) == configured)
    study = PromptStudy(
        measure=_MEASURES[model.label_kind][2],
        split=split,
        scores=tuple(rows),
        default=default,
        protocol=_protocol(runner, loader.dataset, file),
    )
    return study, Path(cfg.work_dir)


@torch.no_grad()
def image_features(
    model: BehaviorRecognizer, loader: DataLoader
) -> tuple[list[Tensor], Tensor]:
    """Return the features (B, d) of each batch, and all labels (N,) or (N, C)."""
    model.eval()
    features, targets = [], []
    for batch in loader:
        data = model.data_preprocessor(batch, training=False)
        features.append(model(data['inputs'], mode='tensor'))
        targets.append(model.targets(data['data_samples']))
    return features, torch.cat(targets)


def score_texts(
    model: BehaviorRecognizer,
    features: Sequence[Tensor],
    targets: Tensor,
    banks: Sequence[str] = (),
) -> list[PromptScore]:
    """Score every choice of texts of the model's bank and of others.

    A model that compares with absence is scored on the kinds that speak of it.

    Args:
        model: In test mode; it keeps the texts that it had.
        features: Image features of each batch, (B, d).
        targets: Labels of all of them, as :meth:`.BehaviorRecognizer.targets` returns
            them.
        banks: Names or paths of banks that have the model's classes.
    """
    configured = model.bank_name, model.test_choice
    names = list(dict.fromkeys([model.bank_name, *banks]))
    rows = []
    for name in names:
        choices = list(text_choices(load_bank(name).select(model.classes)))
        if name == configured[0] and configured[1] not in choices:
            choices.append(configured[1])  # a mean over some of the texts
        for choice in choices:
            if model.test_absence and choice.kind not in load_bank(name).absence:
                continue
            model.set_test_texts(name, choice)
            scores = torch.cat([model.scores(batch).cpu() for batch in features])
            rows.append(_row(model, scores, targets))
    model.set_test_texts(*configured)
    return rows


def _row(model: BehaviorRecognizer, scores: Tensor, targets: Tensor) -> PromptScore:
    calculate, main, _ = _MEASURES[model.label_kind]
    measured = calculate(scores.numpy(), targets.numpy(), model.classes)
    return PromptScore(
        bank=model.bank_name,
        choice=model.test_choice,
        example=model.test_choice.texts(model.bank)[0][0],
        score=measured[main],
        by_class={name: measured[name] for name in model.classes},
    )


def _check_banks(banks: Sequence[str], model: BehaviorRecognizer) -> None:
    """Fail on a bank that cannot be used before an hour of images, not after."""
    for name in banks:
        bank = load_bank(name).select(model.classes)
        if model.test_absence and not bank.absence:
            raise PromptStudyError(
                f"{bank.source} has no 'absence', which model.test_absence=True "
                'compares with: add its templates, or study the bank without'
            )


def _protocol(runner: Runner, dataset: Any, checkpoint: str) -> dict[str, Any]:
    meta = dataset.metainfo
    stated = ('dataset', 'split', 'fold', 'preset', 'crop', 'synthetic')
    return {
        **{key: meta[key] for key in stated},
        'subjects': sorted(set(dataset.column('subject'))),
        'frames': len(dataset),
        'checkpoint': checkpoint,
        'epoch_rule': runner.provenance.get('epoch_rule') or epoch_rule(checkpoint),
        'zero_shot': runner.plain_model.zero_shot,
        'absence': runner.plain_model.test_absence,
        'trained': runner.provenance,
    }
