"""See whether a training survives SIGKILLs: python tools/kill_test.py CONFIG."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clef_mm.command_line import add_config_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Train a config undisturbed, and with SIGKILLs at random moments; '
        'compare what both end with, bit for bit.'
    )
    parser.add_argument('config', help='of a short training')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument('--work-dir', default='work_dirs/kill_test')
    add_config_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the test; exit with 1 if anything differs."""
    args = parse_args()

    from clef_mm.engine.kill_test import kill_test

    train = Path(__file__).with_name('train.py')
    command = [sys.executable, str(train), args.config]
    if args.data_root:
        command += ['--data-root', *args.data_root]
    if args.synthetic:
        command += ['--synthetic']
    # Last, as it takes all words that follow.
    command += ['--cfg-options', 'default_hooks.checkpoint.iterations=1']
    command += args.cfg_options or []
    with guarded():
        outcome = kill_test(
            command,
            Path(args.work_dir),
            args.kills,
            args.seed,
            lambda line: print(line, flush=True),
        )
    compared = ' and '.join(f'{n:,} {kind}' for kind, n in outcome.compared.items())
    halves = sum(kill.half for kill in outcome.kills)
    print(
        f'{len(outcome.kills)} kills, {halves} of them while a checkpoint was written: '
        f'{compared} compared, {len(outcome.different)} differ'
    )
    for name in outcome.different[:20]:
        print(f'  {name}')
    sys.exit(bool(outcome.different))


if __name__ == '__main__':
    main()
