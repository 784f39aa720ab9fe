"""Sizes of an image-text pair, as open_clip names them."""

from __future__ import annotations

from typing import Any

import open_clip
from open_clip.timm_model import TimmModel
from torch import nn

from clef_mm.errors import nearest

Architecture = str | dict[str, Any]
"""An open_clip model name, or what its JSON file would hold: a dict with ``embed_dim``,
``vision_cfg`` and/or ``text_cfg``, and optionally ``quick_gelu``."""

_KEYS = ('embed_dim', 'vision_cfg', 'text_cfg', 'quick_gelu')

# open_clip's public constructor makes both towers; the one not asked for is this small.
_NO_VISION = {
    'image_size': 8,
    'patch_size': 8,
    'layers': 1,
    'width': 8,
    'head_width': 8,
}
_NO_TEXT = {'context_length': 1, 'vocab_size': 1, 'layers': 1, 'width': 8, 'heads': 1}


def resolve(arch: Architecture) -> dict[str, Any]:
    """Return the sizes of ``arch`` as a dict of ``open_clip``'s JSON form.

    Raises:
        ValueError: If the name is not one of open_clip's, or a dict lacks ``embed_dim``
            or has a key that would not be read.
    """
    if isinstance(arch, str):
        sizes = open_clip.get_model_config(arch)
        if sizes is None:
            raise ValueError(
                f"open_clip has no model '{arch}'"
                f'{nearest(arch, open_clip.list_models())}'
            )
        return sizes
    if 'embed_dim' not in arch:
        raise ValueError(f"an architecture needs 'embed_dim', got only {sorted(arch)}")
    for key in arch:
        if key not in _KEYS:  # a misspelt quick_gelu would silently be GELU
            raise ValueError(
                f"an architecture has no '{key}', only {', '.join(_KEYS)}"
                f'{nearest(key, _KEYS)}'
            )
    return dict(arch)


def build_image_tower(arch: Architecture) -> nn.Module:
    """Build the image tower of ``arch`` with fresh weights.

    Raises:
        ValueError: If a tower of timm gives features of another width than
            ``embed_dim`` says.
    """
    sizes = resolve(arch)
    vision = dict(_section(sizes, 'vision_cfg'))
    tower = open_clip.CustomTextCLIP(
        sizes['embed_dim'],
        vision,
        _NO_TEXT,
        quick_gelu=sizes.get('quick_gelu', False),
    ).visual
    if isinstance(tower, TimmModel):
        _finish_timm(tower, vision, sizes['embed_dim'])
    return tower


def build_text_tower(arch: Architecture) -> nn.Module:
    """Build the text tower of ``arch`` with fresh weights."""
    sizes = resolve(arch)
    return open_clip.CustomTextCLIP(
        sizes['embed_dim'],
        _NO_VISION,
        dict(_section(sizes, 'text_cfg')),
        quick_gelu=sizes.get('quick_gelu', False),
    ).text


def activation_of(tower: nn.Module) -> str | None:
    """Return ``'QuickGELU'`` or ``'GELU'``; None if a tower has neither, or both."""
    names = {type(module).__name__ for module in tower.modules()}
    found = names & {'QuickGELU', 'GELU'}
    return found.pop() if len(found) == 1 else None


def plain(arch: Architecture, section: str) -> dict[str, Any]:
    """Return the sizes of one tower as plain dicts, lists and numbers, to be stored.

    Args:
        arch: What the tower was built from.
        section: ``'vision_cfg'`` or ``'text_cfg'``.
    """
    sizes = resolve(arch)
    return {
        'embed_dim': sizes['embed_dim'],
        'quick_gelu': sizes.get('quick_gelu', False),
        section: _plain(sizes[section]),
    }


def _plain(value: Any) -> Any:
    # mmengine's configs are subclasses of dict, which a safe reader refuses.
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return (
        [_plain(item) for item in value] if isinstance(value, list | tuple) else value
    )


def _finish_timm(tower: TimmModel, vision: dict[str, Any], embed_dim: int) -> None:
    """Do what open_clip leaves undone: the image size, and the width of the feature."""
    trunk, size = tower.trunk, vision.get('image_size')
    patches = getattr(trunk, 'patch_embed', None)
    built_for = getattr(patches, 'img_size', None)
    if size is not None and built_for is not None and built_for != (size, size):
        tower.set_input_size(size)
    if not len(tower.head) and trunk.num_features != embed_dim:
        raise ValueError(
            f'{vision["timm_model_name"]} without a projection gives features of '
            f'{trunk.num_features} numbers, embed_dim says {embed_dim}'
        )


def _section(sizes: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in sizes:
        raise ValueError(f"the architecture has no '{name}', only {sorted(sizes)}")
    return sizes[name]
