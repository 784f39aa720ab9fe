"""Datasets by the names that a command line takes."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from clef_mm.errors import UserError

if TYPE_CHECKING:
    from clef_mm.datasets.face_dataset import FaceDataset

CLASSES = {
    'bp4d': 'BP4D',
    'bp4d_plus': 'BP4DPlus',
    'disfa': 'DISFA',
    'rafdb': 'RAFDB',
    'affectnet': 'AffectNet',
    'ferplus': 'FERPlus',
}
"""The datasets of this package: module (also the name of the layout) and class."""


def find_dataset(name: str, module: str | None = None) -> type[FaceDataset]:
    """Return the class of a dataset.

    Args:
        name: A key of ``CLASSES`` or a class: ``'bp4d_plus'``, ``'BP4DPlus'``; the
            class, if the dataset is your own.
        module: Module of yours that registers it, imported first; it may lie in the
            folder that the program was started in.

    Raises:
        UserError: If there is no such dataset or module, naming what exists.
    """
    from clef_mm.registry import DATASETS

    if module is not None:
        sys.path.append(str(Path.cwd()))
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise  # the module is there, and needs another one that is not
            raise UserError(
                f'{error}: start the program in its folder, or put that in PYTHONPATH'
            ) from None
    for home, kind in CLASSES.items():
        if name.lower() in (home, kind.lower()):
            return getattr(import_module(f'clef_mm.datasets.{home}'), kind)
    try:
        return DATASETS.get(name)
    except KeyError as error:
        raise UserError(
            f'{error.args[0]} On a command line: {", ".join(CLASSES)}, or a class of '
            'your own with --import MODULE.'
        ) from None
