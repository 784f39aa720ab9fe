"""CLEF stage 1 with a tiny pair, from random weights, on a synthetic BP4D, fold 1.

Command  python tools/train.py configs/demo/clef_pretrain_tiny_bp4d_fold1.py
Data     python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d
Expect   about 4 minutes on two CPU cores; on 14 unseen subjects a linear probe reads
         the activity off the feature in 19 % of the frames, the nearest text in 22 %
         (chance: 13 %)
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_pretrain import *
    from .._base_.models.tiny_pair import *
    from .._base_.schedules.pretrain import *

_data = dict(
    data_root='data/synthetic/bp4d',
    pipeline=[dict(type=LoadFace, size=48), dict(type=PackFace)],
)

# Activities show in coarser detail than AUs do; 48 px cost half of stage 2's 64.
_vision = dict(timm_model_name='test_resnet', image_size=48)

fold = 1
work_dir = 'work_dirs/demo_pretrain'
model.image_encoder.update(
    arch=dict(_tiny_pair, vision_cfg=_vision), channels_last=True
)
model.text_encoder.update(_tiny_text)
model.weights = None  # the paper starts from FaRL, which has no tiny version
model.data_preprocessor.image_size = 48
train_cfg.max_epochs = 6
# Two cores: a loader worker would take one from the training.
train_dataloader.update(num_workers=0, batch_size=32)
train_dataloader.sampler.block = 4
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
optim_wrapper.optimizer.lr = 2e-3
# Eight texts are all the text tower sees here: at the full rate it forgets to tell
# other texts apart, and stage 2 has to teach it again.
optim_wrapper.paramwise_cfg = dict(custom_keys={'text_encoder': dict(lr_mult=0.1)})
