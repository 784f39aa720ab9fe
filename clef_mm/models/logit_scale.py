"""The learnable temperature of image-text similarities."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class LogitScale(nn.Module):
    r"""A learnable :math:`1 / \tau`, stored as its logarithm as CLIP does.

    Args:
        temperature: Initial :math:`\tau`; CLIP starts from 0.07.
        largest: Bound of :math:`1 / \tau`; CLIP keeps it at 100 or below.

    Raises:
        ValueError: If the initial :math:`1 / \tau` is not in [1, largest].
    """

    def __init__(self, temperature: float = 0.07, largest: float = 100.0) -> None:
        super().__init__()
        if not 1 / largest <= temperature <= 1:
            raise ValueError(
                f'temperature must be in [{1 / largest:g}, 1], got {temperature}'
            )
        self.log = nn.Parameter(torch.tensor(math.log(1 / temperature)))
        self.log_largest = math.log(largest)

    def forward(self) -> Tensor:
        r"""Return :math:`1 / \tau`, a scalar in [1, largest]."""
        # The parameter itself is kept in range, as in CLIP: clamping only the result
        # would stop its gradient once it is out of range, and it could never return.
        with torch.no_grad():
            self.log.clamp_(0, self.log_largest)
        return self.log.exp()
