"""CLEF stage 2, ViT-B/16, 8 AUs at a low and at a high intensity, DISFA.

Command  python tools/train.py configs/clef/clef_vitb16_disfa_intensity.py
Data     data/disfa (DISFA as released) and the BP4D model of the same fold
Expect   no published number: the poster names the phrases 'with low intensity' and
         'with high intensity' as an extension

Low is intensity 2, high 3 to 5: together they are what counts as present in Table 3,
where the faintest trace, intensity 1, counts as absent.
"""

from mmengine.config import read_base

with read_base():
    from .clef_vitb16_disfa import *

_levels = dict(low=2, high=3)
model.bank = 'action_unit_intensities'
model.classes = [f'{unit} {level}' for unit in model.classes for level in _levels]
train_dataloader.dataset.levels = _levels
test_dataloader.dataset.levels = _levels
