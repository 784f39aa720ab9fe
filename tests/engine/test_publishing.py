"""A published file: tested, started from and inspected like the checkpoint it was."""

import json
import re
from pathlib import Path

import pytest
import torch

from clef_mm.engine import Runner
from clef_mm.engine.epoch_choice import ON_TEST
from clef_mm.engine.provenance import KEY, SubjectLeakError
from clef_mm.engine.publishing import PublishingError, licence_note, publish
from clef_mm.engine.weight_inspection import inspect
from clef_mm.evaluation.results import ResultError
from clef_mm.models.encoders.weight_files import sha256
from clef_mm.models.encoders.weights import TOWERS_KEY, WeightsError, read_file
from clef_mm.registry import MODELS

pytestmark = pytest.mark.slow  # a run of stage 2 comes first


@pytest.fixture(scope='module')
def run(synthetic_bp4d, tmp_path_factory):
    """A small run of stage 2: its work dir."""
    return tmp_path_factory.mktemp('run') / 'stage2'


@pytest.fixture
def trained(run, demo_config):
    """The config of that run, which has been trained once."""
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    config.work_dir = str(run)
    if not run.exists():
        Runner.from_cfg(config).train()
    return config


def a_test_of(config, checkpoint, work_dir):
    config = config.copy()
    for key in ('train_cfg', 'train_dataloader', 'optim_wrapper', 'param_scheduler'):
        config.pop(key)
    for key in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        config.pop(key, None)
    config.merge_from_dict({'default_hooks.checkpoint': None})
    config.load_from, config.work_dir = str(checkpoint), str(work_dir)
    return Runner.from_cfg(config).test()


@pytest.mark.parametrize('form', ['safetensors', 'pth'])
def test_the_name_has_the_fold_and_the_hash(trained, run, tmp_path, form):
    path = publish(str(run), str(tmp_path / 'out'), form=form)
    assert re.fullmatch(rf'clef_tiny_bp4d_fold1-[0-9a-f]{{8}}\.{form}', path.name)
    assert sha256(path).startswith(path.stem.rpartition('-')[2])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize('form', ['safetensors', 'pth'])
def test_weights_and_making_are_kept_the_optimizer_is_not(trained, run, tmp_path, form):
    source = read_file(run)
    content = read_file(publish(str(run), str(tmp_path), 'mine', form=form))
    assert content.keys() == {'state_dict', 'meta'}
    assert content['state_dict'].keys() == source['state_dict'].keys()
    for key, value in content['state_dict'].items():
        assert torch.equal(value, source['state_dict'][key]), key
    meta = content['meta']
    assert 'ActionUnitRecognizer' in meta['cfg']
    assert meta[KEY]['seen_subjects'] == source['meta'][KEY]['seen_subjects']
    assert meta[TOWERS_KEY]['text']['activation'] == 'GELU'
    published = meta['published']
    assert published['fold'] == 1
    assert published['result'] is None
    assert torch.__version__.startswith(published['versions']['torch'])
    assert 'stand-ins for BP4D' in published['licence']


def test_it_is_tested_as_the_checkpoint_was(trained, run, tmp_path):
    path = publish(str(run), str(tmp_path / 'out'))
    first = a_test_of(trained, run / 'epoch_1.pth', tmp_path / 'a')
    assert a_test_of(trained, path, tmp_path / 'b') == first


def test_it_still_refuses_subjects_that_it_has_seen(trained, run, tmp_path):
    path = publish(str(run), str(tmp_path / 'out'))
    trained.test_dataloader.dataset.fold = 2
    with pytest.raises(SubjectLeakError, match='synthetic BP4D/F003'):
        a_test_of(trained, path, tmp_path / 'test')


def test_another_stage_starts_from_it(trained, run, tmp_path):
    path = publish(str(run), str(tmp_path / 'out'))
    trained.model.weights = str(path)
    model = MODELS.build(trained.model)
    model.init_weights()
    state = read_file(run)['state_dict']
    for key, value in model.image_encoder.state_dict().items():
        assert torch.equal(value, state[f'image_encoder.{key}']), key
    assert model.weights_meta[KEY]['stage'] == 'ActionUnitRecognizer'
    assert 'synthetic BP4D/F003' in model.weights_meta[KEY]['seen_subjects']


def test_another_activation_is_refused_though_all_weights_fit(trained, run, tmp_path):
    trained.model.text_encoder.arch['quick_gelu'] = True
    with pytest.raises(WeightsError, match=r'the text tower .* was trained with GELU'):
        a_test_of(trained, run / 'epoch_1.pth', tmp_path / 'test')


@pytest.fixture
def result(trained, run, tmp_path):
    """The folder of a test of the run, as tools/test.py leaves it."""
    made = read_file(run)['meta'][KEY]
    content = {
        'measured_on': 'synthetic stand-in for BP4D, test of fold 1',
        'notice': 'SYNTHETIC DATA',
        'metrics': {'au_f1/AU1': 0.25, 'au_f1/mean': 0.5},
        'protocol': {
            'checkpoint': 'elsewhere/epoch_1.pth',
            'threshold': {'rule': 'fixed', 'values': {'AU1': 0.5}},
            'trained': json.loads(json.dumps(made)),
        },
    }
    folder = tmp_path / 'test'
    folder.mkdir()
    (folder / 'metrics.json').write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize('file', ['', 'metrics.json'])
