"""Folders of synthetic data: claimed before writing, marked when complete.

An unfinished tree holds `SYNTHETIC.partial.json`, a finished one `SYNTHETIC.json`.
The second name appears last and at once, so an interrupted run is never taken for
a finished one. No other folder with contents is ever written to.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.synthetic.world import WORLD_VERSION
from clef_mm.datasets.synthetic_marker import MARKER, PARTIAL_MARKER
from clef_mm.errors import UserError

Settings = Mapping[str, object]


class SyntheticTreeError(UserError, FileExistsError):
    """A folder holds something else than the synthetic tree that was asked for."""


def claim_tree(root: Path, layout: str, settings: Settings) -> bool:
    """Prepare a folder for writing.

    Args:
        root: The folder; made if missing.
        layout: Name of the dataset whose layout is written.
        settings: Everything that decides what is written, as JSON values.

    Returns:
        True if the tree has to be written, False if it is complete already.

    Raises:
        SyntheticTreeError: The folder holds other data, or a synthetic tree with other
            settings.
    """
    wanted = {'layout': layout, 'world_version': WORLD_VERSION, **settings}
    for name in (MARKER, PARTIAL_MARKER):
        if (root / name).is_file():
            found = json.loads((root / name).read_text('utf-8'))
            _refuse_other_settings(root / name, found['settings'], wanted)
            if name == MARKER:
                _say(f'{root}: this synthetic {layout} is complete already')
            return name == PARTIAL_MARKER
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise SyntheticTreeError(
            f'{root} is not empty and holds no {MARKER}: it is not a synthetic '
            'tree, so nothing was written. Choose an empty or a new folder.'
        )
    root.mkdir(parents=True, exist_ok=True)
    _write_json(root / PARTIAL_MARKER, {'settings': wanted})
    return True


def finish_tree(root: Path, layout: str, settings: Settings, n_images: int) -> None:
    """Mark a tree as complete.

    Args:
        root: A folder that `claim_tree` prepared.
        layout: As given to `claim_tree`.
        settings: As given to `claim_tree`.
        n_images: How many frames the tree holds.
    """
    wanted = {'layout': layout, 'world_version': WORLD_VERSION, **settings}
    content = {
        'what': f'Rendered stand-ins in the layout of {layout}. This is NOT {layout}: '
        'no face here belongs to a person, and no figure measured on it says '
        'anything about real faces. Made to run and test CLEF-MM without the '
        'licensed data.',
        'images': n_images,
        'settings': wanted,
        'made_with': {'numpy': np.__version__, 'opencv': cv2.__version__},
    }
    _write_json(root / PARTIAL_MARKER, content)
    os.replace(root / PARTIAL_MARKER, root / MARKER)
    _say(f'{root}: {n_images} rendered images, not {layout} itself')


def _refuse_other_settings(marker: Path, found: Settings, wanted: Settings) -> None:
    """Raise if two settings differ, naming every difference."""
    differing = [
        f'  {key}: there {found.get(key)!r}, wanted {wanted.get(key)!r}'
        for key in sorted({*found, *wanted})
        if found.get(key) != wanted.get(key)
    ]
    if differing:
        raise SyntheticTreeError(
            f'{marker} describes a synthetic tree with other settings:\n'
            + '\n'.join(differing)
            + '\nChoose another folder, or delete this one first.'
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + '\n', 'utf-8')
