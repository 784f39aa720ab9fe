"""Show what the network will see: a contact sheet of a config's first images.

Examples:
    python tools/dataset_tools/browse.py configs/demo/clef_tiny_bp4d_fold1.py
    python tools/dataset_tools/browse.py CONFIG --split test --count 60 --out test.png
    python tools/dataset_tools/browse.py CONFIG --cfg-options \
        model.data_preprocessor.rotation=30
"""

from __future__ import annotations

import argparse

from clef_mm.command_line import add_config_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Write a contact sheet of what the network will see: images after '
        'sampling and augmentation, with their labels. Needs no weights.'
    )
    parser.add_argument('config', help='a file of configs/, or your own')
    parser.add_argument(
        '--out',
        metavar='FILE',
        help='PNG to write (default: work_dirs/browse/ and the name of the config)',
    )
    parser.add_argument('--split', choices=('train', 'val', 'test'), default='train')
    parser.add_argument(
        '--count', type=int, default=24, metavar='N', help='images (default: 24)'
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='that of a run, to see the images of its first step (default: 0)',
    )
    add_config_options(parser)
    return parser.parse_args()


def main() -> None:
    """Write the sheet."""
    args = parse_args()

    from clef_mm.engine.browse import browse

    with guarded():
        path = browse(
            args.config,
            out=args.out,
            split=args.split,
            count=args.count,
            seed=args.seed,
            data_root=args.data_root,
            synthetic=args.synthetic,
            options=args.cfg_options,
        )
        print(f'written: {path}')


if __name__ == '__main__':
    main()
