"""Stage 1 with CLIP's ViT-B/16 pair: Eq. 1 and 2, PA + PI."""

from clef_mm.models import ActivityPretrainer, FacePreprocessor
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.losses import CrossModalSupConLoss

model = dict(
    type=ActivityPretrainer,
    image_encoder=dict(type=OpenCLIPImageEncoder, arch='ViT-B-16-quickgelu'),
    text_encoder=dict(type=OpenCLIPTextEncoder, arch='ViT-B-16-quickgelu'),
    activities='bp4d_activities',
    loss=dict(type=CrossModalSupConLoss, temperature=0.25),
    data_preprocessor=dict(
        type=FacePreprocessor, image_size=224, views=2, crop=(0.7, 1.0), rotation=15
    ),
)
