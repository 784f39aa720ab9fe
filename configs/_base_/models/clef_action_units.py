"""Stage 2 with CLIP's ViT-B/16 pair: Eq. 3, 5 and 6, rows I + N + D, 12 AUs of BP4D."""

from clef_mm.engine.hooks import LabelWeightHook
from clef_mm.models import ActionUnitRecognizer, FacePreprocessor
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.losses import ActionUnitLoss, NameDescriptionLoss

_units = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)

model = dict(
    type=ActionUnitRecognizer,
    image_encoder=dict(type=OpenCLIPImageEncoder, arch='ViT-B-16-quickgelu'),
    text_encoder=dict(type=OpenCLIPTextEncoder, arch='ViT-B-16-quickgelu'),
    classes=[f'AU{unit}' for unit in _units],
    bank='action_units',
    texts=('name', 'description'),
    loss_label=dict(type=ActionUnitLoss),
    loss_text=dict(type=NameDescriptionLoss),
    label_weight=2.0,
    data_preprocessor=dict(type=FacePreprocessor, image_size=224),
)
custom_hooks = [dict(type=LabelWeightHook)]
