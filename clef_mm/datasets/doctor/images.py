"""Decodes every image: which are broken, and how large the others are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from clef_mm.datasets.doctor.check import Check, Verdict, require
from clef_mm.datasets.doctor.facts import Fact
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.reading.record_image import read_record_image

_PER_JOB = 200  # a part of one recording: a video is then decoded in order
_PLACES = ('img_path', 'video_frame', 'pixel_offset')


def examine_images(tree: Tree, workers: int) -> Iterator[Check]:
    """Decode every image of a tree in ``workers`` processes, with progress."""
    jobs = _jobs(tree.frames)
    results = run_jobs(decode, jobs, workers, f'images of {tree.name}')
    broken = sorted(message for messages, _ in results for message in messages)
    known = tree.facts['known broken images'].value if _has_known(tree) else []
    news = [text for text in broken if not any(name in text for name in known)]
    yield require(
        'images decode',
        f'all {len(tree.frames):,}',
        news,
        'copy these files again from the source; training passes over them, a test '
        'run does not:\n    ' + '\n    '.join(news),
    )
    if len(news) < len(broken):
        yield require(
            'images broken in the release',
            'none',
            [text for text in broken if text not in news],
            'they are broken in the release: leave them out',
            tree.facts['known broken images'],
            Verdict.ODD,
        )
    yield _sizes(tree, sum((sizes for _, sizes in results), Counter()))


def decode(frames: FrameTable) -> tuple[list[str], Counter[tuple[int, int]]]:
    """Decode the images of some records.

    Returns:
        What is broken, one message each, and how many images have which size (width,
        height) in pixels.
    """
    broken, sizes = [], Counter()
    for record in frames:
        try:
            height, width = read_record_image(record).shape[:2]
        except BrokenImageError as error:
            broken.append(str(error))
        else:
            sizes[width, height] += 1
    return broken, sizes


def _sizes(tree: Tree, sizes: Counter[tuple[int, int]]) -> Check:
    found = ', '.join(
        f'{width} x {height}: {count:,}'
        for (width, height), count in sizes.most_common(3)
    ) + ', ...' * (len(sizes) > 3)
    usual, fact, verdict = _usual_size(tree)
    if usual is None:
        return Check('image sizes', 'any', found, Verdict.OK)
    return require(
        'image sizes',
        f'{usual[0]} x {usual[1]}',
        [] if set(sizes) <= {usual} else [found],
        'these are not the images as they were written: where do they come from?',
        fact,
        verdict,
        count=sizes.total() - sizes[usual],
        found=found,
    )


def _usual_size(tree: Tree) -> tuple[tuple[int, int] | None, Fact | None, Verdict]:
    """Return the size that images should have, who says so, and what others are."""
    if tree.prepared:
        side = tree.header.get('crop', {}).get('size')
        return ((side, side) if side else None), None, Verdict.WRONG
    fact = tree.facts.get('image size')
    if fact is None or tree.synthetic or not tree.is_read_with(fact.options):
        return None, None, Verdict.OK
    return tuple(fact.value), fact, Verdict.ODD


def _has_known(tree: Tree) -> bool:
    return 'known broken images' in tree.facts


def _jobs(frames: FrameTable) -> list[FrameTable]:
    """Cut a table into pieces that do not cross from one folder or video to another."""
    places = FrameTable(
        {name: frames.columns[name] for name in _PLACES if name in frames.columns}
    )
    paths = places.columns['img_path']
    groups = paths.folders.codes
    changes = groups[1:] != groups[:-1]
    if 'video_frame' in places.columns:
        changes |= paths.files[1:] != paths.files[:-1]
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(places)]
    return [
        places.take(np.arange(first, min(first + _PER_JOB, stop)))
        for start, stop in pairwise(edges)
        for first in range(start, stop, _PER_JOB)
    ]
