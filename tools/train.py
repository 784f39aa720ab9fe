"""Train a config: python tools/train.py CONFIG."""

from __future__ import annotations

import argparse

from clef_mm.command_line import add_run_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Train a CLEF-MM config.')
    parser.add_argument('config', help='a file of configs/, or your own')
    parser.add_argument(
        '--resume',
        action='store_true',
        help='continue from the newest checkpoint in the work dir',
    )
    add_run_options(parser)
    return parser.parse_args()


def main() -> None:
    """Train."""
    args = parse_args()

    from clef_mm.engine.application import train

    with guarded(args.launcher):
        train(
            args.config,
            options=args.cfg_options,
            work_dir=args.work_dir,
            data_root=args.data_root,
            synthetic=args.synthetic,
            resume=args.resume,
            launcher=args.launcher,
        )


if __name__ == '__main__':
    main()
