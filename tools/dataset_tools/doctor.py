"""Examine a dataset on disk: is everything there, and is it what it should be?

Prints what was expected, what was found and a verdict: ok, wrong, odd (unusual but
usable) or not checked. Nothing is written. The exit code is 1 if something is wrong.

Examples:
    python tools/dataset_tools/doctor.py bp4d data/BP4D
    python tools/dataset_tools/doctor.py disfa data/DISFA --deep --workers 8
    python tools/dataset_tools/doctor.py disfa data/DISFA --options camera=right
    python tools/dataset_tools/doctor.py bp4d data/prepared/bp4d
"""

from __future__ import annotations

import argparse
import sys

from clef_mm.command_line import guarded, parse_options
from clef_mm.datasets.names import CLASSES


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before anything heavy is imported."""
    parser = argparse.ArgumentParser(
        description='Examine a dataset as released, as prepared, or synthetic.'
    )
    parser.add_argument('dataset', choices=tuple(CLASSES))
    parser.add_argument('root', help='folder of the dataset')
    parser.add_argument(
        '--deep', action='store_true', help='also decode every image or video frame'
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=2,
        metavar='N',
        help='processes that decode (default: 2)',
    )
    parser.add_argument(
        '--options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='arguments of the dataset class that say what is read, such as '
        'camera=right frame_offset=0',
    )
    return parser.parse_args()


def main() -> None:
    """Examine the folder and end with 1 if something is wrong."""
    args = parse_args()

    from clef_mm.datasets.doctor import examine

    with guarded():
        options = parse_options(args.options)
        result = examine(args.dataset, args.root, args.deep, args.workers, options)
    for line in result.lines():
        print(line)
    sys.exit(0 if result.passed else 1)


if __name__ == '__main__':
    main()
