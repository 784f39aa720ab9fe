"""A row of a table by one command: nothing twice, nothing mixed, everything counted."""

import copy
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_recipe import ROOT, write, write_recipe

from clef_mm.engine import crossval as module
from clef_mm.engine.checkpoint_files import mark_finished
from clef_mm.engine.config import load_config
from clef_mm.engine.crossval import Scoring, crossval, plan_jobs
from clef_mm.engine.job_queue import JobFailedError
from clef_mm.engine.recipe import RecipeError, read_recipe
from clef_mm.engine.recipe_runs import OtherRunError, plan_runs
from clef_mm.errors import UserError
from clef_mm.evaluation.results import read_result
from clef_mm.evaluation.summary import read_summary

TOOLS = ROOT / 'tools'
SUMMARY = Path('work_dirs/crossval/recipe/summary.json')


@pytest.fixture
def recipe(synthetic_bp4d, tmp_path, monkeypatch):
    """The path of a recipe of two stages and two folds, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return write_recipe(tmp_path, synthetic_bp4d)


@pytest.fixture
def commands(monkeypatch):
    """Run the commands in this process, which has imported torch; return them."""
    typed = []

    def run_jobs(jobs, gpus, say):
        for job in jobs:
            typed.append(job.command)
            monkeypatch.setattr(sys, 'argv', list(job.command[1:]))
            try:
                runpy.run_path(job.command[1], run_name='__main__')
            except SystemExit as error:
                raise JobFailedError(f'{job.name}: {error}') from error

    monkeypatch.setattr(module, 'run_jobs', run_jobs)
    return typed


def runs_of(path, folds=(1, 2), seeds=(0,), **told):
    return plan_runs(read_recipe(path), folds, seeds, **told)


def finish(run, epochs=2):
    """Leave in a run's folder what a training of so many epochs leaves there."""
    run.work_dir.mkdir(parents=True, exist_ok=True)
    run.config.dump(run.work_dir / run.file.name)
    (run.work_dir / f'epoch_{epochs}.pth').write_bytes(b'')
    (run.work_dir / 'last_checkpoint').write_text(f'epoch_{epochs}.pth')
    if epochs == 2:
        mark_finished(run.work_dir)


def words(command):
    """Script, config and options of a command, without the interpreter."""
    return ' '.join([Path(command[1]).name, *command[2:]])


def test_runs_start_from_each_other(recipe):
    runs = runs_of(recipe)
    assert [str(run.work_dir) for run in runs] == [
        'work_dirs/first_fold1',
        'work_dirs/second_fold1',
        'work_dirs/first_fold2',
        'work_dirs/second_fold2',
    ]
    assert runs[3].before is runs[2]
    assert runs[3].config.model.weights == 'work_dirs/first_fold2'
    assert runs[3].config.test_dataloader.dataset.fold == 2
    assert runs[3].name == 'fold 2, seed 0, stage 2: second'


def test_another_seed_has_folders_of_its_own(recipe):
    first, second = runs_of(recipe, folds=[2], seeds=[7])
    assert str(first.work_dir) == 'work_dirs/first_fold2_seed7'
    assert str(second.work_dir) == 'work_dirs/second_fold2_seed7'
    assert second.config.model.weights == str(first.work_dir)
    assert second.config.randomness.seed == 7


def test_synthetic_runs_have_folders_of_their_own(recipe):
    first, second = runs_of(recipe, folds=[1], seeds=[3], synthetic=True)
    assert str(first.work_dir) == 'work_dirs/first_fold1_seed3_synthetic'
    assert second.config.train_dataloader.dataset.data_root == 'data/synthetic/bp4d'


def test_commands_are_those_that_a_user_would_type(recipe):
    runs = runs_of(
        recipe, [2], options=['train_cfg.max_epochs=3'], data_roots=['data/bp4d']
    )
    told = '--data-root data/bp4d --cfg-options train_cfg.max_epochs=3'
    jobs = plan_jobs(runs, 2, TOOLS, Scoring())
    assert [words(job.command) for job in jobs] == [
        f'train.py own/first.py --work-dir work_dirs/first_fold2 --resume {told} '
        'randomness.seed=0 fold=2',
        f'train.py own/second.py --work-dir work_dirs/second_fold2 --resume {told} '
        'randomness.seed=0 fold=2 model.weights=work_dirs/first_fold2',
        'test.py own/second.py work_dirs/second_fold2 --work-dir '
        f'work_dirs/second_fold2/test {told} randomness.seed=0 fold=2 '
        'model.weights=work_dirs/first_fold2',
    ]
    assert jobs[1].after is jobs[0]
    assert jobs[2].after is jobs[1]


