"""The prompt study: its scores against separate tests, its choice, its files."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from small_configs import ROOT, small_config

from clef_mm.engine.application import evaluate, train
from clef_mm.engine.epoch_choice import ON_TEST, ORACLE_EPOCH
from clef_mm.engine.hooks.run_plan_hook import LabelMismatchError
from clef_mm.engine.prompt_report import as_csv, as_record, as_table, write_study
from clef_mm.engine.prompt_study import (
    ORACLE,
    PromptScore,
    PromptStudy,
    PromptStudyError,
    study_prompts,
)
from clef_mm.engine.provenance import SubjectLeakError
from clef_mm.evaluation.results import to_json
from clef_mm.models.encoders import OpenCLIPImageEncoder
from clef_mm.prompts import PromptBankError, TextChoice

PROTOCOL = {
    **{'dataset': 'BP4D', 'split': 'test', 'fold': 1, 'synthetic': False},
    'checkpoint': 'epoch_1.pth',
}


def row(score, kind='description', template=0, **by_class):
    choice = TextChoice(kind, template)
    classes = {'AU1': score, 'AU2': score, **by_class}
    return PromptScore('action_units', choice, f'text {template}', score, classes)


def study(scores, default=0, split='test'):
    rows = tuple(row(score, template=index) for index, score in enumerate(scores))
    protocol = {**PROTOCOL, 'split': split}
    return PromptStudy('mean F1 at 0.5', split, rows, rows[default], protocol)


def test_best_worst_and_spread():
    found = study([0.5, 0.7, 0.2])
    assert (found.best.score, found.worst.score) == (0.7, 0.2)
    assert found.spread == pytest.approx(0.5)


def test_spread_of_each_class():
    rows = (row(0.5, AU1=0.1), row(0.4, template=1, AU1=0.9), row(0.3, template=2))
    found = PromptStudy('f1', 'test', rows, rows[0], PROTOCOL).spread_by_class()
    assert found == pytest.approx({'AU1': 0.8, 'AU2': 0.2})


def test_a_class_without_images_matters_to_no_summary():
    rows = [
        row(score, template=index, AU1=float('nan'), AU2=score)
        for index, score in enumerate([0.5, 0.7])
    ]
    found = PromptStudy('accuracy', 'test', tuple(rows), rows[0], PROTOCOL)
    assert 'the texts matter most to AU2, spread 20.00' in as_table(found)
    assert json.loads(to_json(as_record(found)))['spread_by_class']['AU1'] is None


@pytest.mark.parametrize(
    ('scores', 'default', 'split', 'flagged'),
    [
        ([0.5, 0.7, 0.2], 0, 'test', [1]),
        ([0.5, 0.7, 0.2], 0, 'val', []),
        ([0.5, 0.7, 0.2], 1, 'test', []),
        ([0.7, 0.5, 0.7], 2, 'test', []),  # of equal ones the default was not chosen
    ],
)
def test_only_a_choice_made_on_the_test_frames_is_an_oracle(
    scores, default, split, flagged
):
    found = study(scores, default, split)
    assert [i for i, one in enumerate(found.scores) if found.oracle(one)] == flagged
    assert ('ORACLE' in as_table(found)) is bool(flagged)
    assert (ORACLE in as_csv(found)) is bool(flagged)
    assert as_record(found)['best']['oracle'] == ([ORACLE] if flagged else [])


def test_weights_of_an_epoch_chosen_on_the_test_frames_flag_every_score():
    found = study([0.5, 0.7])
    found.protocol['epoch_rule'] = ON_TEST
    assert [len(found.oracle(one)) for one in found.scores] == [1, 2]
    assert f'{ORACLE}; {ORACLE_EPOCH}' in as_table(found)


def test_the_table_says_how_to_test_what_validation_chose():
    printed = as_table(study([0.5, 0.7], split='val'))
    assert (
        '--cfg-options model.bank=action_units model.test_texts=description' in printed
    )
    assert 'cfg-options' not in as_table(study([0.5, 0.7], split='test'))
    assert 'SYNTHETIC' not in printed


def test_the_files_hold_every_score(tmp_path):
    found = study([0.5, 0.7, 0.2])
    table, record = write_study(found, tmp_path)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [float(one['mean F1 at 0.5']) for one in rows] == [0.5, 0.7, 0.2]
    assert [float(one['AU2']) for one in rows] == [0.5, 0.7, 0.2]
    assert [one['default'] for one in rows] == ['yes', '', '']
    content = json.loads(record.read_text())
    assert [one['score'] for one in content['choices']] == [0.5, 0.7, 0.2]
    assert content['spread'] == pytest.approx(0.5)
    assert content['protocol']['checkpoint'] == 'epoch_1.pth'
    assert to_json(as_record(found)).count('"default": true') == 2


# With a model


@pytest.fixture(scope='module')
def trained(synthetic_bp4d, tmp_path_factory):
    """A model of 12 AUs that held two subjects out, its config, and another bank."""
    folder = tmp_path_factory.mktemp('study')
    config = small_config(
        'clef/clef_vitb16_bp4d',
        synthetic_bp4d,
        folder,
        **{'train_dataloader.dataset.hold_out': 2},
    )
    train(config)
    bank = yaml.safe_load(
        (ROOT / 'clef_mm/prompts/banks/action_units.yaml').read_text()
    )
    bank['templates'] = {'name': ['{name}', 'look at this: {name}']}
    bank['absence'] = {'name': 'nothing'}
    for fields in bank['classes'].values():
        del fields['description']
    (folder / 'plain.yaml').write_text(yaml.safe_dump(bank, sort_keys=False))
    return config, str(folder / 'clef_vitb16_bp4d'), str(folder / 'plain.yaml')


@pytest.mark.slow
@pytest.mark.parametrize('options', [[], ['model.test_absence=True']])
def test_scores_are_those_of_separate_tests(trained, tmp_path, options):
    config, checkpoint, bank = trained
    found, _ = study_prompts(config, checkpoint, [bank], options=options)
    # name; 8 descriptions and their mean; 2 plain names and their mean
    assert len(found.scores) == 1 + 9 + 3
    assert found.default is found.scores[0]
    for one in found.scores[::4]:
        metrics = evaluate(
            config,
            checkpoint,
            options=[*options, *one.options()],
            work_dir=str(tmp_path),
        )
        assert metrics['au_f1/mean'] == pytest.approx(one.score, abs=1e-12)
        for name, value in one.by_class.items():
            assert metrics[f'au_f1/{name}'] == pytest.approx(value, abs=1e-12)
    assert len({one.score for one in found.scores}) > 1


@pytest.mark.slow
def test_images_are_encoded_once(trained, monkeypatch):
    config, checkpoint, bank = trained
    seen = []
    forward = OpenCLIPImageEncoder.forward
    monkeypatch.setattr(
        OpenCLIPImageEncoder,
        'forward',
        lambda self, images: seen.append(len(images)) or forward(self, images),
    )
    found, _ = study_prompts(config, checkpoint, [bank])
    assert sum(seen) == found.protocol['frames']


@pytest.mark.slow
def test_the_choice_can_be_made_on_people_held_out(trained):
    config, checkpoint, _ = trained
    found, folder = study_prompts(config, checkpoint, split='val')
    assert found.protocol['split'] == 'val'
    assert found.protocol['subjects'] == ['F007']  # of two: the tree has no other
    tested, _ = study_prompts(config, checkpoint)
    assert not set(tested.protocol['subjects']) & set(found.protocol['subjects'])
    assert folder.name == 'prompt_study'


@pytest.mark.slow
def test_other_people_held_out_than_in_training_are_refused(trained):
    config, checkpoint, _ = trained
    with pytest.raises(SubjectLeakError, match='--split val would choose by'):
        study_prompts(
            config,
            checkpoint,
            split='val',
            options=['train_dataloader.dataset.hold_out=3'],
        )


@pytest.mark.slow
def test_the_configured_texts_are_the_default(trained):
    config, checkpoint, _ = trained
    options = ['model.test_texts=description', 'model.test_template=all']
    found, _ = study_prompts(config, checkpoint, options=options)
    assert found.default.choice == TextChoice('description', 'all', 0)
    # The grid, and the mean over templates that only the config asks for.
    assert len(found.scores) == 1 + 9 + 1
    assert np.isfinite(found.spread)


@pytest.mark.slow
def test_banks_that_lack_a_class_are_refused_before_any_image(trained, monkeypatch):
    config, checkpoint, _ = trained
    monkeypatch.setattr(OpenCLIPImageEncoder, 'forward', None)
    with pytest.raises(PromptBankError, match=r"expressions\.yaml: no class 'AU1'"):
        study_prompts(config, checkpoint, ['expressions'])


@pytest.mark.slow
def test_a_bank_that_says_nothing_of_absence_is_refused_where_it_is_asked_for(
    trained, tmp_path, monkeypatch
):
    config, checkpoint, bank = trained
    content = yaml.safe_load(Path(bank).read_text())
    del content['absence']
    (tmp_path / 'mine.yaml').write_text(yaml.safe_dump(content, sort_keys=False))
    monkeypatch.setattr(OpenCLIPImageEncoder, 'forward', None)
    with pytest.raises(PromptStudyError, match=r"mine\.yaml has no 'absence'"):
        study_prompts(
            config,
            checkpoint,
            [str(tmp_path / 'mine.yaml')],
            options=['model.test_absence=True'],
        )


@pytest.mark.slow
def test_validation_images_of_other_labels_are_refused(trained):
    config, checkpoint, _ = trained
    with pytest.raises(LabelMismatchError, match='the model has au_names AU1, AU2'):
        study_prompts(
            config,
            checkpoint,
            split='val',
            options=['train_dataloader.dataset.au_names=[AU2,AU1]'],
        )


@pytest.mark.slow
def test_a_model_without_texts_has_nothing_to_study(synthetic_bp4d, tmp_path):
    config = small_config('farl/farl_i_vitb16_bp4d', synthetic_bp4d, tmp_path)
    with pytest.raises(PromptStudyError, match='without texts of its labels'):
        study_prompts(config, 'anything.pth')
