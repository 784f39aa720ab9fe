"""How large a tower is, read off the shapes of its weights."""

from __future__ import annotations

import math
import re
from typing import Any

from torch import Tensor

_BLOCK = re.compile(r'(?:transformer\.resblocks|trunk\.blocks)\.(\d+)\.')


def tower_sizes(state: dict[str, Tensor]) -> dict[str, Any]:
    """Return what the shapes of a tower's weights say.

    Args:
        state: Weights by the keys of open_clip's tower, see :mod:`.key_naming`.

    Returns:
        ``weights`` (how many numbers) and ``dtypes`` of any tower, counters aside; of a
        Transformer ``layers``, ``width`` and, if it has a projection, ``features`` (its
        width); of a ViT ``patch_size`` and ``image_size`` (pixels); of a text tower
        ``context_length`` and ``vocabulary``.
    """
    tensors = {
        key: value
        for key, value in state.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }
    dtypes = {str(value.dtype).removeprefix('torch.') for value in tensors.values()}
    found: dict[str, Any] = {
        'weights': sum(value.numel() for value in tensors.values()),
        'dtypes': sorted(dtypes),
    }
    blocks = {match[1] for key in tensors if (match := _BLOCK.match(key))}
    if blocks:
        found['layers'] = len(blocks)
        found |= _transformer_sizes(tensors)
    return found


def _transformer_sizes(state: dict[str, Tensor]) -> dict[str, int]:
    positions = state.get('positional_embedding', state.get('trunk.pos_embed'))
    patches = state.get('conv1.weight', state.get('trunk.patch_embed.proj.weight'))
    output = state.get('proj', state.get('text_projection'))
    words = state.get('token_embedding.weight')
    found = {}
    if positions is not None:
        found['width'] = positions.shape[-1]
        length = positions.shape[-2]
        if words is not None:
            found['context_length'] = length
        elif patches is not None:
            found['patch_size'] = patches.shape[-1]
            # One class token at most: the root of the patches' number is rounded down.
            found['image_size'] = math.isqrt(length) * patches.shape[-1]
    if words is not None:
        found['vocabulary'] = words.shape[0]
    if output is not None:
        found['features'] = output.shape[-1]
    return found
