"""Test the claim of CLEF on rendered faces: python tools/study.py."""

from __future__ import annotations

import argparse

from clef_mm.command_line import guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Run the synthetic study and write its tables into docs/study.md. '
        'A study that was stopped goes on where it was.'
    )
    parser.add_argument('--work-dir', default='work_dirs/study', help='of all runs')
    parser.add_argument('--docs', default='docs', help='folder with study.md')
    parser.add_argument('--workers', type=int, default=2, help='runs at a time')
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[0, 1, 2], help='default: 0 1 2'
    )
    return parser.parse_args()


def main() -> None:
    """Run the study."""
    args = parse_args()

    from clef_mm.study.study import run_study

    with guarded():
        run_study(args.work_dir, args.docs, args.workers, args.seeds)


if __name__ == '__main__':
    main()
