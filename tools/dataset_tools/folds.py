"""Show the folds of a dataset, or divide its subjects anew.

Examples:
    python tools/dataset_tools/folds.py bp4d
    python tools/dataset_tools/folds.py bp4d --fold 1 --hold-out 3
    python tools/dataset_tools/folds.py bp4d --fold 1 --data-root data/bp4d
    python tools/dataset_tools/folds.py bp4d_plus --data-root data/bp4d_plus \
        --generate 3 --seed 0 --out my_split.json
    python tools/dataset_tools/folds.py bp4d_plus --fold 1 --preset my_split.json
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from clef_mm.command_line import guarded

if TYPE_CHECKING:
    from clef_mm.datasets import FaceDataset
    from clef_mm.datasets.fold_presets import FoldPreset


def parse_args() -> argparse.Namespace:
    """Parse the command line; --help answers before numpy is imported."""
    parser = argparse.ArgumentParser(
        description='Show the folds of a dataset, or divide its subjects anew.'
    )
    parser.add_argument('dataset', help='bp4d, bp4d_plus, disfa or one of your own')
    parser.add_argument('--fold', type=int, help='show who is in this fold')
    parser.add_argument(
        '--preset', help='published preset, or a split file (default: the first)'
    )
    parser.add_argument(
        '--hold-out',
        type=int,
        default=0,
        metavar='N',
        help='training subjects of the fold to validate on (default: 0)',
    )
    parser.add_argument('--data-root', help='the data, for frames and AU rates')
    parser.add_argument(
        '--import',
        dest='module',
        metavar='MODULE',
        help='module that registers a dataset of your own',
    )
    parser.add_argument(
        '--generate', type=int, metavar='K', help='divide the subjects into K parts'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of the division (default: 0)'
    )
    parser.add_argument('--out', metavar='FILE', help='split file to write')
    args = parser.parse_args()
    if (args.generate is None) != (args.out is None):
        parser.error('--generate and --out go together')
    if args.generate is not None and args.data_root is None:
        parser.error('--generate needs --data-root to balance the AUs')
    if args.generate is not None and (args.fold or args.preset):
        parser.error('--generate makes parts of its own: no --fold, no --preset')
    if args.hold_out and args.fold is None:
        parser.error('--hold-out needs --fold')
    return args


def main() -> None:
    """Show or make what the command line asks for."""
    args = parse_args()

    with guarded():
        if args.generate is not None:
            generate(args)
        elif args.fold is not None:
            show_fold(args)
        else:
            show_presets(args)


def show_presets(args: argparse.Namespace) -> None:
    """Print the presets, who numbers them how, and AU rates if there is data."""
    from clef_mm.datasets.fold_presets import find_preset, preset_names
    from clef_mm.datasets.fold_tables import numbering_table, presets_table

    names = [args.preset] if args.preset else preset_names(args.dataset)
    presets = [find_preset(args.dataset, name) for name in names]
    print(presets_table(presets))
    for preset in presets:
        print(f'{preset.name}: {preset.source}')
    for preset in presets:
        table = numbering_table(args.dataset, preset)
        if table:
            print(f'\nWhat others call the folds of {preset.name}')
            print(table)
    if args.data_root:
        show_parts(load(args), presets)


def show_parts(dataset: FaceDataset, presets: list[FoldPreset]) -> None:
    """Print frames and AU rates of the parts of each preset."""
    from clef_mm.datasets.fold_tables import rates_table
    from clef_mm.datasets.subject_counts import SubjectCounts

    counts = SubjectCounts.of(dataset)
    for preset in presets:
        parts = {f'part {n}': part for n, part in enumerate(preset.parts, 1)}
        print(f'\n{source_of(dataset)}, parts of {preset.name}')
        print(rates_table(parts, counts))
        absent = sorted(set(counts.subjects) - set(preset.subjects))
        if absent:
            print(f'in no part: {" ".join(absent)}')


def show_fold(args: argparse.Namespace) -> None:
    """Print who is in a fold, and frames and AU rates if there is data."""
    from clef_mm.datasets.fold_presets import find_preset
    from clef_mm.datasets.fold_tables import fold_table, rates_table
    from clef_mm.datasets.folds import get_fold

    preset = find_preset(args.dataset, args.preset)
    fold = get_fold(args.dataset, args.fold, args.hold_out, args.preset)
    print(f'{preset.dataset}, fold {args.fold} of {preset.name}, id {preset.id}')
    print(fold_table(fold))
    if args.data_root:
        from clef_mm.datasets.subject_counts import SubjectCounts

        dataset = load(args)
        splits = {name: fold.subjects(name) for name in ('train', 'val', 'test')}
        splits = {name: subjects for name, subjects in splits.items() if subjects}
        print(f'\n{source_of(dataset)}')
        print(rates_table(splits, SubjectCounts.of(dataset)))


def generate(args: argparse.Namespace) -> None:
    """Write a split file of balanced parts, and print them."""
    from clef_mm.datasets.fold_generator import generate_folds
    from clef_mm.datasets.subject_counts import SubjectCounts

    dataset = load(args)
    made = generate_folds(
        dataset.metainfo['dataset'],
        SubjectCounts.of(dataset),
        args.generate,
        args.seed,
        dataset.metainfo['synthetic'],
    )
    made.write(args.out)
    show_parts(dataset, [made.preset])
    print(f'\nwritten: {args.out}, id {made.preset.id}, cost {made.cost:.2g}')


def load(args: argparse.Namespace) -> FaceDataset:
    """Read the labels of the dataset."""
    from clef_mm.datasets.names import find_dataset

    return find_dataset(args.dataset, args.module)(args.data_root)


def source_of(dataset: FaceDataset) -> str:
    """Return where the counts come from, and that they are no data if so."""
    stand_in = ' [SYNTHETIC stand-in]' if dataset.metainfo['synthetic'] else ''
    return f'{dataset.metainfo["dataset"]} in {dataset.data_root}{stand_in}'


if __name__ == '__main__':
    main()
