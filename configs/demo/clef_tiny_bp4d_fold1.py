"""CLEF stage 2 with a tiny pair, 12 AUs, on a synthetic BP4D, fold 1.

Command  python tools/train.py configs/demo/clef_tiny_bp4d_fold1.py
Data     data/synthetic/bp4d as for stage 1, and stage 1 itself
Expect   about 4 minutes on two CPU cores; mean F1 of 88 % on 14 unseen subjects

Three training subjects are held out to choose the epoch; the test subjects take no part
in it.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.models.tiny_pair import *
    from .._base_.schedules.finetune import *

_data = dict(
    data_root='data/synthetic/bp4d',
    hold_out=3,
    pipeline=[dict(type=LoadFace, size=64), dict(type=PackFace)],
)

fold = 1
work_dir = 'work_dirs/demo'
model.image_encoder.update(arch=_tiny_pair, channels_last=True)
model.text_encoder.update(_tiny_text)
model.weights = 'work_dirs/demo_pretrain'
model.data_preprocessor.image_size = 64
how_to_get = {
    'work_dirs/demo_pretrain': 'Run stage 1 first: python tools/train.py '
    'configs/demo/clef_pretrain_tiny_bp4d_fold1.py'
}

# Two cores: a loader worker would take one from the training.
train_dataloader.num_workers = 0
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
val_dataloader = dict(
    batch_size=128,
    num_workers=0,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(test_dataloader.dataset, split='val'),
)
val_evaluator = dict(type=ActionUnitF1)
val_cfg = dict()
train_cfg.val_interval = 1
default_hooks.checkpoint.update(save_best='au_f1/mean', rule='greater')
train_cfg.max_epochs = 8
optim_wrapper.optimizer.lr = 4e-3
