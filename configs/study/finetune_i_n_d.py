"""Study, stage 2: 12 AUs by names and descriptions (I + N + D).

Command  python tools/train.py configs/study/finetune_i_n_d.py
Data     data/synthetic/bp4d as for the demo, and configs/study/pretrain_pa_pi.py
Expect   docs/study.md
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.models.study_pair import *
    from .._base_.schedules.finetune import *

_data = dict(
    data_root='data/synthetic/bp4d',
    pipeline=[dict(type=LoadFace, size=48), dict(type=PackFace)],
)

fold = 1
model.image_encoder.update(_study_image)
model.text_encoder.arch = _study_pair
model.weights = 'work_dirs/pretrain_pa_pi_fold{fold}'
# The paper leaves the first temperature open. At CLIP's 0.07 all AUs begin as present,
# since the texts lie close together, and the images are torn away from them at once.
model.temperature = 0.2
model.data_preprocessor.image_size = 48
train_dataloader.update(num_workers=0, batch_size=32)
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
train_cfg.max_epochs = 3
default_hooks.checkpoint.interval = 1000  # the last epoch is kept in any case
optim_wrapper.optimizer.lr = 4e-3
