"""A tiny pair trained on synthetic BP4D and BP4D+, tested on a synthetic DISFA.

Command  python tools/train.py configs/cross_dataset/tiny_all_but_disfa.py
Data     data/synthetic/bp4d, data/synthetic/bp4d_plus and data/synthetic/disfa
         (make_synthetic.py) and stage 1 of configs/demo
Expect   a check of the machinery: the stand-ins are drawn by one program, so that a
         score says nothing about how real datasets differ
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_plus_aus import *
    from .._base_.datasets.joined import *
    from .tiny_bp4d_to_disfa import *

work_dir = 'work_dirs/tiny_all_but_disfa'
train_dataloader.sampler = _sampler
train_dataloader.dataset = dict(
    type=JoinedDataset,
    datasets=[
        dict(_bp4d, data_root='data/synthetic/bp4d', **_common),
        dict(_bp4d_plus, data_root='data/synthetic/bp4d_plus', **_common),
    ],
)
