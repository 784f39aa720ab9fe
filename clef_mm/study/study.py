"""The whole study: data, runs, findings, page and pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from clef_mm.datasets.synthetic import write_bp4d, write_captioned_faces
from clef_mm.study import charts, plan
from clef_mm.study.findings import collect
from clef_mm.study.page import write_tables
from clef_mm.study.running import run_all


def run_study(
    work_dir: str,
    docs: str,
    workers: int = 2,
    seeds: Sequence[int] = plan.SEEDS,
) -> None:
    """Run what is not done yet, and write what was found.

    Args:
        work_dir: Of all runs.
        docs: Folder of ``study.md``; numbers go to ``study.json`` beside it, pictures
            to ``images/``.
        workers: Runs at a time, one thread each.
        seeds: Every row is trained once with each.

    Raises:
        UserError: For anything a user can mend.
    """
    root, folder = Path(work_dir), Path(docs)
    write_captioned_faces('data/synthetic/captioned_faces', workers=workers)
    write_bp4d('data/synthetic/bp4d', workers=workers)
    run_all([plan.generic_run(root)], 'generic pair', workers)
    run_all(plan.stage_1_runs(root, seeds), 'stage 1', workers)
    run_all(plan.stage_2_runs(root, seeds), 'stage 2', workers)

    findings = collect(root, seeds)
    text = json.dumps(findings, indent=1)
    (folder / 'study.json').write_text(text + '\n', 'utf-8')
    write_tables(folder / 'study.md', findings)
    charts.draw_f1(folder / 'images/study_f1.png', findings)
    charts.draw_identity(folder / 'images/study_identity.png', findings)