def test_what_is_complete_is_left_out(recipe):
    runs = runs_of(recipe)
    finish(runs[0])
    finish(runs[2], epochs=1)
    for run in runs:
        run.check()
    assert [run.epochs for run in runs] == [(2, 2), (0, 2), (1, 2), (0, 2)]
    names = [job.name for job in plan_jobs(runs, 2, TOOLS, Scoring())]
    assert names == [
        'fold 1, seed 0, stage 2: second',
        'fold 1, seed 0, stage 2: second, test',
        'fold 2, seed 0, stage 1: first',
        'fold 2, seed 0, stage 2: second',
        'fold 2, seed 0, stage 2: second, test',
    ]


def test_a_run_of_another_config_is_refused(recipe):
    finish(runs_of(recipe)[0])
    run = runs_of(recipe, options=['optim_wrapper.optimizer.lr=0.5'])[0]
    with pytest.raises(OtherRunError) as error:
        run.check()
    assert 'optim_wrapper.optimizer.lr: 2e-05 there, 0.5 here' in str(error.value)
    assert str(error.value).count(' there, ') == 1
    (run.work_dir / 'first.py').unlink()
    with pytest.raises(OtherRunError, match='no config beside the checkpoint'):
        run.check()


def test_what_has_no_effect_on_the_weights_may_differ(recipe):
    finish(runs_of(recipe)[0])
    runs_of(recipe, options=['train_dataloader.num_workers=2'])[0].check()
    runs_of(recipe, options=['test_dataloader.batch_size=3'])[0].check()
    finish(runs_of(recipe)[1])
    runs_of(recipe, options=['model.test_texts=description'])[1].check()


def test_a_run_from_other_weights_is_another_run(recipe):
    finish(runs_of(recipe, options=['model.weights=weights/ep64.pth'])[0])
    runs_of(recipe, options=['model.weights=/moved/ep64.pth'])[0].check()
    run = runs_of(recipe, options=['model.weights=weights/ep16.pth'])[0]
    with pytest.raises(OtherRunError, match=r'ep64\.pth there, ep16\.pth here'):
        run.check()


def test_a_run_continued_from_another_is_another_run(recipe):
    finish(runs_of(recipe)[0])
    run = runs_of(recipe, options=['load_from=weights/other.pth'])[0]
    with pytest.raises(OtherRunError, match=r'load_from: None there, other\.pth here'):
        run.check()


@pytest.mark.parametrize('epochs', [0, 1])
def test_a_run_ahead_of_the_stage_before_is_refused(recipe, epochs):
    first, second, *_ = runs_of(recipe)
    if epochs:
        finish(first, epochs)
    finish(second)
    with pytest.raises(OtherRunError, match=f'has {epochs} of 2 epochs in .*first_'):
        second.check()


def test_a_run_that_was_stopped_inside_an_epoch_is_not_done(recipe):
    run = runs_of(recipe)[0]
    finish(run, epochs=1)
    (run.work_dir / 'iter_500.pth').touch()
    (run.work_dir / 'last_checkpoint').write_text('iter_500.pth')
    assert run.epochs == (1, 2)
    assert not run.trained


def test_a_run_whose_last_validation_is_owed_is_not_done(recipe):
    run = runs_of(recipe)[0]
    finish(run)
    assert run.trained
    (run.work_dir / 'finished').unlink()
    assert not run.trained


def test_a_test_is_done_once(recipe, monkeypatch):
    run = runs_of(recipe)[1]
    finish(run)
    folder = run.work_dir / 'test'
    config = copy.deepcopy(run.config)
    config.model.weights = None  # as tools/test.py leaves it
    folder.mkdir()
    config.dump(folder / 'second.py')
    (folder / 'metrics.json').touch()
    result = SimpleNamespace(protocol=dict(checkpoint='/elsewhere/epoch_2.pth'))
    monkeypatch.setattr(module, 'read_result', lambda folder: result)
    assert Scoring().is_done(run)
    other = runs_of(recipe, options=['test_dataloader.dataset.every=4'])[1]
    assert not Scoring().is_done(other)


