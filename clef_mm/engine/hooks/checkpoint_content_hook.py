"""What our checkpoints hold beside weights, and in which form."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from clef_mm import compat
from clef_mm.engine.provenance import KEY
from clef_mm.engine.trained_labels import describe_labels
from clef_mm.models.encoders.weights import TOWERS_KEY, check_activation
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class CheckpointContentHook(Hook):
    """Store provenance, labels and towers, in plain containers.

    Runs after every other hook has added what it needs, and before any of them reads.
    """

    priority = 'VERY_LOW'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what is known of the run."""
        checkpoint['meta'][KEY] = {
            **runner.provenance,
            'labels': describe_labels(runner.plain_model),
        }
        checkpoint['meta'][TOWERS_KEY] = _tower_settings(runner.plain_model)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take the provenance over; turn the lists back into log history.

        Raises:
            WeightsError: If a tower was trained with another activation than it has.
        """
        stored = checkpoint['meta'].get(TOWERS_KEY, {})
        for kind, own in _tower_settings(runner.plain_model).items():
            trained = stored.get(kind, {}).get('activation')
            place = f'the {kind} tower of the checkpoint'
            check_activation(own.get('activation'), trained, place)
        runner.provenance = checkpoint['meta'].get(KEY, {})
        if 'message_hub' in checkpoint:
            checkpoint['message_hub'] = compat.restored_message_hub(
                checkpoint['message_hub']
            )


def _tower_settings(model: nn.Module) -> dict[str, Any]:
    """Return ``settings`` of each tower that has them, by kind."""
    encoders = {
        kind: getattr(model, f'{kind}_encoder', None) for kind in ('image', 'text')
    }
    return {
        kind: encoder.settings
        for kind, encoder in encoders.items()
        if hasattr(encoder, 'settings')
    }
