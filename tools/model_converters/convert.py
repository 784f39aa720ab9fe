"""Rewrite weights: python tools/model_converters/convert.py SOURCE TARGET."""

from __future__ import annotations

import argparse
import sys

# Python looks beside a script first, and would take inspect.py for its own `inspect`.
if sys.path[0].endswith('model_converters'):
    del sys.path[0]


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Write weights in another naming or format.'
    )
    parser.add_argument(
        'source', help='a file, a work dir, or a tag such as open_clip:MODEL/TAG'
    )
    parser.add_argument('target', help='a file to write, .pth or .safetensors')
    parser.add_argument(
        '--naming',
        choices=('clef_mm', 'openai'),
        default='clef_mm',
        help='how keys are named: as here, or as OpenAI does, which open_clip reads',
    )
    return parser.parse_args()


def main() -> None:
    """Convert, and say what was written."""
    args = parse_args()

    from clef_mm.command_line import guarded
    from clef_mm.engine.weight_conversion import convert

    with guarded():
        print(convert(args.source, args.target, args.naming))


if __name__ == '__main__':
    main()
