"""Stage 2 of CLEF: recognise behaviour by matching images with the texts of labels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.errors import UserError
from clef_mm.models.base import RANDOM, ImageTextModel
from clef_mm.models.encoders.key_naming import state_of
from clef_mm.models.encoders.weights import PROVENANCE_KEY, WeightsError
from clef_mm.models.logit_scale import LogitScale
from clef_mm.models.losses.precision import full_precision, unit_rows
from clef_mm.prompts import TextChoice, load_bank
from clef_mm.registry import LOSSES, MODELS
from clef_mm.structures import FaceSample

TEXT_KINDS = ('name', 'description')


class RecognizerOptionError(UserError, ValueError):
    """Arguments of a recogniser that contradict each other."""


class BehaviorRecognizer(ImageTextModel):
    r"""Fine-tuning with label texts: Eq. 3 to 6 of CLEF.

    ``texts`` picks the row of Table 6:

    ==========================  =====  ==========================================
    ``texts``                   row    objective
    ==========================  =====  ==========================================
    ``()``                      I      label loss on a linear layer, no text tower
    ``('name',)``               I+N    :math:`L_{IN}`
    ``('description',)``        I+D    the same with descriptions as class texts
    ``('name','description')``  I+N+D  :math:`(\lambda L_{IN} + L_{DN}) / 2`
    ==========================  =====  ==========================================

    Images are tested against the texts that ``test_*`` choose, of any bank that has the
    classes; see ``docs/texts.md``.

    Args:
        image_encoder: Config of the image tower.
        classes: Classes in the order of the labels, as the bank names them.
        bank: Prompt bank, by name or path.
        loss_label: Config of the loss between images and labels.
        loss_text: Config of the loss between descriptions and names; used with both.
        text_encoder: Config of the text tower; None exactly if ``texts`` is empty.
        texts: Which texts stand for a class.
        label_weight: :math:`\lambda` of Eq. 6.
        temperature: Initial :math:`\tau`, learnt and shared by both losses.
        weights: File that the towers start from, such as a stage-1 checkpoint.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``.
        data_preprocessor: Config of the preprocessor.
        text_weights: File of the text tower, where ``weights`` has none, or
            ``'random'``.
        test_texts: Kind of text that images are tested against: ``'name'``,
            ``'description'`` or another of the bank. Default: the first of ``texts``.
        test_template: Number of the template in the test, from 0, or ``'all'`` for the
            mean feature over all, as CLIP ensembles prompts.
        test_wording: Number of the wording, from 0, or ``'all'``.
        test_absence: Score a class by its text against the text of its absence (see
            :mod:`clef_mm.prompts.schema`), so that 0.5 means that the image is as near
            to either. For towers that were never trained on such labels: the sigmoid of
            a similarity alone, which Eq. 5 trains, says nothing then.
        zero_shot: The classes tested are not those trained on: take the towers from
            any weights file, and from a checkpoint of other labels.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        classes: Sequence[str],
        bank: str,
        loss_label: dict[str, Any],
        loss_text: dict[str, Any] | None = None,
        text_encoder: dict[str, Any] | None = None,
        texts: Sequence[str] = TEXT_KINDS,
        label_weight: float = 2.0,
        temperature: float = 0.07,
        weights: str | None = None,
        precision: str = 'auto',
        data_preprocessor: dict[str, Any] | None = None,
        text_weights: str | None = None,
        test_texts: str | None = None,
        test_template: int | str = 0,
        test_wording: int | str = 0,
        test_absence: bool = False,
        zero_shot: bool = False,
    ) -> None:
        texts = tuple(texts)
        _check_texts(texts, text_encoder is not None, loss_text is not None)
        if not texts and (test_texts or test_absence or zero_shot):
            raise RecognizerOptionError(
                'texts=() classifies by a linear layer, which knows no texts and no '
                'other classes than those trained on: test_texts, test_absence and '
                'zero_shot need texts'
            )
        super().__init__(
            image_encoder,
            text_encoder,
            weights,
            precision,
            data_preprocessor,
            text_weights,
        )
        if isinstance(classes, str):
            raise RecognizerOptionError(
                f'classes is a list of names, such as [{classes}], got {classes!r}'
            )
        self.classes = tuple(classes)
        self.texts = texts
        self.label_weight = label_weight
        self.loss_label = LOSSES.build(loss_label)
        _check_class_weights(self.loss_label, self.classes)
        self.loss_text = LOSSES.build(loss_text) if texts == TEXT_KINDS else None
        self.test_absence = test_absence
        self.zero_shot = zero_shot
        if texts:
            self.set_test_texts(
                bank, TextChoice(test_texts or texts[0], test_template, test_wording)
            )
            self.logit_scale = LogitScale(temperature)
        else:
            self.head = nn.Linear(self.image_encoder.embed_dim, len(self.classes))

    label_kind: str
    """What the labels are, as a dataset's metainfo calls it."""

    @property
    def label_names(self) -> tuple[str, tuple[str, ...]]:
        """What the labels are, as a dataset's metainfo calls it, and their names."""
        return self.label_kind, self.classes

    @abstractmethod
    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return the labels of a batch as the label loss takes them, on the CPU."""

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (B, C) into scores in [0, 1]."""

    def loss(self, features: Tensor, samples: list[FaceSample]) -> dict[str, Tensor]:
        """Return ``loss_label`` and, with names and descriptions, ``loss_text``.

        Args:
            features: (B, d).
            samples: B, each with its label.
        """
        targets = self.targets(samples).to(features.device, non_blocking=True)
        if not self.texts:
            return {'loss_label': self.loss_label(self._head_logits(features), targets)}
        encoded = self._encode_training_texts()
        logits = self._similarities(features, encoded[self.texts[0]])
        losses = {'loss_label': self.loss_label(logits, targets)}
        if self.loss_text is not None:
            text_loss = self.loss_text(
                encoded['description'], encoded['name'], self.logit_scale()
            )
            losses['loss_label'] = self.label_weight / 2 * losses['loss_label']
            losses['loss_text'] = text_loss / 2
        return losses

    @torch.no_grad()
    def predict(self, features: Tensor, samples: list[FaceSample]) -> list[FaceSample]:
        """Fill ``pred_scores`` (C,) of each sample."""
        scores = self.scores(features).cpu()
        for row, sample in enumerate(samples):
            sample.pred_scores = scores[row]
        return samples

    @torch.no_grad()
    def scores(self, features: Tensor) -> Tensor:
        """Return the scores (B, C) in [0, 1] of image features (B, d)."""
        if not self.texts:
            return self.probabilities(self._head_logits(features))
        logits = self._similarities(features, self._class_features())
        if self.test_absence:
            # The sigmoid of a difference is the softmax over presence and absence.
            logits -= self._similarities(features, self._class_features(absent=True))
        return self.probabilities(logits)

    def set_test_texts(self, bank: str, choice: TextChoice) -> None:
        """Test against these texts of a bank, given by name or path, from now on.

        Raises:
            PromptBankError: If the bank lacks a class or what is chosen of it.
        """
        texts = load_bank(bank).select(self.classes)
        choice.describe(texts, self.test_absence)  # fails now, not at the first batch
        self.bank, self.bank_name, self.test_choice = texts, bank, choice

    def describe_test_texts(self) -> dict[str, Any] | None:
        """Return in plain containers the texts of a test, or None without texts."""
        if not self.texts:
            return None
        described = self.test_choice.describe(self.bank, self.test_absence)
        return {'bank': self.bank_name, 'zero_shot': self.zero_shot, **described}

    def load_towers(
        self, content: dict[str, Any], source: str, text_source: str | None = None
    ) -> None:
        """Load the towers and, of a model that stage 2 has trained, the temperature.

        That of captions is another: a generic pair, be it CLIP's or one of this
        project, starts from the temperature of the config, as after stage 1.
        """
        super().load_towers(content, source, text_source)
        state = state_of(content)
        if self.texts and 'logit_scale.log' in state and not _of_captions(content):
            self._set_temperature(state['logit_scale.log'])

    def init_weights(self) -> None:
        """Load ``weights`` when training starts.

        Raises:
            WeightsError: If the model is made to be tested on other labels.
        """
        if self.zero_shot:
            raise WeightsError(
                'model.zero_shot=True tests labels that were not trained on: a config '
                'with it can be tested, not trained'
            )
        super().init_weights()

    def load_zero_shot(self, content: dict[str, Any], source: str) -> None:
        """Take both towers, and their temperature if there is one, of any file.

        Args:
            content: What :func:`.encoders.weights.read_file` read.
            source: Name of the file, for messages.

        Raises:
            WeightsError: If a tower is missing in it or does not fit.
        """
        state = state_of(content)
        ours = any(key.startswith('image_encoder.') for key in state)
        has_texts = any(key.startswith('text_encoder.') for key in state)
        text_source = None if self.text_weights == RANDOM else self.text_weights
        if ours and not (has_texts or text_source):
            raise WeightsError(
                f'{source} has no text tower: it was trained on images alone, and no '
                'text can ask it for labels that it was not trained on. If its image '
                'tower still goes with the text tower of another file, give that one '
                'as model.text_weights'
            )
        self.load_towers(content, source, text_source)
        for name in ('logit_scale', 'logit_scale.log'):  # CLIP's name, and ours
            if name in state:  # the logarithm, in both
                self._set_temperature(state[name])

    def _set_temperature(self, log: Tensor) -> None:
        self.logit_scale.load_state_dict({'log': log.reshape(())})

    def set_label_weight(self, weight: Sequence[float] | Tensor) -> None:
        """Set the class weights :math:`w_c` of the label loss, (C,).

        Raises:
            RecognizerOptionError: If the loss takes none.
        """
        if not hasattr(self.loss_label, 'set_weight'):
            raise RecognizerOptionError(
                f'{type(self.loss_label).__name__} has no method set_weight, which '
                'LabelWeightHook gives the class weights to: write one, or take the '
                'hook out of custom_hooks'
            )
        device = next(self.parameters()).device
        self.loss_label.set_weight(torch.as_tensor(weight, dtype=torch.float32))
        self.loss_label.to(device)

    def _encode_training_texts(self) -> dict[str, Tensor]:
        """Encode the texts of a mini-batch in one call: features (C, d) by kind."""
        draw = distributed.shared_random()
        chosen = {
            kind: self.bank.texts(kind, index=draw.randrange(self.bank.count(kind)))
            for kind in self.texts
        }
        features = self.text_encoder.encode(list(chain(*chosen.values())))
        return dict(zip(chosen, features.split(len(self.classes)), strict=True))

    def _class_features(self, absent: bool = False) -> Tensor:
        """Return the text features (C, d) that images are tested against.

        A class with several texts gets the mean of their unit features.
        """
        texts = self.test_choice.texts(self.bank, absent)
        features = self.text_features(list(chain(*texts)))
        of_class = features.split([len(rows) for rows in texts])
        return torch.stack([rows.mean(dim=0) for rows in of_class])

    def _head_logits(self, images: Tensor) -> Tensor:
        with full_precision(images):
            return self.head(images.float())

    def _similarities(self, images: Tensor, texts: Tensor) -> Tensor:
        with full_precision(images):
            return self.logit_scale() * unit_rows(images) @ unit_rows(texts).T


