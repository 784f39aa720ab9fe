"""Stage 2 with CLIP's ViT-B/16 pair: Eq. 3, 4 and 6, rows I + N + D, 7 expressions."""

from clef_mm.engine.hooks import LabelWeightHook
from clef_mm.models import ExpressionRecognizer, FacePreprocessor
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.losses import ExpressionLoss, NameDescriptionLoss

_expressions = [
    'neutral',
    'happiness',
    'sadness',
    'surprise',
    'fear',
    'disgust',
    'anger',
]

model = dict(
    type=ExpressionRecognizer,
    image_encoder=dict(type=OpenCLIPImageEncoder, arch='ViT-B-16-quickgelu'),
    text_encoder=dict(type=OpenCLIPTextEncoder, arch='ViT-B-16-quickgelu'),
    classes=_expressions,
    bank='expressions',
    texts=('name', 'description'),
    loss_label=dict(type=ExpressionLoss),
    loss_text=dict(type=NameDescriptionLoss),
    label_weight=2.0,
    data_preprocessor=dict(type=FacePreprocessor, image_size=224),
)
custom_hooks = [dict(type=LabelWeightHook)]
