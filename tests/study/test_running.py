"""A small study for real: rendered, trained, tested, and not done twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from clef_mm.datasets.synthetic import write_bp4d, write_captioned_faces
from clef_mm.evaluation import read_result
from clef_mm.study import plan
from clef_mm.study.findings import F1, FEATURE_MEASURES, difference
from clef_mm.study.running import is_done, run_all, train_seconds

ROOT = Path(__file__).resolve().parents[2]
# Fold 1 tests the first two of these.
SUBJECTS = ['F001', 'M001', 'F003', 'F005', 'M002', 'M005']


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder with the configs and little of everything else."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    monkeypatch.chdir(tmp_path)
    write_captioned_faces('data/synthetic/captioned_faces', n_images=128, workers=1)
    write_bp4d(
        'data/synthetic/bp4d',
        subjects=SUBJECTS,
        frames_per_sequence=8,
        size=48,
        workers=1,
    )
    return Path('study')


def briefly(run, **options):
    """The same run, one epoch long."""
    given = dict(option.split('=', 1) for option in run.options)
    given.update({'train_cfg.max_epochs': 1, **options})
    return replace(run, options=tuple(f'{key}={value}' for key, value in given.items()))


@pytest.mark.slow
def test_a_small_study(study):
    generic = briefly(plan.generic_run(study))
    run_all([generic], 'generic', workers=1)
    stage_1 = [briefly(run) for run in plan.stage_1_runs(study, (0,))]
    run_all(stage_1, 'stage 1', workers=2)
    for run in (generic, *stage_1):
        assert is_done(run)
        assert set(FEATURE_MEASURES) <= set(read_result(f'{run.work_dir}/test').metrics)
        assert train_seconds(Path(run.work_dir)) > 0

    rows = [plan.Row('pi', 'i_n'), plan.BASELINE]
    folders = {str(plan.stage_2_folder(study, row, 1.0, 0)) for row in rows}
    stage_2 = [
        briefly(run)
        for run in plan.stage_2_runs(study, (0,))
        if run.work_dir in folders
    ]
    run_all(stage_2, 'stage 2', workers=1)
    results = [read_result(f'{run.work_dir}/test') for run in stage_2]
    found = difference(results[:1], results[1:])
    assert found['mean'] == results[0].metrics[F1] - results[1].metrics[F1]
    # Each has started from what the plan says.
    starts = {
        Path(run.work_dir).name: result.protocol['trained']['start']['stage']
        for run, result in zip(stage_2, results, strict=True)
    }
    assert starts == {
        'stage2_pi_i_n_1_seed0': 'ActivityPretrainer',
        'stage2_none_i_1_seed0': 'CaptionPretrainer',
    }

    # What is done is not done again; with other settings it is not done.
    metrics = Path(stage_2[0].work_dir, 'test/metrics.json')
    before = metrics.stat().st_mtime_ns
    run_all(stage_2, 'stage 2', workers=1)
    assert metrics.stat().st_mtime_ns == before
    assert not is_done(briefly(stage_2[0], **{'optim_wrapper.optimizer.lr': 1e-5}))
