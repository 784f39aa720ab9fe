"""Image and text towers, and the files their weights come from."""

from clef_mm.models.encoders.image_encoder import OpenCLIPImageEncoder
from clef_mm.models.encoders.text_encoder import OpenCLIPTextEncoder

__all__ = ['OpenCLIPImageEncoder', 'OpenCLIPTextEncoder']
