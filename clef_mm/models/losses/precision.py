"""Losses work in float32, or float64 if given, whatever the towers ran in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def full_precision(tensor: Tensor) -> torch.autocast:
    """Return a context on ``tensor``'s device in which matrix products stay float32.

    At a temperature of 0.01 the 8 bits of a bfloat16 mantissa would leave logits of
    about 100 with steps of 0.5.
    """
    return torch.autocast(tensor.device.type, enabled=False)


def at_least_float32(tensor: Tensor) -> Tensor:
    """Widen half precision to float32; float64 stays, for checks of gradients."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def unit_rows(features: Tensor) -> Tensor:
    """Scale the rows of ``features`` (n, d) to length 1, in float32 or float64."""
    return F.normalize(at_least_float32(features), dim=-1)


def check_paired_rows(first: Tensor, second: Tensor, names: str) -> None:
    """Raise ValueError unless both are (n, d) of the same n > 0 and d."""
    if first.ndim != 2 or first.shape != second.shape or len(first) == 0:
        raise ValueError(
            f'{names} must both be (n, d) with n > 0, '
            f'got {tuple(first.shape)} and {tuple(second.shape)}'
        )


def weight_per_class(weight: Tensor | list[float] | None) -> Tensor | None:
    """Check class weights: finite, not negative, shape (C,); None stays None."""
    if weight is None:
        return None
    weight = torch.as_tensor(weight, dtype=torch.float32)
    if weight.ndim != 1 or not bool((weight.isfinite() & (weight >= 0)).all()):
        raise ValueError(
            f'class weights must be a list of finite numbers >= 0, got {weight}'
        )
    return weight
