"""What our checkpoints hold beside weights, and in which form."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm import compat
from clef_mm.engine.provenance import KEY
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class CheckpointContentHook(Hook):
    """Store provenance, and only tensors and plain containers.

    Runs after every other hook has added what it needs, and before any of them reads.
    """

    priority = 'VERY_LOW'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the provenance; turn mmengine's log history into lists."""
        checkpoint['meta'][KEY] = runner.provenance
        checkpoint['message_hub'] = compat.plain_message_hub(checkpoint['message_hub'])

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take the provenance over; turn the lists back into log history."""
        runner.provenance = checkpoint['meta'].get(KEY, {})
        if 'message_hub' in checkpoint:
            checkpoint['message_hub'] = compat.restored_message_hub(
                checkpoint['message_hub']
            )
