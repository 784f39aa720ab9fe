"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT."""

from __future__ import annotations

import argparse

from clef_mm.command_line import add_run_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Test a CLEF-MM checkpoint.')
    parser.add_argument('config', help='the config it was trained with')
    parser.add_argument('checkpoint', help='a .pth file, or a work dir: its newest')
    add_run_options(parser)
    return parser.parse_args()


def main() -> None:
    """Test, and write the report."""
    args = parse_args()

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