def test_a_result_goes_along_with_its_protocol(run, result, tmp_path, file):
    path = publish(
        str(run / 'epoch_1.pth'), str(tmp_path / 'out'), result=str(result / file)
    )
    kept = read_file(path)['meta']['published']['result']
    assert kept['metrics'] == {'au_f1/AU1': 0.25, 'au_f1/mean': 0.5}
    assert kept['protocol']['threshold']['rule'] == 'fixed'
    assert 'trained' not in kept['protocol']  # stands beside it already
    said = inspect(str(path))
    assert 'result     synthetic stand-in for BP4D, test of fold 1: au_f1/mean' in said
    assert 'notice     SYNTHETIC DATA' in said


def test_an_epoch_chosen_on_test_frames_stays_flagged(run, result, tmp_path):
    file = result / 'metrics.json'
    content = json.loads(file.read_text())
    content['protocol'].update(
        epoch_rule=ON_TEST, oracle=['epoch chosen on the test frames']
    )
    file.write_text(json.dumps(content))
    path = publish(str(run / 'epoch_1.pth'), str(tmp_path / 'out'), result=str(result))
    said = inspect(str(path))
    assert 'rule       epoch: best on test' in said
    assert 'oracle     ORACLE, not comparable: epoch chosen on the test frames' in said
    again = publish(str(path), str(tmp_path / 'again'))
    assert read_file(again)['meta'][KEY]['epoch_rule'] == ON_TEST


@pytest.mark.parametrize('change', ['checkpoint', 'trained'])
def test_the_result_of_another_checkpoint_is_refused(run, result, tmp_path, change):
    file = result / 'metrics.json'
    content = json.loads(file.read_text())
    if change == 'checkpoint':
        content['protocol']['checkpoint'] = 'elsewhere/epoch_7.pth'
    else:
        content['protocol']['trained']['seed'] = 7
    file.write_text(json.dumps(content))
    with pytest.raises(PublishingError, match=r'is the result of .*, not of .*epoch_1'):
        publish(str(run / 'epoch_1.pth'), str(tmp_path / 'out'), result=str(result))
    assert not (tmp_path / 'out').exists()


def test_a_missing_result_is_refused(trained, run, tmp_path):
    with pytest.raises(ResultError, match=r'there is no .*metrics\.json'):
        publish(str(run), str(tmp_path / 'out'), result=str(tmp_path / 'none'))


def test_the_rule_of_the_epoch_outlives_the_work_dir(trained, run, tmp_path):
    """Of a work dir that is published which is tested: the best, if it keeps one."""
    best = publish(str(run), str(tmp_path / 'a'))
    last = publish(str(run / 'epoch_1.pth'), str(tmp_path / 'b'))
    again = publish(str(best), str(tmp_path / 'c'))
    rules = [read_file(path)['meta'][KEY]['epoch_rule'] for path in (best, last, again)]
    assert rules == ['best on validation', 'last', 'best on validation']


def test_bare_weights_are_not_published(tmp_path):
    torch.save({'visual.proj': torch.ones(1)}, tmp_path / 'clip.pth')
    with pytest.raises(
        PublishingError, match=r'clip\.pth does not say how it was made'
    ):
        publish(str(tmp_path / 'clip.pth'), str(tmp_path / 'out'))
    with pytest.raises(WeightsError, match='no checkpoint was written'):
        publish(str(tmp_path), str(tmp_path / 'out'))


def test_whose_licences_apply():
    start = {
        'dataset': 'BP4D',
        'start_weights': 'FaRL-ep64.pth',
        'start': {},
        'synthetic': False,
    }
    made = {'dataset': 'DISFA', 'start_weights': 'epoch_5.pth', 'synthetic': False}
    note = licence_note({**made, 'start': start})
    assert 'licences of BP4D, DISFA, and of the weights FaRL-ep64.pth' in note
    assert 'weights' not in licence_note({**made, 'start': {}, 'start_weights': None})


# Inspection


def test_inspection_says_what_a_reader_asks(trained, run):
    said = inspect(str(run))
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert lines['file'].startswith(str(run / 'epoch_1.pth'))
    assert lines['sha256'] == sha256(run / 'epoch_1.pth')
    assert lines['naming'] == 'CLEF-MM'
    assert 'features of 16, GELU' in lines['text']
    assert lines['beside'] == 'logit_scale.log'
    assert lines['trained'].startswith('ActionUnitRecognizer by ')
    assert lines['epoch'] == '1'
    assert lines['labels'].startswith('AU1, AU2, AU4, ')
    assert 'BP4D train of fold 1' in lines['data']
    assert 'as released' in lines['crop']
    assert lines['start'] == 'random weights'


def test_a_changed_file_no_longer_bears_its_name(trained, run, tmp_path):
    path = publish(str(run), str(tmp_path))
    assert ', as its name says' in inspect(str(path))
    other = Path(tmp_path, 'clef-00000000.safetensors')
    path.rename(other)
    assert 'NOT 00000000 as its name says' in inspect(str(other))


def test_inspection_of_foreign_files(tmp_path):
    torch.save({'conv1.weight': torch.ones(1)}, tmp_path / 'other.pth')
    said = inspect(str(tmp_path / 'other.pth'))
    assert 'naming     unknown: no tower found' in said
    assert 'image      none' in said
    assert 'beside     conv1.weight' in said
    torch.save({'visual.proj': torch.ones(4, 2).half()}, tmp_path / 'clip.pth')
    said = inspect(str(tmp_path / 'clip.pth'))
    assert 'float16, activation not stored: the config must know it' in said
    assert 'text       none' in said
    torch.save({'visual.proj': torch.ones(1), 'vocab_size': 1}, tmp_path / 'oai.pth')
    assert 'in float32, QuickGELU' in inspect(str(tmp_path / 'oai.pth'))
