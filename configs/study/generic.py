"""Study: the generic pair that every row starts from, as CLEF starts from FaRL.

Command  python tools/train.py configs/study/generic.py
Data     python tools/dataset_tools/make_synthetic.py captioned_faces
         data/synthetic/captioned_faces, and data/synthetic/bp4d as for the demo
Expect   10 minutes on one core; a pair that knows looks, not behaviour: on people of
         the synthetic BP4D it finds the same person in all of 100 frames
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.study_pair import *
    from .._base_.schedules.pretrain import *

from clef_mm.datasets import CaptionedFaces
from clef_mm.evaluation import IdentityLeak
from clef_mm.models import CaptionPretrainer, FacePreprocessor
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder

_small = [dict(type=LoadFace, size=48), dict(type=PackFace)]

fold = 1
work_dir = _generic
model = dict(
    type=CaptionPretrainer,
    image_encoder=dict(_study_image, type=OpenCLIPImageEncoder),
    text_encoder=dict(type=OpenCLIPTextEncoder, arch=_study_pair),
    data_preprocessor=dict(type=FacePreprocessor, image_size=48, rotation=5),
)
train_dataloader = dict(
    batch_size=128,
    num_workers=0,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(
        type=CaptionedFaces,
        data_root='data/synthetic/captioned_faces',
        split='train',
        pipeline=_small,
    ),
)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(data_root='data/synthetic/bp4d', pipeline=_small)
test_evaluator = [dict(type=ActivityProbe), dict(type=IdentityLeak)]
default_hooks.checkpoint.interval = 1000  # the last epoch is kept in any case
train_cfg.max_epochs = 10
optim_wrapper.optimizer.lr = 3e-3
# The image tower learns what the text tower has from the start, which tells any two
# texts apart. Trained on captions of looks it takes what they never name, AUs, for one
# text: the twelve names then have a mean cosine of 0.99, not 0.86.
optim_wrapper.paramwise_cfg = dict(custom_keys={'text_encoder': dict(lr_mult=0.0)})
