"""A recipe of two stages and two folds that runs in seconds, in a folder of its own."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Of the subjects that tests/conftest.py renders.
PARTS = [['F001', 'F003', 'M001', 'M002'], ['F002', 'F004', 'M003', 'M004']]

_STAGE = """
from mmengine.config import read_base

with read_base():
    from ..configs._base_.datasets.{data} import *
    from ..configs._base_.default_runtime import *
    from ..configs._base_.models.{model} import *
    from ..configs._base_.schedules.{schedule} import *

_arch = dict(
    embed_dim=16,
    vision_cfg=dict(timm_model_name='test_resnet', image_size=32),
    text_cfg=dict(context_length=77, vocab_size=49408, width=16, heads=2, layers=1),
)
_data = dict(
    preset='own/parts.json',
    every=2,
    pipeline=[dict(type=LoadFace, size=32), dict(type=PackFace)],
)
fold = 1
custom_hooks = []
model.image_encoder.arch = _arch
model.text_encoder.arch = _arch
model.weights = {weights}
model.data_preprocessor.image_size = 32
train_dataloader.update(num_workers=0, batch_size=16)
train_dataloader.dataset.update(_data)
test_dataloader.num_workers = 0
test_dataloader.dataset.update(_data)
train_cfg.max_epochs = 2
"""


def write_recipe(folder, data_root):
    """Write it, with its two stages, into ``folder/own``; return its path there."""
    own = folder / 'own'
    own.mkdir()
    (folder / 'configs').symlink_to(ROOT / 'configs')
    (folder / 'data').mkdir()
    (folder / 'data/bp4d').symlink_to(data_root)
    (own / 'parts.json').write_text(json.dumps(dict(dataset='BP4D', parts=PARTS)))
    (own / 'first.py').write_text(
        _STAGE.format(
            data='bp4d_activities',
            model='clef_pretrain',
            schedule='pretrain',
            weights=None,
        )
        + 'train_dataloader.sampler.block = 2\n'
    )
    (own / 'second.py').write_text(
        _STAGE.format(
            data='bp4d_aus',
            model='clef_action_units',
            schedule='finetune',
            weights="'work_dirs/first_fold{fold}'",
        )
    )
    return write(own, folds=[1, 2])


def write(own, name='recipe', stages=('first.py', 'second.py'), **entries):
    """Write a recipe of these stages."""
    lines = dict(name='tiny', stages=list(stages), **entries)
    path = own / f'{name}.py'
    path.write_text(''.join(f'{key} = {value!r}\n' for key, value in lines.items()))
    return path.relative_to(own.parent)