@pytest.mark.parametrize(
    ('scoring', 'message'),
    [
        (Scoring(epoch='bset'), '--epoch is one of last, best, best-on-test'),
        (Scoring(epoch='best'), 'keeps no best checkpoint'),
        (Scoring(epoch='best-on-test'), r'max_keep_ckpts=-1'),
        (Scoring(threshold='2'), 'is a number from 0 to 1'),
        (Scoring(threshold='validation'), 'no validation part to choose by'),
    ],
)
def test_a_test_that_cannot_be_made_is_told_before_anything_runs(
    recipe, commands, scoring, message
):
    with pytest.raises(UserError, match=message):
        crossval(str(recipe), TOOLS, scoring=scoring)
    assert commands == []


def test_a_test_that_can_be_made_is_not_refused(recipe):
    options = [
        'default_hooks.checkpoint.max_keep_ckpts=-1',
        'train_dataloader.dataset.hold_out=1',
    ]
    config = runs_of(recipe, options=options)[1].config
    for scoring in (
        *(Scoring(), Scoring('last', '0.3'), Scoring('best-on-test', 'oracle')),
        Scoring(threshold='validation'),
    ):
        scoring.check(config)
    assert config.get('val_dataloader') is None


def test_expressions_have_no_threshold():
    config = load_config(ROOT / 'configs/clef/clef_vitb16_rafdb.py')
    with pytest.raises(UserError, match='--threshold is for action units'):
        Scoring(threshold='oracle').check(config)


def test_weights_of_the_text_tower_alone_are_missed_before_anything_runs(
    recipe, commands
):
    options = ['model.text_weights=weights/farl.pth']
    with pytest.raises(FileNotFoundError, match=r'weights/farl\.pth is missing'):
        crossval(str(recipe), TOOLS, options=options)
    assert commands == []


def test_two_runs_in_one_folder_are_refused(recipe):
    with pytest.raises(RecipeError, match=r'would both write to work_dirs/mine'):
        runs_of(recipe, options=['work_dir=work_dirs/mine'])


def test_roots_go_to_the_stages_that_read_the_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = ROOT / 'configs/recipes/table3_clef.py'
    roots = ['bp4d=/a', 'disfa=/b']
    runs = runs_of(path, folds=[1], data_roots=roots)
    used = [run.config.train_dataloader.dataset.data_root for run in runs]
    assert used == ['/a', '/a', '/b']
    for wrong in ('/a', 'bp4d_plus=/a'):
        with pytest.raises(RecipeError, match='recipe reads bp4d, disfa'):
            runs_of(path, folds=[1], data_roots=[wrong])


def test_folds_that_do_not_exist_are_refused(recipe):
    with pytest.raises(RecipeError, match='has no fold 3, only 1, 2'):
        crossval(str(recipe), TOOLS, folds=[3])


def test_a_dry_run_only_lists(recipe, commands, capsys):
    finish(runs_of(recipe)[0])
    assert crossval(str(recipe), TOOLS, dry_run=True) is None
    printed = capsys.readouterr().out
    assert '| fold 1, seed 0, stage 1: first  | 2 of 2 |' in printed
    assert '| fold 1, seed 0, stage 2: second | 0 of 2 | no ' in printed
    assert commands == []


def test_data_that_is_missing_is_told_before_anything_runs(recipe, commands):
    Path('data/bp4d').unlink()
    with pytest.raises(FileNotFoundError, match='data/bp4d/ is missing'):
        crossval(str(recipe), TOOLS)
    assert commands == []