@MODELS.register_module()
class ActionUnitRecognizer(BehaviorRecognizer):
    """Each action unit is present or absent: scores are sigmoids (Eq. 5)."""

    label_kind = 'au_names'

    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return (B, C) int8 of 1 / 0 / -1."""
        _check_labelled(samples, [sample.gt_aus is not None for sample in samples])
        return torch.from_numpy(np.stack([sample.gt_aus for sample in samples]))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the probability of each unit, (B, C)."""
        return logits.sigmoid()


@MODELS.register_module()
class ExpressionRecognizer(BehaviorRecognizer):
    """Exactly one expression is shown: scores are a softmax (Eq. 4)."""

    label_kind = 'expressions'

    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return (B,) class indices."""
        _check_labelled(samples, [sample.gt_expression >= 0 for sample in samples])
        return torch.tensor([sample.gt_expression for sample in samples])

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the distribution over expressions, (B, C)."""
        return logits.softmax(dim=1)


def _of_captions(content: dict[str, Any]) -> bool:
    """Return whether a checkpoint states that no labels were trained on."""
    stated = content.get('meta', {}).get(PROVENANCE_KEY, {})
    return 'labels' in stated and stated['labels'] is None


def _check_labelled(samples: list[FaceSample], labelled: list[bool]) -> None:
    if not all(labelled):
        raise ValueError(
            f'the image {samples[labelled.index(False)].name} has no label of the kind '
            'that this model learns'
        )


def _check_class_weights(loss: nn.Module, classes: tuple[str, ...]) -> None:
    for name in ('class_weight', 'positive_weight'):
        weight = getattr(loss, name, None)
        if weight is not None and len(weight) != len(classes):
            raise RecognizerOptionError(
                f'loss_label.{name} has {len(weight)} numbers for the {len(classes)} '
                f'classes {", ".join(classes)}'
            )


def _check_texts(texts: tuple[str, ...], has_encoder: bool, has_loss: bool) -> None:
    allowed = ((), ('name',), ('description',), TEXT_KINDS)
    if texts not in allowed:
        raise RecognizerOptionError(f'texts must be one of {allowed}, got {texts}')
    if bool(texts) != has_encoder:
        raise RecognizerOptionError(
            f'texts={texts} {"needs a" if texts else "trains no"} text_encoder'
        )
    if texts == TEXT_KINDS and not has_loss:
        raise RecognizerOptionError('names and descriptions need loss_text (Eq. 3)')
