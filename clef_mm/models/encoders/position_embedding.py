"""Position embeddings of a ViT, made to fit images of another size."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# In open_clip's own ViT, and in one of timm's.
_KEYS = ('positional_embedding', 'trunk.pos_embed')


def fit_to_grid(tower: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Interpolate the position embeddings of ``state`` to the patches of ``tower``.

    Only those of another number of patches are changed; what cannot be interpolated,
    such as another width, is left to be refused.

    Args:
        tower: open_clip's image tower.
        state: Weights by the tower's own keys.

    Returns:
        ``state``, or a copy with other position embeddings.
    """
    grid = _grid(tower)
    if grid is None:
        return state
    own = tower.state_dict()
    return state | {
        key: interpolate(state[key], grid, own[key].shape[-2] - math.prod(grid))
        for key in _KEYS
        if key in own and getattr(state.get(key), 'ndim', None) == own[key].ndim
    }


def interpolate(embedding: Tensor, grid: tuple[int, int], extra: int) -> Tensor:
    """Resize a square grid of embeddings: bicubic, antialiased, as open_clip does.

    Args:
        embedding: (..., extra + side * side, width).
        grid: Rows and columns wanted.
        extra: Tokens before the patches, such as the class token; kept as they are.

    Returns:
        (..., extra + rows * columns, width); ``embedding`` itself if it has that length
        or its patches are no square.
    """
    count = embedding.shape[-2] - extra
    side = math.isqrt(max(count, 0))
    if count == math.prod(grid) or side * side != count or not count:
        return embedding
    kept, patches = embedding.split((extra, count), dim=-2)
    width = patches.shape[-1]
    image = patches.float().reshape(-1, side, side, width).permute(0, 3, 1, 2)
    image = F.interpolate(
        image, size=grid, mode='bicubic', antialias=True, align_corners=False
    )
    resized = image.permute(0, 2, 3, 1).reshape(*patches.shape[:-2], -1, width)
    return torch.cat([kept, resized.to(embedding.dtype)], dim=-2)


def _grid(tower: nn.Module) -> tuple[int, int] | None:
    patches = getattr(getattr(tower, 'trunk', None), 'patch_embed', tower)
    grid = getattr(patches, 'grid_size', None)
    return None if grid is None else tuple(grid)
