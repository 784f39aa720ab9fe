"""Stop at a step whose numbers are none, without stalling the device to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clef_mm.errors import UserError
from clef_mm.structures import FaceSample


class NonFiniteError(UserError, FloatingPointError):
    """A loss or gradient became NaN or infinite; names its parts and the images."""


@dataclass
class Step:
    """What is known of a training step.

    Attributes:
        place: Such as ``'epoch 2, iteration 130'``.
        names: Of the values.
        values: (len(names),) on the host, once ``copied``.
        copied: Event of the copy from an accelerator; None on a CPU.
        samples: Of this rank's batch, before those that gradients were accumulated of.
    """

    place: str
    names: list[str]
    values: Tensor
    copied: torch.Event | None
    samples: list[FaceSample]


class FiniteSteps:
    """Check the losses and the gradient norm of each step.

    On a CPU the values are there and looked at at once. On an accelerator that would
    stall it: the values are copied to the host in the background and looked at one step
    later, or by :meth:`flush`, which runs before anything is saved.
    """

    def __init__(self) -> None:
        self._pending: Step | None = None

    def check(
        self, place: str, parts: dict[str, Tensor], samples: list[FaceSample]
    ) -> None:
        """Check this step (CPU) or the one before (accelerator).

        Raises:
            NonFiniteError: If a value is NaN or infinite.
        """
        self.flush()
        values = stacked(parts)
        copied = None
        if values.device.type != 'cpu':
            host = torch.empty(values.shape, pin_memory=True)
            host.copy_(values, non_blocking=True)
            copied = torch.Event(values.device)
            copied.record()
            values = host
        self._pending = Step(place, list(parts), values, copied, samples)
        if copied is None:
            self.flush()

    def flush(self) -> None:
        """Check what is still on its way to the host.

        Raises:
            NonFiniteError: If a value is NaN or infinite.
        """
        step, self._pending = self._pending, None
        if step is None:
            return
        if step.copied is not None:
            step.copied.synchronize()
        if not step.values.isfinite().all():
            raise NonFiniteError(_describe(step))


def stacked(parts: dict[str, Tensor]) -> Tensor:
    """Return scalars, whatever their precision, as one float32 tensor (len(parts),)."""
    return torch.stack([value.detach().float() for value in parts.values()])


def in_words(names: Sequence[str], values: Tensor) -> str:
    """Return values (len(names),) as ``'loss = nan, loss_text = 1.5'``."""
    pairs = zip(names, values.tolist(), strict=True)
    return ', '.join(f'{name} = {value:g}' for name, value in pairs)


def named(samples: Sequence[FaceSample]) -> str:
    """Return the names of the first eight images, and how many more there are."""
    names = ', '.join(sample.name for sample in samples[:8])
    return names + (f' and {len(samples) - 8} more' if len(samples) > 8 else '')


def _describe(step: Step) -> str:
    return (
        f'{step.place} has numbers that are not finite: '
        f'{in_words(step.names, step.values)}; batch of {named(step.samples)}. The '
        'checkpoints on disk are from before. Lower optim_wrapper.optimizer.lr, or set '
        "model.precision='fp32', and train again with --resume; or let such steps be "
        "skipped: optim_wrapper.non_finite='skip'."
    )
