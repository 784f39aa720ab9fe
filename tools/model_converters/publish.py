"""Publish a model: python tools/model_converters/publish.py CHECKPOINT FOLDER."""

from __future__ import annotations

import argparse
import sys

# Python looks beside a script first, and would take inspect.py for its own `inspect`.
if sys.path[0].endswith('model_converters'):
    del sys.path[0]


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Write a trained model for others, with a hash in its name.'
    )
    parser.add_argument(
        'checkpoint', help='a file, or a work dir: its best, or its last'
    )
    parser.add_argument('folder', help='where the file goes')
    parser.add_argument('--name', help='before the hash; default: the config and fold')
    parser.add_argument(
        '--result', help='the folder of a test of this checkpoint, or its metrics.json'
    )
    parser.add_argument(
        '--format', choices=('safetensors', 'pth'), default='safetensors'
    )
    return parser.parse_args()


def main() -> None:
    """Publish, and say where."""
    args = parse_args()

    from clef_mm.command_line import guarded
    from clef_mm.engine.publishing import publish

    with guarded():
        path = publish(
            args.checkpoint, args.folder, args.name, args.result, args.format
        )
        print(f'written: {path}')


if __name__ == '__main__':
    main()
