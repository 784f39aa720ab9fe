"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT."""

from __future__ import annotations

import argparse


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Test a CLEF-MM checkpoint.')
    parser.add_argument('config', help='the config it was trained with')
    parser.add_argument('checkpoint', help='a .pth file, or a work dir: its newest')
    parser.add_argument('--work-dir', help='where the report goes')
    parser.add_argument('--data-root', help='folder of the dataset')
    parser.add_argument(
        '--synthetic',
        action='store_true',
        help='test what train.py --synthetic has trained, on rendered stand-ins',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm'), default='none'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override config entries, such as test_dataloader.batch_size=32',
    )
    return parser.parse_args()


def main() -> None:
    """Test, and write the report."""
    args = parse_args()

    from clef_mm.command_line import guarded
    from clef_mm.engine.application import evaluate

    with guarded():
        evaluate(
            args.config,
            args.checkpoint,
            options=args.cfg_options,
            work_dir=args.work_dir,
            data_root=args.data_root,
            synthetic=args.synthetic,
            launcher=args.launcher,
        )


if __name__ == '__main__':
    main()
