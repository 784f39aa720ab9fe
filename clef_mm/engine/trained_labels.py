"""Which labels a checkpoint was trained on, and which models may be tested with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from clef_mm.engine.provenance import KEY
from clef_mm.models.encoders.weights import WeightsError


def describe_labels(model: nn.Module) -> dict[str, Any] | None:
    """Return kind and names of a model's labels, as a checkpoint states them."""
    labels = getattr(model, 'label_names', None)
    if labels is None:
        return None
    kind, names = labels
    return {'kind': kind, 'names': list(names)}


def check_labels(
    model: nn.Module, meta: Mapping[str, Any], source: str, exactly: bool = False
) -> None:
    """Refuse a checkpoint that was trained on other labels than the model has.

    Texts may ask for some of the labels trained on, in any order; the rows of a linear
    layer are what they are. Checkpoints that do not state their labels pass.

    Args:
        model: The model that is to be loaded.
        meta: ``meta`` of the checkpoint.
        source: Name of the file, for messages.
        exactly: Refuse a part of the labels too, as where a run is resumed.

    Raises:
        WeightsError: Names both sets of labels, and what to do.
    """
    trained = meta.get(KEY, {}).get('labels')
    own = describe_labels(model)
    if trained is None or own is None or own == trained:
        return
    by_text = bool(getattr(model, 'texts', ()))
    known = own['kind'] == trained['kind'] and set(own['names']) <= set(
        trained['names']
    )
    if by_text and known and not exactly:
        return
    cure = (
        'To test it on labels that it was not trained on, set model.zero_shot=True.'
        if by_text
        else 'They must be the same, in order: only texts can ask for other labels.'
    )
    raise WeightsError(
        f'{source} was trained on {_listed(trained)}; the model has {_listed(own)}. '
        f'{cure}'
    )


def _listed(labels: Mapping[str, Any]) -> str:
    return f'{labels["kind"]} {", ".join(labels["names"])}'
