"""How weights files name their keys, and what the towers here call the same tensors.

A naming is told by a mark that one of the keys bears. Its rules say, in their order, to
which tower a key belongs and what it is called there; no tower means that it is left
out: sizes, temperatures, heads of other tasks. A key that nobody knows is handed on,
so that loading refuses it by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

Rule = tuple[str, str | None, str]
"""Pattern of a whole key, its tower (``'image'``, ``'text'`` or None) and its name
there, which may hold groups of the pattern."""

_CLIP: tuple[Rule, ...] = (
    # FaRL's head for masked images.
    (r'visual\.(mask_token|(lm_transformer|ln_lm|lm_head)\..+)', None, ''),
    (r'visual\.(.+)', 'image', r'\1'),
    # Sizes, and the causal mask that TorchScript stores though it follows from them.
    (r'input_resolution|context_length|vocab_size|(text\.)?attn_mask', None, ''),
    (r'logit_scale|logit_bias', None, ''),
)
_TIMM: tuple[Rule, ...] = (
    # The classifier, and the layer of ImageNet-21k before it.
    (r'(head|head_dist|pre_logits)\..+', None, ''),
    (r'(.+)', 'image', r'trunk.\1'),
)
_LAYER = r'(?:backbone\.)?layers\.(\d+)\.'
_BLOCK = r'trunk.blocks.\1.'


@dataclass(frozen=True)
class Naming:
    """One way of naming keys.

    Attributes:
        name: What people call it.
        mark: Pattern of the start of a key that only this naming has.
        rules: See the module.
        activation: What every model so named was trained with, if that is known.
        needs_timm: Whether the image tower must be one of timm's.
    """

    name: str
    mark: str
    rules: tuple[Rule, ...]
    activation: str | None = None
    needs_timm: bool = False


NAMINGS = (
    Naming(
        'CLEF-MM',
        r'(image|text)_encoder\.',
        (
            (r'image_encoder\.tower\.(.+)', 'image', r'\1'),
            (r'text_encoder\.tower\.(.+)', 'text', r'\1'),
            (r'.+', None, ''),
        ),
    ),
    Naming(
        'FaRL',
        r'visual\.(mask_token|lm_transformer\.|ln_lm\.|lm_head\.)',
        (*_CLIP, (r'(.+)', 'text', r'\1')),
        activation='QuickGELU',
    ),
    Naming(
        'OpenAI CLIP',
        r'(input_resolution|context_length|vocab_size)$',
        (*_CLIP, (r'(.+)', 'text', r'\1')),
        activation='QuickGELU',
    ),
    Naming(
        'open_clip, text tower apart',
        r'text\.',
        (*_CLIP, (r'text\.(.+)', 'text', r'\1'), (r'(.+)', 'text', r'\1')),
    ),
    Naming('open_clip', r'visual\.', (*_CLIP, (r'(.+)', 'text', r'\1'))),
    Naming(
        'mmpretrain ViT',
        r'(backbone\.)?layers\.0\.ln1\.',
        (
            (r'head\..+', None, ''),
            (_LAYER + r'ln(\d)\.(.+)', 'image', _BLOCK + r'norm\2.\3'),
            (_LAYER + r'(attn\..+)', 'image', _BLOCK + r'\2'),
            (_LAYER + r'ffn\.layers\.0\.0\.(.+)', 'image', _BLOCK + r'mlp.fc1.\2'),
            (_LAYER + r'ffn\.layers\.1\.(.+)', 'image', _BLOCK + r'mlp.fc2.\2'),
            (
                r'(?:backbone\.)?patch_embed\.projection\.(.+)',
                'image',
                r'trunk.patch_embed.proj.\1',
            ),
            (r'(?:backbone\.)?ln1\.(.+)', 'image', r'trunk.norm.\1'),
            # The norm behind averaged patches, where there is no class token to read.
            (r'(?:backbone\.)?ln2\.(.+)', 'image', r'trunk.fc_norm.\1'),
            (r'(?:backbone\.)?(.+)', 'image', r'trunk.\1'),
        ),
        needs_timm=True,
    ),
    Naming('timm ViT', r'blocks\.0\.attn\.qkv\.', _TIMM, needs_timm=True),
)
"""The namings that are read; the first whose mark is found."""


@dataclass
class Towers:
    """The tensors of a file by tower.

    Attributes:
        naming: What the file's keys are named like; None if that is unknown.
        image: Weights of the image tower, by the keys of open_clip's tower.
        text: The same of the text tower.
        rest: What belongs to neither, by the file's own keys.
    """

    naming: Naming | None
    image: dict[str, Tensor] = field(default_factory=dict)
    text: dict[str, Tensor] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Tensor]:
        """Return the weights of the ``'image'`` or the ``'text'`` tower."""
        return {'image': self.image, 'text': self.text}[kind]


def state_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return the tensors of a checkpoint by the file's keys.

    They lie under ``state_dict``, under ``model`` (DeiT, MAE) or bare; a model that
    several processes trained has ``module.`` before each key.
    """
    inner = next(
        (
            content[name]
            for name in ('state_dict', 'model')
            if isinstance(content.get(name), dict)
        ),
        content,
    )
    return {str(key).removeprefix('module.'): value for key, value in inner.items()}


def naming_of(state: dict[str, Any]) -> Naming | None:
    """Return the naming of keys, or None if no mark is found."""
    return next(
        (
            naming
            for naming in NAMINGS
            if any(re.match(naming.mark, key) for key in state)
        ),
        None,
    )


def split_towers(state: dict[str, Any]) -> Towers:
    """Tell which tower each key belongs to, and name it as the tower does."""
    towers = Towers(naming_of(state))
    if towers.naming is None:
        towers.rest = dict(state)
        return towers
    for key, value in state.items():
        tower, name = _place(key, towers.naming)
        (towers.rest if tower is None else towers.of(tower))[name] = value
    return towers


def _place(key: str, naming: Naming) -> tuple[str | None, str]:
    for pattern, tower, name in naming.rules:
        match = re.fullmatch(pattern, key)
        if match:
            return tower, key if tower is None else match.expand(name)
    return None, key
