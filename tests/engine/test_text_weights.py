"""A text tower with a file of its own: whom that file has seen counts too."""

import pytest
import torch

from clef_mm.engine import Runner
from clef_mm.engine.provenance import KEY, SubjectLeakError
from clef_mm.registry import MODELS


def test_people_seen_by_the_text_towers_file_are_not_tested(demo_config, tmp_path):
    config = demo_config('finetune')
    state = MODELS.build(config.model).state_dict()
    for name, seen in (('images', []), ('texts', ['synthetic BP4D/F001'])):
        meta = {KEY: {'seen_subjects': seen}}
        torch.save({'state_dict': state, 'meta': meta}, tmp_path / f'{name}.pth')
    config.model.weights = str(tmp_path / 'images.pth')
    config.model.text_weights = str(tmp_path / 'texts.pth')
    with pytest.raises(SubjectLeakError, match='synthetic BP4D/F001'):
        Runner.from_cfg(config).train()
