"""Testing labels, names and descriptions that were not trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from small_configs import ARCH, ROOT, small_config

from clef_mm.datasets.synthetic import (
    write_affectnet,
    write_disfa,
    write_ferplus,
    write_rafdb,
)
from clef_mm.engine.application import evaluate, train
from clef_mm.engine.config import load_config
from clef_mm.engine.provenance import KEY
from clef_mm.models.encoders.architecture import build_image_tower, build_text_tower
from clef_mm.models.encoders.weights import WeightsError, read_file
from clef_mm.prompts import load_bank

pytestmark = pytest.mark.slow

UNTRAINED = [
    f'{who}_{data}'
    for who in ('clip', 'farl')
    for data in ('rafdb', 'ferplus', 'affectnet8', 'bp4d')
]


@pytest.fixture(scope='module')
def roots(synthetic_bp4d, tmp_path_factory):
    """Small rendered trees by the last word of a config's name."""
    made = tmp_path_factory.mktemp('trees')
    write_rafdb(made / 'rafdb', n_train=40, n_test=20, size=32, workers=1)
    write_ferplus(made / 'ferplus', n_train=40, n_val=16, n_test=20, workers=1)
    write_affectnet(made / 'affectnet', n_train=22, val_per_class=2, size=48, workers=1)
    return {
        'rafdb': made / 'rafdb',
        'ferplus': made / 'ferplus',
        'affectnet8': made / 'affectnet',
        'bp4d': synthetic_bp4d,
    }


@pytest.fixture(scope='module')
def towers(tmp_path_factory):
    """A file in OpenAI's naming, as FaRL and CLIP are."""
    torch.manual_seed(0)
    image, text = build_image_tower(ARCH), build_text_tower(ARCH)
    state = {f'visual.{key}': value for key, value in image.state_dict().items()}
    state |= text.state_dict()
    state['logit_scale'] = torch.tensor(100.0).log()
    path = tmp_path_factory.mktemp('weights') / 'towers.pth'
    torch.save({'state_dict': state}, path)
    return str(path)


@pytest.fixture(scope='module')
def of_aus(roots, tmp_path_factory):
    """The work dir of a model of 12 AUs, trained with texts for an epoch."""
    folder = tmp_path_factory.mktemp('aus')
    train(small_config('clef/clef_vitb16_bp4d', roots['bp4d'], folder))
    return folder / 'clef_vitb16_bp4d'


def result_of(config, checkpoint, **arguments):
    metrics = evaluate(config, str(checkpoint), **arguments)
    folder = Path(load_config(config).work_dir, 'test')
    return metrics, json.loads((folder / 'metrics.json').read_text())['protocol']


def test_a_checkpoint_states_its_labels(of_aus):
    labels = read_file(of_aus)['meta'][KEY]['labels']
    units = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
    assert labels == {'kind': 'au_names', 'names': [f'AU{unit}' for unit in units]}


@pytest.mark.parametrize('name', UNTRAINED)
def test_towers_are_tested_as_they_are(name, roots, towers, tmp_path):
    data = name.partition('_')[2]
    config = small_config(f'zero_shot/{name}', roots[data], tmp_path)
    metrics, protocol = result_of(config, towers)
    assert all(0 <= value <= 1 for value in metrics.values() if not np.isnan(value))
    assert protocol['texts']['zero_shot'] is True
    assert protocol['texts']['kind'] == 'name'
    assert ('texts_of_absence' in protocol['texts']) is (data == 'bp4d')
    assert protocol['labels'] == list(load_config(config).model.classes)


@pytest.mark.parametrize('who', ['clef', 'farl'])
@pytest.mark.parametrize('data', ['rafdb', 'ferplus'])
def test_a_model_of_aus_is_asked_for_expressions(who, data, of_aus, roots, tmp_path):
    name = f'zero_shot/{who}_aus_to_{data}'
    config = small_config(name, roots[data], tmp_path)
    metrics, protocol = result_of(config, of_aus)
    assert 'expression/accuracy' in metrics
    texts = protocol['texts']
    assert (texts['kind'], texts['template'], texts['wording']) == (
        *('description', 'all', 'all'),
    )
    bank = load_bank('expressions')
    assert {len(own) for own in texts['texts'].values()} == {bank.count('description')}
    assert protocol['trained']['labels']['kind'] == 'au_names'


