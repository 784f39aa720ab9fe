"""Trade time for memory: the inside of each block is computed twice, not kept."""

from __future__ import annotations

from open_clip.timm_model import TimmModel
from torch import nn

from clef_mm.errors import UserError


class GradientCheckpointingError(UserError, ValueError):
    """A tower has no blocks whose inside could be computed again."""


def checkpoint_blocks(tower: nn.Module) -> None:
    """Keep only the input of each block; the backward pass runs the block again.

    Features and gradients stay what they are, dropout included: its random numbers are
    drawn again from the same state.

    Raises:
        GradientCheckpointingError: If the tower is of a kind that cannot do so.
    """
    try:
        if isinstance(tower, TimmModel):
            # open_clip's own method would only log that timm refused.
            tower.trunk.set_grad_checkpointing(True)
        else:
            # Of open_clip's towers only Transformers do it; ResNets would ignore it.
            tower.transformer.grad_checkpointing = True
    except (AttributeError, AssertionError):
        kind = type(getattr(tower, 'trunk', tower)).__name__
        raise GradientCheckpointingError(
            f'gradient_checkpointing=True: {kind} cannot compute its blocks again; '
            'leave the option out, or take smaller batches and '
            'optim_wrapper.accumulative_counts'
        ) from None
