"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT."""

from __future__ import annotations

import argparse

from clef_mm.command_line import add_run_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Test a CLEF-MM checkpoint.')
    parser.add_argument('config', help='the config it was trained with')
    parser.add_argument(
        'checkpoint',
        help='a .pth file, or a work dir: its best on validation if it keeps one, else '
        'its last',
    )
    parser.add_argument(
        '--epoch',
        choices=('last', 'best', 'best-on-test'),
        help='which checkpoint of a work dir; best: on validation subjects; '
        'best-on-test: of all that it keeps, an oracle (to keep all, train with '
        '--cfg-options default_hooks.checkpoint.max_keep_ckpts=-1)',
    )
    parser.add_argument(
        '--threshold',
        metavar='0.5|validation|oracle',
        help='from which score on an AU is present: a number (default 0.5), tuned on '
        'validation subjects, or tuned on the test frames, an oracle',
    )
    add_run_options(parser)
    return parser.parse_args()


def main() -> None:
    """Test, and write the result."""
    args = parse_args()

    from clef_mm.engine.application import evaluate

    with guarded(args.launcher):
        evaluate(
            args.config,
            args.checkpoint,
            options=args.cfg_options,
            work_dir=args.work_dir,
            data_root=args.data_root,
            synthetic=args.synthetic,
            launcher=args.launcher,
            epoch=args.epoch,
            threshold=args.threshold,
        )


if __name__ == '__main__':
    main()
