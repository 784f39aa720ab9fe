"""Make a row of a table: python tools/crossval.py RECIPE.

Trains all stages of all folds and seeds, several at a time if there are several GPUs,
tests them and averages. Started again, it goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from clef_mm.command_line import add_config_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Make a row of a table.')
    parser.add_argument('recipe', help='a file of configs/recipes/, or your own')
    parser.add_argument('--seeds', nargs='+', type=int, help="not the recipe's")
    parser.add_argument(
        '--folds', nargs='+', type=int, help='only these; no cross-validation then'
    )
    parser.add_argument(
        '--dry-run', action='store_true', help='list the runs and how far they are'
    )
    parser.add_argument('--epoch', help='as tools/test.py takes it')
    parser.add_argument('--threshold', help='as tools/test.py takes it')
    add_config_options(parser)
    return parser.parse_args()


def main() -> None:
    """Train, test and average."""
    args = parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # the runs end with this program
        signal.signal(ending, lambda *_: sys.exit('stopped; start it again to go on'))

    from clef_mm.engine.crossval import Scoring, crossval

    with guarded():
        crossval(
            args.recipe,
            Path(__file__).parent,
            seeds=args.seeds,
            folds=args.folds,
            options=args.cfg_options or (),
            data_roots=args.data_root or (),
            synthetic=args.synthetic,
            dry_run=args.dry_run,
            scoring=Scoring(args.epoch, args.threshold),
        )


if __name__ == '__main__':
    main()
