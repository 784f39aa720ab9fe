"""The plan of the study: what is compared with what, and from which weights."""

from pathlib import Path

import pytest

from clef_mm.command_line import parse_options
from clef_mm.engine.config import load_config
from clef_mm.study import plan

ROOT = Path(__file__).resolve().parents[2]
STUDY = Path('work_dirs/study')


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def runs():
    return [
        plan.generic_run(STUDY),
        *plan.stage_1_runs(STUDY),
        *plan.stage_2_runs(STUDY),
    ]


def test_every_row_of_table_6_and_its_rivals():
    assert len(set(plan.ROWS)) == len(plan.ROWS) == 12
    names = {row.name for row in plan.ROWS}
    # Table 6, with one generic pair for CLIP and FaRL, and the poster's row.
    assert names >= {
        *('I', 'I + N', 'I + N + D', 'PI + I', 'PA + PI + I', 'PI + I + N'),
        *('PA + PI + I + N', 'PI + I + N + D', 'PA + PI + I + D'),
        'PA + PI + I + N + D',
    }
    assert {'SimCLR + I', 'SimCLR + I + N + D'} <= names


def test_no_two_runs_share_a_folder():
    folders = [run.work_dir for run in runs()]
    assert len(set(folders)) == len(folders) == 1 + 9 + 12 * 3 * 3


def test_every_run_starts_from_a_folder_that_another_has_filled():
    filled = {run.work_dir for run in runs()}
    for run in runs()[1:]:
        options = parse_options(list(run.options))
        assert options['model.weights'] in filled
        assert options.get('model.text_weights', run.work_dir) in filled


@pytest.mark.parametrize('run', runs()[::7], ids=lambda run: Path(run.work_dir).name)
def test_a_run_is_a_command_of_the_tools(run):
    config = load_config(run.config, parse_options(list(run.options)))
    name = Path(run.work_dir).name
    assert config.fold == 1
    if name.startswith('stage2'):
        assert (
            config.model.texts
            == {
                'i': (),
                'i_n': ('name',),
                'i_d': ('description',),
                'i_n_d': ('name', 'description'),
            }[Path(run.config).stem.removeprefix('finetune_')]
        )
        assert config.train_dataloader.dataset.share == float(name.split('_')[-2])
        assert 'share' not in config.test_dataloader.dataset
        # The seed decides the labels too; it is the same for every row.
        seed = config.randomness.seed
        assert config.train_dataloader.dataset.share_seed == seed
        assert f'seed{seed}' in name


def test_rows_differ_in_nothing_but_their_components():
    def settings(row):
        run = next(
            run
            for run in plan.stage_2_runs(STUDY, (0,))
            if run.work_dir == str(plan.stage_2_folder(STUDY, row, 0.1, 0))
        )
        config = load_config(run.config, parse_options(list(run.options)))
        for key in ('texts', 'text_encoder', 'loss_text', 'weights', 'text_weights'):
            config.model.pop(key, None)
        config.pop('work_dir')
        return config.pretty_text

    assert len({settings(row) for row in plan.ROWS}) == 1
