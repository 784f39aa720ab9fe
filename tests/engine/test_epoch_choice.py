"""Which checkpoint of a work directory is tested, and what the result says of it."""

import pytest

from clef_mm.engine.epoch_choice import (
    EpochChoiceError,
    checkpoints_to_test,
    epoch_rule,
)
from clef_mm.models.encoders.weights import WeightsError


@pytest.fixture
def work_dir(tmp_path):
    """A run of eleven epochs that keeps them all, its best on validation included."""
    for epoch in range(1, 12):
        (tmp_path / f'epoch_{epoch}.pth').touch()
    (tmp_path / 'best_au_f1_mean_epoch_8.pth').touch()
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/run/epoch_11.pth\n')
    return tmp_path


@pytest.mark.parametrize(
    ('epoch', 'name', 'rule'),
    [
        (None, 'best_au_f1_mean_epoch_8.pth', 'best on validation'),
        ('best', 'best_au_f1_mean_epoch_8.pth', 'best on validation'),
        ('last', 'epoch_11.pth', 'last'),
    ],
)
def test_one_checkpoint_of_a_work_dir(work_dir, epoch, name, rule):
    found = checkpoints_to_test(str(work_dir), epoch)
    assert found == [str(work_dir / name)]
    assert epoch_rule(found[0], epoch) == rule


def test_without_a_best_the_last_is_taken(work_dir):
    (work_dir / 'best_au_f1_mean_epoch_8.pth').unlink()
    assert checkpoints_to_test(str(work_dir)) == [str(work_dir / 'epoch_11.pth')]
    with pytest.raises(
        EpochChoiceError, match=r'keeps no best.*save_best.*--epoch last'
    ):
        checkpoints_to_test(str(work_dir), 'best')


def test_two_best_checkpoints_are_not_chosen_between(work_dir):
    (work_dir / 'best_au_auc_mean_epoch_2.pth').touch()
    with pytest.raises(EpochChoiceError, match=r'best_au_auc_mean_epoch_2\.pth'):
        checkpoints_to_test(str(work_dir), 'best')
    assert checkpoints_to_test(str(work_dir)) == [str(work_dir / 'epoch_11.pth')]


def test_best_on_test_tests_every_epoch_in_order(work_dir):
    found = checkpoints_to_test(str(work_dir), 'best-on-test')
    assert found == [str(work_dir / f'epoch_{epoch}.pth') for epoch in range(1, 12)]
    assert epoch_rule(found[3], 'best-on-test') == 'best on test'


def test_best_on_test_of_one_checkpoint_says_how_to_keep_more(work_dir):
    for epoch in range(1, 11):
        (work_dir / f'epoch_{epoch}.pth').unlink()
    with pytest.raises(EpochChoiceError, match=r'1 checkpoint.*max_keep_ckpts=-1'):
        checkpoints_to_test(str(work_dir), 'best-on-test')


def test_file_is_taken_as_it_is(work_dir):
    file = str(work_dir / 'epoch_3.pth')
    assert checkpoints_to_test(file) == [file]
    assert epoch_rule(file) == 'epoch_3, chosen by hand'
    assert epoch_rule(str(work_dir / 'epoch_11.pth')) == 'last'
    with pytest.raises(EpochChoiceError, match=r'--epoch last.*epoch_3\.pth is one'):
        checkpoints_to_test(file, 'last')


@pytest.mark.parametrize(
    ('train_cfg', 'rule'),
    [
        ('dict(by_epoch=True, max_epochs=11)', 'last'),
        ('dict(by_epoch=True, max_epochs=20)', 'epoch_11 of 20, not finished'),
        ('dict(by_epoch=False, max_iters=900)', 'last'),
        ('None', 'last'),
    ],
)
def test_the_last_of_a_run_that_was_stopped_is_not_called_last(
    work_dir, train_cfg, rule
):
    (work_dir / 'run.py').write_text(f'train_cfg = {train_cfg}\n')
    assert epoch_rule(str(work_dir / 'epoch_11.pth')) == rule


def test_tag_is_left_to_those_who_know_it():
    tag = 'open_clip:ViT-B-16-quickgelu/openai'
    assert checkpoints_to_test(tag) == [tag]


def test_mistakes_are_named(tmp_path):
    with pytest.raises(WeightsError, match=r'nowhere\.pth'):
        checkpoints_to_test(str(tmp_path / 'nowhere.pth'))
    with pytest.raises(EpochChoiceError, match='is not there'):
        checkpoints_to_test(str(tmp_path / 'nowhere'), 'last')
    with pytest.raises(EpochChoiceError, match=r"one of last, best.*'first'"):
        checkpoints_to_test(str(tmp_path), 'first')
