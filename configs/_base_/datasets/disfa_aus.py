"""DISFA for stage 2: 8 AUs, present from intensity 2 on, left camera."""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import DISFA
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ActionUnitF1

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_disfa = dict(type=DISFA, data_root='data/disfa', pipeline=_pipeline)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(_disfa, split='train'),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_disfa, split='test', test_mode=True),
)
test_evaluator = dict(type=ActionUnitF1)
