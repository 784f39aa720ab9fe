"""A config may start from an open_clip tag: no file need lie anywhere beforehand."""

import pytest

from clef_mm.engine.config import NotPreparedError, check_prepared, use_synthetic

TAG = 'open_clip:ViT-B-16-quickgelu/openai'


@pytest.mark.parametrize('key', ['weights', 'text_weights'])
def test_a_tag_is_looked_for_when_training_starts(demo_config, key):
    config = demo_config('finetune')
    config.model.weights = TAG
    config.model[key] = TAG
    check_prepared(config)
    config.model[key] = TAG.replace(':', '_')
    with pytest.raises(NotPreparedError, match='open_clip_ViT-B-16'):
        check_prepared(config)


def test_a_synthetic_run_does_not_need_it(demo_config):
    config = demo_config('finetune')
    config.model.weights = TAG
    use_synthetic(config)
    assert config.model.weights is None
