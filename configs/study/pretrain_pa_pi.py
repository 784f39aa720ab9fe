"""Study, stage 1: frames of an activity and its text belong together (PA + PI).

Command  python tools/train.py configs/study/pretrain_pa_pi.py
Data     data/synthetic/bp4d as for the demo, and configs/study/generic.py
Expect   docs/study.md
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_pretrain import *
    from .._base_.models.study_pair import *
    from .._base_.schedules.pretrain import *

from clef_mm.evaluation import IdentityLeak

_data = dict(
    data_root='data/synthetic/bp4d',
    pipeline=[dict(type=LoadFace, size=48), dict(type=PackFace)],
)

fold = 1
model.image_encoder.update(_study_image)
model.text_encoder.arch = _study_pair
model.weights = _generic
model.data_preprocessor.image_size = 48
# Two runs share two cores: a loader worker would take one from the training.
train_dataloader.num_workers = 0
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
test_evaluator = [dict(type=ActivityProbe), dict(type=IdentityLeak)]
train_cfg.max_epochs = 6
default_hooks.checkpoint.interval = 1000  # the last epoch is kept in any case
optim_wrapper.optimizer.lr = 4e-3
# Eight texts are all the text tower sees here: at the full rate it forgets the others.
optim_wrapper.paramwise_cfg = dict(custom_keys={'text_encoder': dict(lr_mult=0.03)})
