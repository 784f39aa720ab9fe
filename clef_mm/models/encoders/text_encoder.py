"""Text tower of a CLIP-type pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import open_clip
import torch
from open_clip.transformer import TextTransformer
from torch import Tensor, nn

from clef_mm.models.encoders import weights
from clef_mm.models.encoders.architecture import (
    Architecture,
    activation_of,
    build_text_tower,
    plain,
    resolve,
)
from clef_mm.models.encoders.freezing import FreezableEncoder
from clef_mm.models.encoders.gradient_checkpointing import checkpoint_blocks
from clef_mm.registry import TEXT_ENCODERS


@TEXT_ENCODERS.register_module()
class OpenCLIPTextEncoder(FreezableEncoder):
    """A causal text Transformer built by open_clip, pooled at the end-of-text token.

    No token can see a later one and only the end-of-text token is read, so whatever
    follows the longest text of a call cannot matter: :meth:`encode` cuts it off, which
    changes neither features nor gradients and saves most of the 77 tokens.

    Args:
        arch: open_clip model name such as ``'ViT-B-16-quickgelu'``, or a dict of sizes.
        gradient_checkpointing: Compute the inside of each block again in the backward
            pass instead of keeping it: less memory, about a third more time.
        frozen: Names of parts of the tower that are not trained; see :meth:`freeze`.

    Attributes:
        embed_dim: Width d of the feature.
        context_length: Longest text, tokens, start and end included.
        settings: What weights of this tower are stored with: ``arch`` and
            ``activation``.

    Raises:
        ValueError: If the tower is of another kind: not causal, pooled elsewhere, or
            with a vocabulary of its own.
        FrozenPartError: If the tower has no part that ``frozen`` names.
    """

    def __init__(
        self,
        arch: Architecture,
        gradient_checkpointing: bool = False,
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.embed_dim: int = resolve(arch)['embed_dim']
        self.tower = build_text_tower(arch)
        self._tokenizer = open_clip.SimpleTokenizer()
        _check_kind(self.tower, self._tokenizer.vocab_size, arch)
        if gradient_checkpointing:
            checkpoint_blocks(self.tower)
        self.freeze(frozen)
        self.context_length: int = self.tower.context_length
        self.settings: dict[str, Any] = {
            'arch': plain(arch, 'text_cfg'),
            'activation': activation_of(self.tower),
        }
        self._token_ids: dict[str, list[int]] = {}

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Map texts to features (len(texts), d), each distinct text encoded once.

        Raises:
            ValueError: If a text is empty or longer than the context.
        """
        distinct = list(dict.fromkeys(texts))
        features = self(self.tokenize(distinct))
        if len(distinct) == len(texts):
            return features
        row = {text: index for index, text in enumerate(distinct)}
        rows = torch.tensor([row[text] for text in texts])
        return features[rows.to(features.device, non_blocking=True)]

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Return token ids (len(texts), L), cut to the longest, zeros behind an end."""
        ids = [self._ids(text) for text in texts]
        longest = max(map(len, ids))
        padded = torch.tensor([row + [0] * (longest - len(row)) for row in ids])
        return padded.to(self.tower.token_embedding.weight.device, non_blocking=True)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Map token ids (T, L), L at most the context, to features (T, d)."""
        tower, length = self.tower, token_ids.shape[1]
        tokens = tower.token_embedding(token_ids) + tower.positional_embedding[:length]
        tokens = tower.transformer(tokens, attn_mask=tower.attn_mask[:length, :length])
        ends = token_ids.argmax(dim=1)  # end-of-text is the largest id
        pooled = tokens[torch.arange(len(ends), device=ends.device), ends]
        return tower.ln_final(pooled) @ tower.text_projection

    def load(self, content: dict[str, Any], source: str) -> None:
        """Load the text tower of a file that :func:`.weights.read_file` read."""
        weights.load_tower(self.tower, content, 'text', source)

    def _ids(self, text: str) -> list[int]:
        if text not in self._token_ids:  # banks hold few texts: tokenise each once
            tokenizer = self._tokenizer
            body = tokenizer.encode(text)
            if not body or len(body) + 2 > self.context_length:
                raise ValueError(
                    f'a text must have 1 to {self.context_length - 2} tokens, '
                    f'this one has {len(body)}: {text!r}'
                )
            self._token_ids[text] = [
                tokenizer.sot_token_id,
                *body,
                tokenizer.eot_token_id,
            ]
        return self._token_ids[text]


def _check_kind(tower: nn.Module, vocabulary: int, arch: Architecture) -> None:
    """Refuse towers whose features :meth:`OpenCLIPTextEncoder.forward` gets wrong."""
    is_clip = (
        isinstance(tower, TextTransformer)
        and tower.attn_mask is not None
        and tower.cls_emb is None
        and tower.pool_type == 'argmax'
        and isinstance(tower.text_projection, nn.Parameter)
        and tower.vocab_size == vocabulary
    )
    if not is_clip:
        raise ValueError(
            f'{arch}: the text tower must be like that of CLIP: causal, pooled at the '
            f'end-of-text token, {vocabulary} tokens in its vocabulary'
        )
