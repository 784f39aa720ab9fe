"""BP4D+ for stage 2: the 12 AUs of the coded frames, four tasks a subject."""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import BP4DPlus
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ActionUnitF1

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_bp4d_plus = dict(type=BP4DPlus, data_root='data/bp4d_plus', pipeline=_pipeline)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(_bp4d_plus, split='train'),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_bp4d_plus, split='test', test_mode=True),
)
test_evaluator = dict(type=ActionUnitF1)
