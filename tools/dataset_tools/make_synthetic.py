"""Write rendered stand-ins for a licensed dataset in its official layout.

Examples:
    python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d
    python tools/dataset_tools/make_synthetic.py bp4d /tmp/small --subjects 4
    python tools/dataset_tools/make_synthetic.py bp4d --help
    python tools/dataset_tools/make_synthetic.py affectnet data/affectnet --release npy
    python tools/dataset_tools/make_synthetic.py --contact-sheet sheet.png

A layout is an entry of `LAYOUTS`. Layout `name` is written by `write_name` in
`clef_mm/datasets/synthetic/name.py`; the options of the command line are its
keyword arguments, and one that is not given keeps its default there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from clef_mm.command_line import guarded

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


def add_rafdb_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_rafdb`."""
    add_count_option(parser, '--n-train', 'training images', 1200)
    add_count_option(parser, '--n-test', 'test images', 300)
    add_face_size_option(parser)


def add_affectnet_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_affectnet`."""
    parser.add_argument(
        '--release',
        choices=['csv', 'npy'],
        help='photographs and tables, or crops of 2021 (default: csv)',
    )
    add_count_option(parser, '--n-train', 'training images', 1200)
    add_count_option(parser, '--val-per-class', 'validation images of a class', 20)
    add_face_size_option(parser)
    parser.add_argument(
        '--no-quirks',
        dest='quirks',
        action='store_false',
        help='csv: leave out broken files, a doubled row and the like',
    )
    parser.add_argument(
        '--no-validation-header',
        dest='validation_header',
        action='store_false',
        help='csv: write validation.csv without a header',
    )
    parser.add_argument(
        '--val-folder',
        choices=['val_set', 'valid_set'],
        help='npy: name of the validation folder (default: val_set)',
    )
    parser.add_argument(
        '--number-type',
        choices=['text', 'number'],
        help='npy: how single numbers are stored (default: text)',
    )


def add_ferplus_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_ferplus`."""
    parser.add_argument(
        '--form',
        choices=['csv', 'folders'],
        help='two tables, or what the official tool makes of them (default: csv)',
    )
    add_count_option(parser, '--n-train', 'faces in the part Training', 800)
    add_count_option(parser, '--n-val', 'faces in the part PublicTest', 100)
    add_count_option(parser, '--n-test', 'faces in the part PrivateTest', 100)


def add_captioned_faces_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `write_captioned_faces`."""
    add_count_option(parser, '--n-images', 'pictures, each of another person', 12000)
    parser.add_argument(
        '--size', type=int, help='side of a picture in pixels (default: 64)'
    )


def add_count_option(
    parser: argparse.ArgumentParser, flag: str, what: str, default: int
) -> None:
    """Add a number of images."""
    parser.add_argument(
        flag, type=int, metavar='N', help=f'number of {what} (default: {default})'
    )


def add_face_size_option(parser: argparse.ArgumentParser) -> None:
    """Add --size, where photographs differ in size."""
    parser.add_argument(
        '--size', type=int, help='pixels across a face, about (default: 96)'
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
    'rafdb': ('RAF-DB: photographs of seven expressions', add_rafdb_options),
    'affectnet': (
        'AffectNet: photographs of eight expressions, valence and arousal',
        add_affectnet_options,
    ),
    'ferplus': (
        'FERPlus: small grey photographs with ten votes each',
        add_ferplus_options,
    ),
    'captioned_faces': (
        'faces with captions, to pre-train a generic pair on',
        add_captioned_faces_options,
    ),
}
"""Name of a layout: what it is, and what adds its options to a parser."""

SHEETS = {'contact_sheet': 'every action unit', 'expression_sheet': 'every expression'}
"""Images that `write_name` in `contact_sheet.py` writes: what they show."""


def first_of(module: str, name: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of N: the first N ids of an official list, read when needed."""

    def first(text: str) -> tuple[str, ...]:
        return getattr(import_module(f'{PACKAGE}.{module}'), name)[: int(text)]

    first.__name__ = 'number'  # argparse names it where N is none
    return first


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before OpenCV is imported."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, subject in SHEETS.items():
        shared.add_argument(
            f'--{name.replace("_", "-")}',
            metavar='FILE',
            help=f'also (or only) write an image that shows {subject}',
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
    if args.layout is None and not SHEETS.keys() & vars(args).keys():
        parser.error('nothing to do: give a layout and a folder, or --contact-sheet')
    return args


def main() -> None:
    """Write what the command line asks for."""
    options = vars(parse_args())
    layout = options.pop('layout')
    sheets = {name: options.pop(name) for name in SHEETS if name in options}

    with guarded():
        if layout:
            write = getattr(import_module(f'{PACKAGE}.{layout}'), f'write_{layout}')
            write(options.pop('destination'), **options)
        for name, path in sheets.items():
            getattr(import_module(f'{PACKAGE}.contact_sheet'), f'write_{name}')(path)


if __name__ == '__main__':
    main()
