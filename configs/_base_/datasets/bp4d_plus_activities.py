"""BP4D+ for stage 1: 480,000 frames, 48,000 of each of the ten activities.

They are spread evenly over the recordings of the training subjects. The test, a probe
for the activity, takes 500 of each.
"""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import BP4DPlus
from clef_mm.datasets.samplers import ActivityBalancedSampler
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ActivityProbe

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_bp4d_plus = dict(
    type=BP4DPlus, data_root='data/bp4d_plus', frames='all', pipeline=_pipeline
)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=ActivityBalancedSampler, block=8),
    dataset=dict(_bp4d_plus, split='train', per_activity=48_000),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_bp4d_plus, split='test', per_activity=500, test_mode=True),
)
test_evaluator = dict(type=ActivityProbe)
