"""What stage 2 takes of the stage before: towers, and a temperature if it has one."""

import pytest
import torch

from clef_mm.models import (
    ActionUnitRecognizer,
    ActivityPretrainer,
    CaptionPretrainer,
    FacePreprocessor,
)
from clef_mm.models.encoders.weights import WeightsError, read_file
from clef_mm.models.losses import (
    ActionUnitLoss,
    CrossModalSupConLoss,
    NameDescriptionLoss,
)


@pytest.fixture
def recognizer(towers):
    """Return a function that makes a stage-2 model with other random weights."""

    def make(classes=('AU1', 'AU12'), **options):
        model = ActionUnitRecognizer(
            **towers,
            classes=classes,
            bank='action_units',
            loss_label={'type': ActionUnitLoss},
            loss_text={'type': NameDescriptionLoss},
            data_preprocessor={'type': FacePreprocessor, 'image_size': 16},
            **options,
        )
        model.init_weights()
        return model

    return make


def saved(model, path):
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, path)
    return str(path)


def equal(one, other):
    return all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(one.parameters(), other.parameters(), strict=True)
    )


@pytest.fixture
def images_alone(towers, tmp_path):
    """Stage 1 without activity texts, and its file, which has no text tower."""
    model = ActivityPretrainer(
        towers['image_encoder'],
        activities='bp4d_activities',
        loss={'type': CrossModalSupConLoss},
        text_pairs=False,
        data_preprocessor={'type': FacePreprocessor, 'image_size': 16, 'views': 2},
    )
    return model, saved(model, tmp_path / 'stage1.pth')


def test_towers_and_temperature_carry_over_to_other_labels(recognizer, tmp_path):
    """As from BP4D to DISFA: other AUs, the same towers."""
    before = recognizer(('AU1', 'AU2', 'AU24'), temperature=0.2)
    after = recognizer(('AU1', 'AU9'), weights=saved(before, tmp_path / 'bp4d.pth'))
    assert equal(after.image_encoder, before.image_encoder)
    assert equal(after.text_encoder, before.text_encoder)
    assert after.logit_scale().item() == pytest.approx(5)
    assert after.classes == ('AU1', 'AU9')


def test_the_temperature_of_captions_is_not_that_of_labels(
    recognizer, towers, tmp_path
):
    """As from CLIP or FaRL: every row of a table starts at the config's temperature."""
    pair = CaptionPretrainer(
        **towers,
        data_preprocessor={'type': FacePreprocessor, 'image_size': 16},
    )
    path = tmp_path / 'pair.pth'
    meta = {'clef_mm': {'labels': None}}
    torch.save({'state_dict': pair.state_dict(), 'meta': meta}, path)
    model = recognizer(temperature=0.2, weights=str(path))
    assert equal(model.text_encoder, pair.text_encoder)
    assert model.logit_scale().item() == pytest.approx(5)
    # Tested as it is, the pair keeps its own.
    model.load_zero_shot(read_file(path), str(path))
    assert model.logit_scale().item() == pytest.approx(1 / 0.07)


def test_the_text_tower_comes_from_a_file_of_its_own(
    recognizer, images_alone, tmp_path
):
    stage1, weights = images_alone
    pair = recognizer()
    text_weights = saved(pair, tmp_path / 'pair.pth')
    model = recognizer(weights=weights, text_weights=text_weights)
    assert equal(model.image_encoder, stage1.image_encoder)
    assert not equal(model.image_encoder, pair.image_encoder)
    assert equal(model.text_encoder, pair.text_encoder)


def test_the_text_tower_may_stay_random(recognizer, images_alone):
    stage1, weights = images_alone
    torch.manual_seed(5)
    untouched = recognizer()
    torch.manual_seed(5)
    model = recognizer(weights=weights, text_weights='random')
    assert equal(model.image_encoder, stage1.image_encoder)
    assert equal(model.text_encoder, untouched.text_encoder)


def test_a_file_without_a_text_tower_is_refused_unless_told(recognizer, images_alone):
    with pytest.raises(WeightsError, match=r'stage1\.pth'):
        recognizer(weights=images_alone[1])
