"""Train a config: python tools/train.py CONFIG."""

from __future__ import annotations

import argparse


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Train a CLEF-MM config.')
    parser.add_argument('config', help='a file of configs/, or your own')
    parser.add_argument('--work-dir', help='where logs and checkpoints go')
    parser.add_argument('--data-root', help='folder of the dataset, for every split')
    parser.add_argument(
        '--synthetic',
        action='store_true',
        help='run on rendered stand-ins in data/synthetic, from random weights',
    )
    parser.add_argument(
        '--resume',
        action='store_true',
        help='continue from the newest checkpoint in the work dir',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm'), default='none'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override config entries, such as optim_wrapper.optimizer.lr=1e-4',
    )
    return parser.parse_args()


def main() -> None:
    """Train."""
    args = parse_args()

    from clef_mm.command_line import guarded
    from clef_mm.engine.application import train

    with guarded():
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
