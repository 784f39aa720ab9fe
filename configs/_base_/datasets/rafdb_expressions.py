"""RAF-DB for stage 2: seven expressions, in the crops of the release."""

from mmengine.dataset import DefaultSampler

from clef_mm.datasets import RAFDB
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.evaluation import ExpressionAccuracy

_pipeline = [dict(type=LoadFace, size=224), dict(type=PackFace)]
_rafdb = dict(type=RAFDB, data_root='data/rafdb', pipeline=_pipeline)

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(_rafdb, split='train'),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(_rafdb, split='test', test_mode=True),
)
test_evaluator = dict(type=ExpressionAccuracy)
