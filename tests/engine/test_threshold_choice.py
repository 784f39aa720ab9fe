"""Where thresholds come from, and whom they may be tuned on."""

from types import SimpleNamespace

import pytest
from mmengine.config import Config

from clef_mm.engine.config import ConfigError
from clef_mm.engine.provenance import SubjectLeakError
from clef_mm.engine.threshold_choice import (
    action_unit_metric,
    add_validation,
    read_choice,
    set_thresholds,
)
from clef_mm.evaluation import ActionUnitF1, ExpressionAccuracy


@pytest.mark.parametrize(
    ('text', 'choice'),
    [
        (None, None),
        ('0.5', 0.5),
        (0.25, 0.25),
        ('validation', 'validation'),
        ('oracle', 'oracle'),
    ],
)
def test_choices_are_read(text, choice):
    assert read_choice(text) == choice


@pytest.mark.parametrize('text', ['best', '50', '-0.1', 'nan', ''])
def test_other_choices_are_refused(text):
    with pytest.raises(ConfigError, match='0 to 1, validation or oracle'):
        read_choice(text)


def config(**changes):
    train = {'type': 'BP4D', 'fold': 1, 'split': 'train', 'hold_out': 3}
    test = {'type': 'BP4D', 'fold': 1, 'split': 'test', 'pipeline': ['of the test']}
    return Config(
        {
            'train_dataloader': {
                'batch_size': 64,
                'dataset': {**train, 'pipeline': ['of training']},
            },
            'test_dataloader': {'batch_size': 128, 'dataset': test},
            'test_evaluator': {'type': 'ActionUnitF1', 'prefix': 'mine'},
            **changes,
        }
    )


def test_held_out_subjects_are_seen_as_the_test_sees_its_own():
    found = config()
    add_validation(found, '--threshold validation')
    assert found.val_dataloader.to_dict() == {
        'batch_size': 128,
        'dataset': {
            'type': 'BP4D',
            'fold': 1,
            'split': 'val',
            'hold_out': 3,
            'test_mode': True,
            'pipeline': ['of the test'],
        },
    }
    assert found.val_evaluator == found.test_evaluator


def test_validation_part_of_the_config_is_taken_as_it_is():
    own = {'batch_size': 7, 'dataset': {'type': 'BP4D', 'split': 'val'}}
    found = config(val_dataloader=own, val_evaluator={'type': 'ExpressionAccuracy'})
    add_validation(found, '--threshold validation')
    assert found.val_dataloader.to_dict() == own
    assert found.val_evaluator.type == 'ActionUnitF1'


def test_config_that_holds_nobody_out_says_how():
    found = config()
    found.train_dataloader.dataset.hold_out = 0
    with pytest.raises(
        ConfigError, match=r'--threshold validation: .*no validation part.*hold_out=3'
    ):
        add_validation(found, '--threshold validation')
    found.pop('train_dataloader')
    with pytest.raises(ConfigError, match='no validation part'):
        add_validation(found, '--threshold validation')


class Part:
    """A dataset of people, as far as leaks are looked for."""

    OFFICIAL_PARTS = None
    share = 1

    def __init__(self, split, names):
        self.names = {f'BP4D/{name}' for name in names}
        self.metainfo = {'dataset': 'BP4D', 'split': split, 'synthetic': False}
        self.parts = (self,)

    def people(self):
        return self.names


def runner(validated, tested=('F003',), **provenance):
    """A runner whose validation finds nothing, as on other processes than the main."""
    metric = ActionUnitF1(['AU1'])
    evaluator = SimpleNamespace(metrics=[metric])
    return SimpleNamespace(
        test_evaluator=evaluator,
        val_evaluator=evaluator,
        val_dataloader=SimpleNamespace(dataset=Part('val', validated)),
        test_dataloader=SimpleNamespace(dataset=Part('test', tested)),
        provenance=provenance,
        val=lambda: None,
    )


def test_fixed_and_oracle_go_to_the_metric():
    for choice in (0.25, 'oracle'):
        made = runner(['F001'])
        set_thresholds(made, choice)
        assert made.test_evaluator.metrics[0].threshold == choice
    made = runner(['F001'])
    set_thresholds(made, None)
    assert made.test_evaluator.metrics[0].threshold == 0.5


def test_people_that_were_trained_on_are_refused():
    made = runner(['F001', 'F002'], seen_subjects=['BP4D/F002', 'BP4D/F009'])
    with pytest.raises(SubjectLeakError, match=r'1 subjects.*BP4D/F002.*held out'):
        set_thresholds(made, 'validation')


def test_people_that_chose_the_epoch_may_choose_the_threshold():
    made = runner(
        ['F001'],
        seen_subjects=['BP4D/F001', 'BP4D/F009'],
        split=['BP4D train (1 subjects)', 'BP4D val (1 subjects)'],
    )
    set_thresholds(made, 'validation')
    assert made.test_evaluator.metrics[0].threshold == 0.5  # not the main process


def test_people_that_are_tested_are_refused():
    with pytest.raises(SubjectLeakError, match='validation part'):
        set_thresholds(runner(['F003']), 'validation')


def test_classes_have_no_threshold():
    evaluator = SimpleNamespace(metrics=[ExpressionAccuracy(['joy', 'fear'])])
    with pytest.raises(ConfigError, match='tests with ExpressionAccuracy'):
        action_unit_metric(evaluator)
