"""Stop at a loss that is not a number, without stalling the device to look."""

from __future__ import annotations

import torch
from torch import Tensor

from clef_mm.errors import UserError
from clef_mm.structures import FaceSample


class NonFiniteLossError(UserError, FloatingPointError):
    """A loss became NaN or infinite; the message names its parts and the images."""


class FiniteLosses:
    """Check the losses of each step.

    On a CPU the values are there and a bad one is refused before it can move a weight.
    On an accelerator, looking at once would stall it: the values are copied to the host
    in the background and looked at one step later, or by :meth:`flush`, which runs
    before anything is saved.
    """

    def __init__(self) -> None:
        self._pending: tuple[list[str], Tensor, torch.Event, list[FaceSample]] | None
        self._pending = None

    def check(self, parts: dict[str, Tensor], samples: list[FaceSample]) -> None:
        """Check the losses of this step (CPU) or of the one before (accelerator).

        Raises:
            NonFiniteLossError: If one of them is NaN or infinite.
        """
        self.flush()
        values = torch.stack([value.detach().float() for value in parts.values()])
        if values.device.type == 'cpu':
            _refuse_non_finite(list(parts), values, samples)
            return
        host = torch.empty(values.shape, pin_memory=True)
        host.copy_(values, non_blocking=True)
        copied = torch.Event(values.device)
        copied.record()
        self._pending = (list(parts), host, copied, samples)

    def flush(self) -> None:
        """Check what is still on its way to the host."""
        if self._pending is not None:
            names, host, copied, samples = self._pending
            self._pending = None
            copied.synchronize()
            _refuse_non_finite(names, host, samples)


def _refuse_non_finite(
    names: list[str], values: Tensor, samples: list[FaceSample]
) -> None:
    if values.isfinite().all():
        return
    parts = ', '.join(
        f'{name} = {value:g}'
        for name, value in zip(names, values.tolist(), strict=True)
    )
    images = ', '.join(sample.name for sample in samples[:8])
    more = f' and {len(samples) - 8} more' if len(samples) > 8 else ''
    raise NonFiniteLossError(
        f'the loss is not finite: {parts}; batch of {images}{more}. The checkpoints on '
        'disk are from before. Lower optim_wrapper.optimizer.lr, or set '
        "model.precision='fp32', and train again with --resume."
    )