@pytest.mark.parametrize('who', ['clef', 'farl'])
@pytest.mark.parametrize('data', ['rafdb', 'ferplus'])
def test_expressions_are_asked_for_that_were_held_back(who, data, roots, tmp_path):
    seen = small_config(f'zero_shot/{who}_seen_{data}', roots[data], tmp_path)
    train(seen)
    unseen = small_config(f'zero_shot/{who}_unseen_{data}', roots[data], tmp_path)
    _, protocol = result_of(unseen, tmp_path / f'{who}_seen_{data}')
    trained = protocol['trained']['labels']['names']
    assert trained == load_config(seen).model.classes
    assert not set(trained) & set(protocol['labels'])
    whole = {'rafdb': 7, 'ferplus': 8}[data]
    assert set(trained) | set(protocol['labels']) == set(
        load_bank('expressions').classes[:whole]
    )


def test_other_labels_are_refused_unless_the_config_says_so(of_aus, roots, tmp_path):
    config = small_config('clef/clef_vitb16_rafdb', roots['rafdb'], tmp_path)
    with pytest.raises(WeightsError) as refused:
        evaluate(config, str(of_aus))
    for text in ('au_names AU1, AU2', 'expressions neutral, ', 'model.zero_shot=True'):
        assert text in str(refused.value)
    evaluate(config, str(of_aus), options=['model.zero_shot=True'])


def test_a_linear_layer_of_other_labels_is_refused(of_aus, roots, tmp_path):
    config = small_config('farl/farl_i_vitb16_rafdb', roots['rafdb'], tmp_path)
    with pytest.raises(WeightsError, match='only texts can ask for other labels'):
        evaluate(config, str(of_aus))


def test_towers_alone_are_refused_by_a_model_that_was_to_be_trained(
    towers, roots, tmp_path
):
    for name in ('clef/clef_vitb16_rafdb', 'farl/farl_i_vitb16_rafdb'):
        config = small_config(name, roots['rafdb'], tmp_path)
        with pytest.raises(WeightsError, match=r'towers\.pth.*see configs/zero_shot'):
            evaluate(config, towers)


def test_some_of_the_labels_trained_on_need_no_leave(of_aus, roots, tmp_path):
    few = ['AU12', 'AU1']
    options = {
        'model.classes': few,
        'test_dataloader.dataset.au_names': few,
        'train_dataloader.dataset.au_names': few,
    }
    config = small_config('clef/clef_vitb16_bp4d', roots['bp4d'], tmp_path, **options)
    metrics, protocol = result_of(config, of_aus)
    assert protocol['labels'] == few
    assert 'au_f1/AU12' in metrics


def test_a_run_is_not_resumed_with_some_of_its_labels(of_aus, roots, tmp_path):
    few = ['AU12', 'AU1']
    config = small_config(
        'clef/clef_vitb16_bp4d',
        roots['bp4d'],
        tmp_path,
        **{
            'model.classes': few,
            'train_dataloader.dataset.au_names': few,
            'test_dataloader.dataset.au_names': few,
        },
    )
    with pytest.raises(WeightsError, match='was trained on au_names AU1, AU2'):
        train(config, work_dir=str(of_aus), resume=True)


def test_a_trained_model_is_tested_with_a_bank_of_ones_own(of_aus, roots, tmp_path):
    bank = (ROOT / 'clef_mm/prompts/banks/action_units.yaml').read_text()
    mine = tmp_path / 'my_bank.yaml'
    mine.write_text(bank.replace('a photo of a person with {name}', 'look, {name}!'))
    config = small_config('clef/clef_vitb16_bp4d', roots['bp4d'], tmp_path)
    before, _ = result_of(config, of_aus)
    after, protocol = result_of(config, of_aus, options=[f'model.bank={mine}'])
    assert before != after
    assert protocol['texts']['bank'] == str(mine)
    assert protocol['texts']['texts']['AU1'] == ['look, inner brow raiser!']
    assert protocol['texts']['zero_shot'] is False


def test_intensities_are_learnt_and_tested_as_labels(tmp_path):
    subjects = ['SN001', 'SN002', 'SN009', 'SN003', 'SN004']
    root = tmp_path / 'disfa'
    write_disfa(
        root,
        subjects=subjects,
        frames_per_video=20,
        size=32,
        cameras=['left'],
        landmarks=False,
        workers=1,
    )
    config = small_config('clef/clef_vitb16_disfa_intensity', root, tmp_path)
    train(config)
    metrics, protocol = result_of(config, tmp_path / 'clef_vitb16_disfa_intensity')
    assert {'au_f1/AU12 low', 'au_f1/AU12 high'} <= set(metrics)
    assert protocol['texts']['texts']['AU12 low'] == [
        'a photo of a person with lip corner puller with low intensity'
    ]