def test_help_answers_without_torch():
    code = (
        'import runpy, sys; sys.modules["torch"] = None; sys.argv[1:] = ["--help"]\n'
        f'runpy.run_path({str(TOOLS / "crossval.py")!r}, run_name="__main__")'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for flag in ('--seeds', '--folds', '--dry-run', '--data-root', '--synthetic'):
        assert flag in done.stdout


@pytest.mark.slow
def test_the_whole_loop(recipe, commands, capsys):
    summary = crossval(str(recipe), TOOLS)
    assert [words(command).split()[0] for command in commands] == [
        *('train.py', 'train.py', 'test.py'),
        *('train.py', 'train.py', 'test.py'),
    ]
    assert read_summary(SUMMARY) == summary
    assert (summary.name, summary.folds, summary.seeds) == ('tiny', [1, 2], [0])
    of_folds = [
        read_result(f'work_dirs/second_fold{fold}/test').metrics['au_f1/mean']
        for fold in (1, 2)
    ]
    mean = summary.metrics['au_f1/mean']
    assert mean['mean'] == pytest.approx(sum(of_folds) / 2)
    assert mean['folds'] == {'1': of_folds[:1], '2': of_folds[1:]}
    printed = capsys.readouterr().out
    assert 'au_f1/mean' in printed
    assert 'SYNTHETIC' in printed
    # The second stage has started from the first of its fold.
    trained = read_result('work_dirs/second_fold2/test').protocol['trained']
    assert trained['start']['split'][0].startswith('BP4D train of fold 2')

    # Again: everything is there.
    commands.clear()
    again = crossval(str(recipe), TOOLS)
    assert commands == []
    assert again.metrics == summary.metrics

    # Newer than the test: tested again.  Another way of testing: beside the first.
    os.utime('work_dirs/second_fold1/epoch_2.pth')
    oracle = crossval(str(recipe), TOOLS, scoring=Scoring(threshold='oracle'))
    assert [words(command).split()[0] for command in commands] == ['test.py'] * 2
    assert oracle.oracle
    assert Path('work_dirs/crossval/recipe_oracle/summary.json').is_file()
    commands.clear()
    crossval(str(recipe), TOOLS)
    assert [words(command).split()[2] for command in commands] == [
        'work_dirs/second_fold1'
    ]

    # Some folds are no cross-validation, and say so.
    part = crossval(str(recipe), TOOLS, folds=[2])
    assert part.name == 'tiny (only fold 2, no cross-validation)'
    assert part.table is None
    assert read_summary(SUMMARY).folds == [1, 2]

    # Neither is another model the row of the paper; other texts need no new training.
    commands.clear()
    other = crossval(str(recipe), TOOLS, options=['model.test_texts=description'])
    assert [words(command).split()[0] for command in commands] == ['test.py'] * 2
    assert other.name == 'tiny (model.test_texts=description)'
    assert other.table is None


@pytest.mark.slow
def test_a_recipe_that_was_stopped_goes_on(recipe, tmp_path):
    """Killed in its second training, started again: the first is not repeated."""
    stage = tmp_path / 'own/second.py'
    stage.write_text(stage.read_text().replace('max_epochs = 2', 'max_epochs = 12'))
    write(tmp_path / 'own', folds=[1, 2])
    command = [sys.executable, TOOLS / 'crossval.py', recipe, '--folds', '1']
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    pointer = Path('work_dirs/second_fold1/last_checkpoint')
    deadline = time.monotonic() + 200
    while not pointer.is_file():
        assert program.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=60)
    assert not SUMMARY.exists()
    first = Path('work_dirs/first_fold1/epoch_2.pth').stat().st_mtime_ns

    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '[1/2] fold 1, seed 0, stage 2: second' in done.stdout
    assert Path('work_dirs/first_fold1/epoch_2.pth').stat().st_mtime_ns == first
    assert 'resumed at epoch' in Path('work_dirs/second_fold1/train.log').read_text()
    assert Path('work_dirs/second_fold1/epoch_12.pth').is_file()
    assert 'only fold 1, no cross-validation' in done.stdout


@pytest.mark.slow
def test_a_run_that_fails_is_told_with_its_last_lines(recipe, tmp_path):
    stage = tmp_path / 'own/first.py'
    stage.write_text(stage.read_text() + "model.activities = 'bp4d_plus_activities'\n")
    done = subprocess.run(
        [sys.executable, TOOLS / 'crossval.py', recipe], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert 'fold 1, seed 0, stage 1: first failed: ' in done.stderr
    assert 'the model has activities' in done.stderr
    assert 'whole log: work_dirs/first_fold1/train.log' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not Path('work_dirs/second_fold1').exists()


@pytest.mark.parametrize('text', ['', '{', '[]', '{"protocol": null}'])
def test_a_damaged_result_counts_as_none(recipe, text):
    run = runs_of(recipe, folds=[1])[1]
    finish(run)
    folder = Scoring().folder(run)
    folder.mkdir()
    (folder / 'metrics.json').write_text(text)
    assert not Scoring().is_done(run)
