"""FERPlus for stage 2: eight expressions by majority, tested on PrivateTest."""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import FERPlus
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ExpressionAccuracy

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_ferplus = dict(type=FERPlus, data_root='data/ferplus', pipeline=_pipeline)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(_ferplus, split='train'),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_ferplus, split='test', test_mode=True),
)
test_evaluator = dict(type=ExpressionAccuracy)
