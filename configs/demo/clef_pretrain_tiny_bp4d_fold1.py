"""CLEF stage 1 with a tiny pair, from random weights, on a synthetic BP4D.

Command  python tools/train.py configs/demo/clef_pretrain_tiny_bp4d_fold1.py
Data     python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_pretrain import *
    from .._base_.schedules.pretrain import *

_arch = dict(
    embed_dim=128,
    vision_cfg=dict(timm_model_name='test_resnet', image_size=64),
    text_cfg=dict(context_length=77, vocab_size=49408, width=64, heads=2, layers=2),
)
_root = 'data/synthetic/bp4d'
_pipeline = [dict(type=LoadFace, size=64), dict(type=PackFace)]

work_dir = 'work_dirs/demo_pretrain'
model.image_encoder = dict(type=OpenCLIPImageEncoder, arch=_arch, channels_last=True)
model.text_encoder = dict(type=OpenCLIPTextEncoder, arch=_arch)
model.weights = None
model.data_preprocessor.image_size = 64
train_dataloader.num_workers = 1
train_dataloader.dataset.update(data_root=_root, pipeline=_pipeline)
test_dataloader.num_workers = 1
test_dataloader.dataset.update(data_root=_root, pipeline=_pipeline)
optim_wrapper.optimizer.lr = 2e-3
