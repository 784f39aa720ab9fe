"""Checks that the datasets of expressions share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clef_mm.datasets.doctor.check import Check, compare_frames
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.frame_table import FrameTable

MORE_DATA = 'images or labels are missing or of another origin: copy them again'


def codes_of_part(frames: FrameTable, part: str) -> np.ndarray:
    """Return the labels on disk (N,) of the images of an official part."""
    return frames.columns['expression'][frames.columns['subject'].isin([part])]


def count_classes(tree: Tree, part: str) -> dict[str, int]:
    """Return the images of each label of a part, by its name."""
    codes = tree.dataset_class.CODES
    counts = np.bincount(codes_of_part(tree.frames, part), minlength=max(codes) + 1)
    return {name: int(counts[code]) for code, name in codes.items()}


def class_table(tree: Tree, part: str, fact: str) -> Check:
    """Check the images of each class that a fact names.

    A prepared tree holds those of the eight expressions only.
    """
    published = tree.facts[fact]
    kept = EXPRESSIONS if tree.prepared else published.value
    wanted = {name: n for name, n in published.value.items() if name in kept}
    counts = count_classes(tree, part)
    found = {name: counts[name] for name in wanted}
    fact_of_kept = replace(published, value=wanted)
    return compare_frames(f'classes of {part}', fact_of_kept, found, MORE_DATA)
