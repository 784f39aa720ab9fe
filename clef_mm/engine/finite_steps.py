"""Stop at a step whose numbers are none, without stalling the device to look."""

from __future__ import annotations

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
        samples: Of this rank's batch.
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
        values = torch.stack([value.detach().float() for value in parts.values()])
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


def _describe(step: Step) -> str:
    parts = ', '.join(
        f'{name} = {value:g}'
        for name, value in zip(step.names, step.values.tolist(), strict=True)
    )
    images = ', '.join(sample.name for sample in step.samples[:8])
    more = f' and {len(step.samples) - 8} more' if len(step.samples) > 8 else ''
    return (
        f'{step.place} has numbers that are not finite: {parts}; batch of '
        f'{images}{more}. The checkpoints on disk are from before. Lower '
        "optim_wrapper.optimizer.lr, or set model.precision='fp32', and train again "
        "with --resume; or let such steps be skipped: optim_wrapper.non_finite='skip'."
    )
