"""Write rendered stand-ins for a licensed dataset in its official layout.

Examples:
    python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d
    python tools/dataset_tools/make_synthetic.py bp4d /tmp/small --subjects 4
    python tools/dataset_tools/make_synthetic.py bp4d --help
    python tools/dataset_tools/make_synthetic.py --contact-sheet sheet.png

A layout is an entry of `LAYOUTS`. Layout `name` is written by `write_name` in
`clef_mm/datasets/synthetic/name.py`; the options of the command line are its
keyword arguments, and one that is not given keeps its default there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

PACKAGE = 'clef_mm.datasets.synthetic'


def add_bp4d_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_bp4d`."""
    add_subjects_option(parser, 'bp4d_layout', 'BP4D_SUBJECTS')
    parser.add_argument(
        '--frames-per-sequence',
        type=int,
        metavar='N',
        help='mean number of coded frames (default: 48)',
    )
    add_size_option(parser)
    parser.add_argument(
        '--packaging',
        choices=['frames', 'avi'],
        help='a JPG per frame or a video per sequence (default: frames)',
    )
    parser.add_argument(
        '--au-coding',
        choices=['AU_OCC', 'flat'],
        help='AU codes in AUCoding/AU_OCC or in AUCoding itself (default: AU_OCC)',
    )
    parser.add_argument(
        '--landmarks',
        action='store_true',
        help='also write 2DFeatures/F001_T1.mat (needs h5py)',
    )


def add_bp4d_plus_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_bp4d_plus`."""
    add_subjects_option(parser, 'bp4d_plus_layout', 'BP4D_PLUS_SUBJECTS')
    parser.add_argument(
        '--frames-per-sequence',
        type=int,
        metavar='N',
        help='mean number of coded frames (default: 24)',
    )
    add_size_option(parser)
    parser.add_argument(
        '--packaging',
        choices=['frames', 'zip'],
        help='folders of JPGs or a zip file per subject (default: frames)',
    )
    add_no_landmarks_option(parser)


def add_disfa_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_disfa`."""
    add_subjects_option(parser, 'disfa_layout', 'DISFA_SUBJECTS')
    parser.add_argument(
        '--frames-per-video',
        type=int,
        metavar='N',
        help='number of frames of every video (default: 240)',
    )
    add_size_option(parser)
    parser.add_argument(
        '--cameras',
        nargs='+',
        choices=['left', 'right'],
        help='whose videos to write (default: both)',
    )
    add_no_landmarks_option(parser)
    parser.add_argument(
        '--missing-au-file',
        action='store_true',
        help='leave out one AU file of the first subject',
    )


def add_subjects_option(
    parser: argparse.ArgumentParser, module: str, name: str
) -> None:
    """Add --subjects N, which takes the first N ids of an official list."""
    parser.add_argument(
        '--subjects',
        type=first_of(module, name),
        metavar='N',
        help='only the first N subjects of the official list (default: all)',
    )


def add_size_option(parser: argparse.ArgumentParser) -> None:
    """Add --size."""
    parser.add_argument(
        '--size', type=int, help='side of a frame in pixels (default: 96)'
    )


def add_no_landmarks_option(parser: argparse.ArgumentParser) -> None:
    """Add --no-landmarks, for layouts that have landmarks by default."""
    parser.add_argument(
        '--no-landmarks',
        dest='landmarks',
        action='store_false',
        help='leave out the landmark files, which need SciPy',
    )


LAYOUTS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    'bp4d': ('BP4D: 41 subjects in 8 tasks, AU codes', add_bp4d_options),
    'bp4d_plus': (
        'BP4D+: 140 subjects in 10 tasks, AU codes of 4 of them',
        add_bp4d_plus_options,
    ),
    'disfa': ('DISFA: 27 subjects, two videos each, AU levels', add_disfa_options),
}
"""Name of a layout: what it is, and what adds its options to a parser."""


def first_of(module: str, name: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of N: the first N ids of an official list, read when needed."""

    def first(text: str) -> tuple[str, ...]:
        return getattr(import_module(f'{PACKAGE}.{module}'), name)[: int(text)]

    first.__name__ = 'number'  # argparse names it where N is none
    return first


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before OpenCV is imported."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        '--contact-sheet',
        metavar='FILE',
        help='also (or only) write an image that shows every action unit',
    )
    parser = argparse.ArgumentParser(
        description='Write rendered stand-ins for a licensed dataset.',
        parents=[shared],
    )
    layouts = parser.add_subparsers(dest='layout', title='layouts', metavar='LAYOUT')
    for name, (summary, add_options) in LAYOUTS.items():
        layout = layouts.add_parser(
            name,
            help=summary,
            description=f'Write rendered stand-ins for {summary}.',
            parents=[shared],
            argument_default=argparse.SUPPRESS,
        )
        layout.add_argument('destination', help='new or empty folder')
        add_options(layout)
        layout.add_argument('--seed', type=int, help='of the world (default: 0)')
        layout.add_argument(
            '--workers', type=int, help='processes that render (default: 2)'
        )
    args = parser.parse_args()
    if args.layout is None and 'contact_sheet' not in args:
        parser.error('nothing to do: give a layout and a folder, or --contact-sheet')
    return args


def main() -> None:
    """Write what the command line asks for."""
    options = vars(parse_args())
    layout = options.pop('layout')
    contact_sheet = options.pop('contact_sheet', None)

    from clef_mm.errors import UserError

    try:
        if layout:
            write = getattr(import_module(f'{PACKAGE}.{layout}'), f'write_{layout}')
            write(options.pop('destination'), **options)
        if contact_sheet:
            import_module(f'{PACKAGE}.contact_sheet').write_contact_sheet(contact_sheet)
    except UserError as error:
        raise SystemExit(f'error: {error}') from None


if __name__ == '__main__':
    main()
