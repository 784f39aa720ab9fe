"""Say what a weights file holds: python tools/model_converters/inspect.py FILE."""

from __future__ import annotations

import argparse
import sys

# Python looks beside a script first, and would take inspect.py for its own `inspect`.
if sys.path[0].endswith('model_converters'):
    del sys.path[0]


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(description='Say what a weights file holds.')
    parser.add_argument(
        'file', help='a file, a work dir, or a tag such as open_clip:MODEL/TAG'
    )
    return parser.parse_args()


def main() -> None:
    """Print the description."""
    args = parse_args()

    from clef_mm.command_line import guarded
    from clef_mm.engine.weight_inspection import inspect

    with guarded():
        print(inspect(args.file))


if __name__ == '__main__':
    main()
