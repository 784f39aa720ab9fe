"""Cut the faces out of a dataset as released: crops and one index.

Every config then runs on the new folder in place of the old one. Stopped at any moment,
the same command goes on where it was.

Examples:
    python tools/dataset_tools/prepare.py bp4d --src data/bp4d --dst data/bp4d_aligned
    python tools/dataset_tools/prepare.py disfa --src data/disfa \
        --dst data/disfa_aligned --options camera=right
    python tools/train.py configs/clef/clef_vitb16_bp4d_fold1.py \
        --data-root data/bp4d_aligned
"""

from __future__ import annotations

import argparse
import os
import sys

from clef_mm.command_line import guarded, parse_options


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before anything heavy is imported."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'dataset',
        help='bp4d, bp4d_plus, disfa, rafdb, affectnet, ferplus or one of your own',
    )
    parser.add_argument('--src', required=True, help='the dataset as released')
    parser.add_argument('--dst', required=True, help='new folder for the crops')
    parser.add_argument(
        '--policy',
        default='aligned',
        help='aligned (eyes level; default), box, aligned_own, box_own (by the '
        "dataset's own landmarks or boxes), whole (its own crops)",
    )
    parser.add_argument('--size', type=int, help='side of a crop in pixels')
    parser.add_argument('--scale', type=float, help='how much of the head is shown')
    parser.add_argument(
        '--detector',
        default='MTCNN',
        help='face detector, by its registered name (default: MTCNN)',
    )
    parser.add_argument(
        '--detector-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='its arguments, such as long_side=320 min_face=0.15 for large faces',
    )
    parser.add_argument(
        '--options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='arguments of the dataset class, such as camera=right',
    )
    parser.add_argument(
        '--import',
        dest='module',
        metavar='MODULE',
        help='module that registers a dataset or detector of your own',
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=os.cpu_count(),
        help='processes (default: one per core)',
    )
    return parser.parse_args()


def main() -> None:
    """Prepare what the command line asks for."""
    args = parse_args()
    # Each process has a core to itself: threads would only wait for each other.
    os.environ['OMP_NUM_THREADS'] = '1'

    from clef_mm.datasets.names import find_dataset
    from clef_mm.datasets.preparation import prepare
    from clef_mm.errors import UserError
    from clef_mm.faces.crop_policy import get_policy

    with guarded():
        options = parse_options(args.options)
        kind = find_dataset(args.dataset, args.module)
        try:
            dataset = kind(args.src, lazy_init=True, **options)
        except (TypeError, ValueError) as error:
            raise UserError(f'--options {" ".join(args.options)}: {error}') from error
        try:
            done = prepare(
                dataset,
                args.dst,
                get_policy(args.policy, args.size, args.scale),
                {'type': args.detector, **parse_options(args.detector_options)},
                options,
                args.workers,
                [args.module] if args.module else [],
            )
        except KeyboardInterrupt:
            sys.exit('\nstopped: run the same command again to go on')
        print('\n'.join(done.lines()))
        print(f'written: {args.dst}')


if __name__ == '__main__':
    main()
