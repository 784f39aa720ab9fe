"""A tiny pair trained on a synthetic BP4D, tested on a synthetic DISFA, five AUs.

Command  python tools/train.py configs/cross_dataset/tiny_bp4d_to_disfa.py
Data     data/synthetic/bp4d and data/synthetic/disfa (make_synthetic.py) and stage 1 of
         configs/demo
Expect   a check of the machinery: both stand-ins are drawn by one program, so that a
         score says nothing about how real datasets differ
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.aus_shared_with_disfa import *
    from .._base_.datasets.disfa_aus import *
    from ..demo.clef_tiny_bp4d_fold1 import *

_common = dict(au_names=_shared, pipeline=_data.pipeline)

fold = None
work_dir = 'work_dirs/tiny_bp4d_to_disfa'
model.classes = _shared
train_dataloader.dataset = dict(_bp4d, data_root='data/synthetic/bp4d', **_common)
test_dataloader.dataset = dict(
    _disfa, data_root='data/synthetic/disfa', test_mode=True, **_common
)
val_dataloader = None
val_evaluator = None
val_cfg = None
default_hooks.checkpoint.save_best = None
