"""Losses of CLEF, Eq. 1 to 6 of https://arxiv.org/abs/2304.00058, and of CLIP."""

from clef_mm.models.losses.action_unit_loss import ActionUnitLoss
from clef_mm.models.losses.cross_modal_supcon_loss import CrossModalSupConLoss
from clef_mm.models.losses.expression_loss import ExpressionLoss
from clef_mm.models.losses.image_caption_loss import ImageCaptionLoss
from clef_mm.models.losses.name_description_loss import NameDescriptionLoss

__all__ = [
    'ActionUnitLoss',
    'CrossModalSupConLoss',
    'ExpressionLoss',
    'ImageCaptionLoss',
    'NameDescriptionLoss',
]
