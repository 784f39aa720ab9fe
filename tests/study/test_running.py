"""A small study for real: rendered, trained, tested, written, and not done twice."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from clef_mm.datasets.synthetic import write_bp4d, write_captioned_faces
from clef_mm.evaluation import read_result
from clef_mm.study import findings, page, plan, study
from clef_mm.study.findings import F1
from clef_mm.study.running import is_done
from clef_mm.study.study import run_study

ROOT = Path(__file__).resolve().parents[2]
# Fold 1 tests the first two of these.
SUBJECTS = ['F001', 'M001', 'F003', 'F005', 'M002', 'M005']


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the configs, a page, and little of everything else."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    (tmp_path / 'docs').mkdir()
    (tmp_path / 'docs/study.md').write_text(f'{page.BEGIN}\n{page.END}\n')
    monkeypatch.chdir(tmp_path)
    few = dict(subjects=SUBJECTS, frames_per_sequence=8, size=48)
    monkeypatch.setattr(study, 'write_bp4d', partial(write_bp4d, **few))
    some = dict(n_images=128)
    monkeypatch.setattr(
        study, 'write_captioned_faces', partial(write_captioned_faces, **some)
    )


@pytest.mark.slow
def test_a_small_study(folder, monkeypatch):
    row = plan.Row('pi', 'i_n')
    monkeypatch.setattr(plan, 'ROWS', (plan.BASELINE, row))
    monkeypatch.setattr(plan, 'EPOCHS', {1.0: 1})
    pair = {'names after PI - images alone': (row, plan.BASELINE)}
    monkeypatch.setattr(findings, 'COMPARISONS', pair)
    run_study('work', 'docs', workers=2, seeds=(0,))

    work = Path('work')
    runs = [
        plan.generic_run(work),
        *plan.stage_1_runs(work, (0,)),
        *plan.stage_2_runs(work, (0,)),
    ]
    assert len(runs) == 1 + 3 + 2
    for run in runs:
        assert is_done(run)
    found = json.loads(Path('docs/study.json').read_text())
    f1 = {
        one: read_result(plan.stage_2_folder(work, one, 1.0, 0) / 'test').metrics[F1]
        for one in plan.ROWS
    }
    assert found['rows'] == {one.name: {'1': [f1[one]]} for one in plan.ROWS}
    difference = found['comparisons']['names after PI - images alone']['1']
    assert difference['mean'] == pytest.approx(f1[row] - f1[plan.BASELINE])
    assert set(found['features']) == set(plan.STAGE_1.values())
    assert page.tables(found) in Path('docs/study.md').read_text()
    assert {path.name for path in Path('docs/images').iterdir()} == {
        *('study_f1.png', 'study_identity.png'),
    }
    # Each has started from what the plan says.
    starts = [
        read_result(f'{run.work_dir}/test').protocol['trained']['start']['stage']
        for run in runs[4:]
    ]
    assert starts == ['CaptionPretrainer', 'ActivityPretrainer']

    # What is done is not done again; with other settings it is not done.
    metrics = Path(runs[-1].work_dir, 'test/metrics.json')
    before = metrics.stat().st_mtime_ns
    run_study('work', 'docs', workers=2, seeds=(0,))
    assert metrics.stat().st_mtime_ns == before
    options = (*runs[-1].options, 'optim_wrapper.optimizer.lr=1e-5')
    assert not is_done(replace(runs[-1], options=options))


def test_the_command_of_the_page_is_that_of_the_tool():
    text = (ROOT / 'docs/study.md').read_text()
    assert re.findall(r'```bash\n(.*?)```', text, re.DOTALL) == [
        'python tools/study.py\n'
    ]
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/study.py', '--help'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert '--seeds' in done.stdout
