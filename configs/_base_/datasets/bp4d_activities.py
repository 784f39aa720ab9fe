"""BP4D for stage 1: which activity is performed; AU codes are not used.

As in the paper the coded frames are taken; frames='all' takes every image.
"""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import BP4D
from clef_mm.datasets.samplers import ActivityBalancedSampler
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ActivityProbe

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_bp4d = dict(type=BP4D, data_root='data/bp4d', pipeline=_pipeline)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=ActivityBalancedSampler, block=8),
    dataset=dict(_bp4d, split='train'),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_bp4d, split='test', test_mode=True),
)
test_evaluator = dict(type=ActivityProbe)
