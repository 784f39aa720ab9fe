"""Write rendered stand-ins for a licensed dataset in its official layout.

Examples:
    python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d
    python tools/dataset_tools/make_synthetic.py bp4d /tmp/small --subjects 4
    python tools/dataset_tools/make_synthetic.py --contact-sheet sheet.png
"""

from __future__ import annotations

import argparse


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before OpenCV is imported."""
    parser = argparse.ArgumentParser(
        description='Write rendered stand-ins for a licensed dataset.'
    )
    parser.add_argument('layout', nargs='?', choices=['bp4d'], help='layout to write')
    parser.add_argument('destination', nargs='?', help='new or empty folder')
    parser.add_argument('--seed', type=int, default=0, help='seed of the world')
    parser.add_argument(
        '--subjects',
        type=int,
        metavar='N',
        help='only the first N subjects of the official list (default: all)',
    )
    parser.add_argument(
        '--frames-per-sequence',
        type=int,
        default=48,
        metavar='N',
        help='mean number of coded frames (default: 48)',
    )
    parser.add_argument(
        '--size', type=int, default=96, help='side of a frame in pixels (default: 96)'
    )
    parser.add_argument(
        '--packaging',
        choices=['frames', 'avi'],
        default='frames',
        help='a JPG per frame or a video per sequence (default: frames)',
    )
    parser.add_argument(
        '--au-coding',
        choices=['AU_OCC', 'flat'],
        default='AU_OCC',
        help='AU codes in AUCoding/AU_OCC or in AUCoding itself (default: AU_OCC)',
    )
    parser.add_argument(
        '--workers', type=int, default=2, help='processes that render (default: 2)'
    )
    parser.add_argument(
        '--contact-sheet',
        metavar='FILE',
        help='also (or only) write an image that shows every action unit',
    )
    args = parser.parse_args()
    if (args.layout is None) != (args.destination is None):
        parser.error('a layout needs a destination folder')
    if args.layout is None and args.contact_sheet is None:
        parser.error('nothing to do: give a layout and a folder, or --contact-sheet')
    return args


def main() -> None:
    """Write what the command line asks for."""
    args = parse_args()

    from clef_mm.datasets.synthetic.bp4d import write_bp4d
    from clef_mm.datasets.synthetic.bp4d_layout import BP4D_SUBJECTS
    from clef_mm.datasets.synthetic.contact_sheet import write_contact_sheet
    from clef_mm.errors import UserError

    try:
        if args.layout == 'bp4d':
            write_bp4d(
                args.destination,
                subjects=BP4D_SUBJECTS[: args.subjects],
                frames_per_sequence=args.frames_per_sequence,
                size=args.size,
                seed=args.seed,
                packaging=args.packaging,
                au_coding=args.au_coding,
                workers=args.workers,
            )
        if args.contact_sheet:
            write_contact_sheet(args.contact_sheet)
    except UserError as error:
        raise SystemExit(f'error: {error}') from None


if __name__ == '__main__':
    main()
