"""The generic pair: its loss against a loop, and captions that are missing."""

import pytest
import torch
import torch.nn.functional as F

from clef_mm.models import CaptionPretrainer, FacePreprocessor
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.structures import FaceSample

ARCH = dict(
    embed_dim=16,
    vision_cfg=dict(image_size=16, layers=1, width=32, head_width=16, patch_size=8),
    text_cfg=dict(context_length=77, vocab_size=49408, width=16, heads=2, layers=1),
)
CAPTIONS = ['a man with a beard', 'a smiling face', 'a bald man', 'a person']


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    return CaptionPretrainer(
        dict(type=OpenCLIPImageEncoder, arch=ARCH),
        dict(type=OpenCLIPTextEncoder, arch=ARCH),
        precision='fp32',
        data_preprocessor=dict(type=FacePreprocessor, image_size=16),
    )


def samples(captions=CAPTIONS):
    return [FaceSample(img_path=f'{c}.jpg', caption=c) for c in captions]


def test_loss_is_the_mean_of_both_directions(model):
    images = torch.randn(4, 3, 16, 16)
    found = model(images, samples(), 'loss')['loss_caption']
    with torch.no_grad():
        x = F.normalize(model.image_encoder(images), dim=1)
        t = F.normalize(model.text_encoder.encode(CAPTIONS), dim=1)
        expected = 0.0
        for i in range(4):
            row = torch.stack([x[i] @ t[j] for j in range(4)]) / 0.07
            column = torch.stack([x[j] @ t[i] for j in range(4)]) / 0.07
            expected -= (row.log_softmax(0)[i] + column.log_softmax(0)[i]) / 8
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_features_have_unit_length(model):
    given = model.eval()(torch.randn(4, 3, 16, 16), samples(), 'predict')
    for sample in given:
        assert sample.pred_features.norm() == pytest.approx(1, abs=1e-5)


def test_an_image_without_a_caption_is_named(model):
    with pytest.raises(ValueError, match=r'nothing\.jpg has no caption'):
        model(
            torch.randn(1, 3, 16, 16),
            [FaceSample(img_path='nothing.jpg')],
            'loss',
        )
