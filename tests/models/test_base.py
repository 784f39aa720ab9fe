"""What both stages share: modes, precision, the objective and starting weights."""

import pytest
import torch
from torch import nn

from clef_mm.models import FacePreprocessor
from clef_mm.models.base import ImageTextModel
from clef_mm.models.encoders import OpenCLIPImageEncoder
from clef_mm.models.encoders.weights import WeightsError


class ToyEncoder(nn.Module):
    """A linear image tower."""

    embed_dim, image_size = 4, 8

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 8 * 8, 4)

    def forward(self, images):
        return self.linear(images.flatten(1))


class ToyModel(ImageTextModel):
    """Its parts are what the test says."""

    def __init__(self, parts, **arguments):
        given = {
            'image_encoder': {'type': ToyEncoder},
            'text_encoder': None,
            'weights': None,
            'precision': 'fp32',
            'data_preprocessor': None,
        }
        super().__init__(**{**given, **arguments})
        self.parts = parts

    def loss(self, features, samples):
        self.seen = features, samples
        return {name: part * features.sum() for name, part in self.parts.items()}

    def predict(self, features, samples):
        for row, sample in enumerate(samples):
            sample.pred_features = features[row]
        return samples


def tensors(**values):
    return {name: torch.tensor(value) for name, value in values.items()}


def test_modes(faces):
    model, data = ToyModel({'loss_a': 2.0, 'loss_b': 3.0}), faces(2, size=8)
    images, samples = torch.randn(2, 3, 8, 8), data['data_samples']
    features = model(images)
    assert torch.equal(features, model.image_encoder(images))
    assert torch.equal(model(images, samples, mode='tensor'), features)
    losses = model(images, samples, mode='loss')
    torch.testing.assert_close(losses['loss_b'], 3 * features.sum())
    assert model.seen[1] is samples
    assert model(images, samples, mode='predict') is samples
    assert torch.equal(samples[1].pred_features, features[1])


@pytest.mark.parametrize('mode', ['train', '', 'Loss'])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(ValueError, match=f"'predict' or 'tensor', got {mode}"):
        ToyModel({})(torch.zeros(1, 3, 8, 8), mode=mode)


@pytest.mark.parametrize(
    ('asked', 'dtype'), [('bf16', torch.bfloat16), ('fp32', torch.float32)]
)
def test_the_tower_runs_in_the_precision_asked_for(asked, dtype, faces):
    model, seen = ToyModel({'loss_a': 1.0}, precision=asked), []
    model.image_encoder.linear.register_forward_hook(
        lambda module, given, made: seen.append(made.dtype)
    )
    images, samples = torch.zeros(2, 3, 8, 8), faces(2)['data_samples']
    for mode in ('loss', 'predict', 'tensor'):
        model(images, samples, mode=mode)
    assert seen == [dtype] * 3
    assert model.image_encoder.linear.weight.dtype == torch.float32


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match=r"'auto', 'bf16', 'fp32'.*got fp16"):
        ToyModel({}, precision='fp16')


def test_preprocessor_and_tower_must_agree_on_the_image_size():
    preprocessor = {'type': FacePreprocessor, 'image_size': 8}
    ToyModel({}, data_preprocessor=preprocessor)
    preprocessor['image_size'] = 224
    with pytest.raises(ValueError, match=r'image_size=224, .* takes 8 pixels'):
        ToyModel({}, data_preprocessor=preprocessor)


def test_the_objective_is_the_sum_of_its_parts():
    total, log = ToyModel({}).parse_losses(
        tensors(loss_image=1.5, loss_text=2.25, accuracy=40.0)
    )
    assert total == 3.75
    assert log == tensors(loss=3.75, loss_image=1.5, loss_text=2.25, accuracy=40.0)
    assert next(iter(log)) == 'loss'


def test_the_sum_can_be_learnt_from_and_the_log_cannot():
    parts = {name: torch.ones((), requires_grad=True) for name in ('loss_a', 'loss_b')}
    total, log = ToyModel({}).parse_losses(parts)
    total.backward()
    assert [part.grad for part in parts.values()] == [1, 1]
    assert not any(value.requires_grad for value in log.values())


@pytest.mark.parametrize(
    'losses',
    [
        {'loss_a': 1.0, 'closs_weight': 3.0},
        {'loss_a': 1.0, 'loss': 1.0},
        {'loss_a': 1.0, 'text_loss': 1.0},
        {'accuracy': 1.0},
        {},
    ],
)
def test_a_name_that_mmengine_would_also_sum_is_refused(losses):
    with pytest.raises(ValueError, match=r"must be named 'loss_\*'") as caught:
        ToyModel({}).parse_losses(tensors(**losses))
    assert str(sorted(losses)) in str(caught.value)


# Starting weights


@pytest.fixture
def clip_file(arch, towers, tmp_path):
    """A checkpoint of another image tower, and what it holds."""
    tower = OpenCLIPImageEncoder(arch).state_dict()
    state = {f'image_encoder.{key}': value for key, value in tower.items()}
    path = tmp_path / 'start.pth'
    torch.save({'state_dict': state, 'meta': {'epoch': 5}}, path)
    return str(path), tower


def test_weights_are_read_when_training_starts(towers, clip_file):
    path, expected = clip_file
    model = ToyModel({}, weights=path, image_encoder=towers['image_encoder'])
    tower = model.image_encoder.state_dict()
    assert any(not torch.equal(tower[key], expected[key]) for key in expected)
    assert model.weights_meta == {}
    model.init_weights()
    for key, value in model.image_encoder.state_dict().items():
        assert torch.equal(value, expected[key])
    assert model.weights_meta == {'epoch': 5}


def test_both_towers_take_their_part(towers, clip_file):
    path, _ = clip_file  # holds no text tower
    with pytest.raises(WeightsError, match=r'start\.pth \(text tower\).*missing'):
        ToyModel({}, weights=path, **towers).init_weights()


def test_a_missing_file_stops_training_and_not_testing(tmp_path):
    model = ToyModel({}, weights=str(tmp_path / 'none.pth'))
    model.eval()(torch.zeros(1, 3, 8, 8))
    with pytest.raises(WeightsError, match=r'none\.pth'):
        model.init_weights()


def test_a_loaded_timm_tower_survives_the_start_of_training(arch):
    arch['vision_cfg'] = {'timm_model_name': 'test_vit', 'image_size': 32}
    model = ToyModel({}, image_encoder={'type': OpenCLIPImageEncoder, 'arch': arch})
    # mmengine would call this method, which draws all weights anew.
    assert hasattr(model.image_encoder.tower.trunk, 'init_weights')
    before = {k: v.clone() for k, v in model.state_dict().items()}
    model.init_weights()
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key
