"""Put our results beside the tables of the paper.

Examples:
    python tools/report.py --table table2
    python tools/report.py work_dirs/crossval/clef_bp4d/summary.json
    python tools/report.py work_dirs/crossval/*/summary.json --out report
    python tools/report.py SUMMARY.json OTHER.json --table table6 --format latex
"""

from __future__ import annotations

import argparse
import sys

from clef_mm.command_line import guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Print our results beside the published rows of Tables 2 to 6, '
        'blank where nothing was run.'
    )
    parser.add_argument(
        'summaries',
        nargs='*',
        metavar='SUMMARY.json',
        help='what tools/crossval.py wrote, or the folder that holds it; without any, '
        'the tables are blank',
    )
    parser.add_argument(
        '--table',
        metavar='TABLE',
        help='table2 ... table6 (default: the table that each summary names, or all)',
    )
    parser.add_argument(
        '--format',
        choices=('terminal', 'markdown', 'csv', 'latex'),
        default='terminal',
        help='what is printed (default: terminal)',
    )
    parser.add_argument(
        '--separate',
        action='store_true',
        help='show results of different protocols in blocks of their own, each ranked '
        'by itself, instead of refusing them',
    )
    parser.add_argument(
        '--out',
        metavar='DIR',
        help='also write every format there, and pictures of each summary',
    )
    return parser.parse_args()


def main() -> None:
    """Print the tables, and write them with pictures if asked to."""
    args = parse_args()

    from clef_mm.evaluation.paper_tables import compare_all, read_summaries, write_all
    from clef_mm.evaluation.tables import write

    with guarded():
        summaries = read_summaries(args.summaries)
        comparisons = compare_all(summaries, args.table, args.separate)
        print('\n'.join(write(one, args.format) for one in comparisons), end='')
        if args.out:
            written = write_all(comparisons, summaries, args.out)
            # Beside the table, which may be on its way to a file.
            print('\nwritten: ' + ', '.join(map(str, written)), file=sys.stderr)


if __name__ == '__main__':
    main()
