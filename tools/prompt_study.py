"""Score the texts of prompt banks: python tools/prompt_study.py CONFIG CHECKPOINT."""

from __future__ import annotations

import argparse

from clef_mm.command_line import add_config_options, guarded


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before torch is imported."""
    parser = argparse.ArgumentParser(
        description='Score every text of prompt banks with one model.'
    )
    parser.add_argument('config', help='the config it was trained with')
    parser.add_argument('checkpoint', help='a .pth file, or a work dir')
    parser.add_argument(
        '--banks',
        nargs='+',
        default=[],
        metavar='BANK',
        help="banks by name or path, beside the config's own",
    )
    parser.add_argument(
        '--split',
        choices=('test', 'val'),
        default='test',
        help='val: choose texts on validation images, without looking at the test',
    )
    parser.add_argument('--work-dir', help='where the CSV and JSON files go')
    add_config_options(parser)
    return parser.parse_args()


def main() -> None:
    """Make the study, print it and write it down."""
    args = parse_args()

    from clef_mm.engine.prompt_report import as_table, write_study
    from clef_mm.engine.prompt_study import study_prompts

    with guarded():
        study, folder = study_prompts(
            args.config,
            args.checkpoint,
            banks=args.banks,
            split=args.split,
            options=args.cfg_options,
            work_dir=args.work_dir,
            data_root=args.data_root,
            synthetic=args.synthetic,
        )
        print(as_table(study))
        written = write_study(study, folder)
        print('written: ' + ', '.join(map(str, written)))


if __name__ == '__main__':
    main()
