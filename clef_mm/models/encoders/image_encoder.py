"""Image tower of a CLIP-type pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import open_clip
import torch
from torch import Tensor

from clef_mm.models.encoders import weights
from clef_mm.models.encoders.architecture import (
    Architecture,
    activation_of,
    build_image_tower,
    plain,
    resolve,
)
from clef_mm.models.encoders.freezing import FreezableEncoder
from clef_mm.models.encoders.gradient_checkpointing import checkpoint_blocks
from clef_mm.registry import BACKBONES


@BACKBONES.register_module()
class OpenCLIPImageEncoder(FreezableEncoder):
    """An image tower built by open_clip: its own ViTs and ResNets, or any of timm.

    timm's ViT-B/16, for ImageNet weights: ``arch=dict(embed_dim=768, vision_cfg=dict(
    timm_model_name='vit_base_patch16_224', timm_pool='token', timm_proj='none'))``; the
    feature is the class token.

    It is a plain module around the tower, never an mmengine ``BaseModule``: mmengine
    calls ``init_weights()`` of every direct child that has one, timm models do, and
    that would silently replace loaded weights by random ones.

    Args:
        arch: open_clip model name such as ``'ViT-B-16-quickgelu'``, or a dict of sizes.
        channels_last: Keep convolutions in the channels-last layout, which makes a
            convolutional tower up to twice as fast; of no use to a ViT.
        gradient_checkpointing: Compute the inside of each block again in the backward
            pass instead of keeping it: less memory, about a third more time.
        frozen: Names of parts of the tower that are not trained; see :meth:`freeze`.

    Attributes:
        embed_dim: Width d of the feature.
        image_size: Side of the square input, pixels.
        settings: What weights of this tower are stored with: ``arch``, ``image_size``
            and ``activation``.

    Raises:
        GradientCheckpointingError: If the tower cannot compute its blocks again.
        FrozenPartError: If the tower has no part that ``frozen`` names.
    """

    def __init__(
        self,
        arch: Architecture,
        channels_last: bool = False,
        gradient_checkpointing: bool = False,
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        sizes = resolve(arch)
        self.embed_dim: int = sizes['embed_dim']
        self.tower = build_image_tower(arch)
        self.image_size: int = sizes['vision_cfg'].get(
            'image_size', open_clip.CLIPVisionCfg.image_size
        )
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format
        )
        self.tower.to(memory_format=self.memory_format)
        if gradient_checkpointing:
            checkpoint_blocks(self.tower)
        self.freeze(frozen)
        self.settings: dict[str, Any] = {
            'arch': plain(arch, 'vision_cfg'),
            'image_size': self.image_size,
            'activation': activation_of(self.tower),
        }

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, image_size, image_size) to features (B, d)."""
        return self.tower(images.contiguous(memory_format=self.memory_format))

    def load(self, content: dict[str, Any], source: str) -> None:
        """Load the image tower of a file that :func:`.weights.read_file` read."""
        weights.load_tower(self.tower, content, 'image', source)
