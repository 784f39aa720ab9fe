"""Where the files of DISFA lie: names vary in letter case and in the plural."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.folder_search import (
    find_files,
    find_folder,
    innermost_of_name,
    subfolders,
)
from clef_mm.datasets.reading.recordings import choose_source, holds_frames

CAMERAS = ('left', 'right')

Places = Mapping[str, list[Path]]
"""Folders or videos by subject."""

_SUBJECT = re.compile(r'SN\d{3}', re.IGNORECASE)
_LABELS = re.compile(r'(SN\d{3})_au(\d+)\.txt', re.IGNORECASE)
_LANDMARKS = re.compile(r'(?:SN\d{3}_|l)(\d+)_lm\.mat', re.IGNORECASE)
_VIDEO = re.compile(
    r'(left|right)_?videos?_?(SN\d{3}).*\.(avi|mp4|mov|mkv|wmv)', re.IGNORECASE
)
_FRAME_FOLDER = re.compile(r'.*?(SN\d{3})(_comp)?', re.IGNORECASE)
_FRAME_FOLDER_DEPTH = 3
# Words of names such as Videos_LeftCamera, LEFT_frames, leftvideosn001_comp.
_WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+')
_SIDE = re.compile(
    r'(left|right)(?:cam(?:era)?|videos?|frames?|images?|imgs?)*(?:sn)?', re.IGNORECASE
)
# Folders of the release that repeat the names of subjects, but hold no images.
_NOT_IMAGES = {'actionunit_labels', 'landmark_points'}


def find_label_files(root: Path) -> dict[str, dict[int, Path]]:
    """Return, by subject, the label file of each action unit."""
    found = {
        folder.name.upper(): _numbered_files(folder, _LABELS, number=2)
        for folder in _subject_folders(root, 'ActionUnit_Labels')
    }
    return {subject: files for subject, files in found.items() if files}


def find_landmark_folders(root: Path) -> dict[str, Path]:
    """Return, by subject, the folder that holds landmark files."""
    found = {}
    for folder in _subject_folders(root, 'Landmark_Points'):
        inner = find_folder(folder, 'tmp_frame_lm') or folder
        with os.scandir(inner) as entries:  # there are thousands: one will do
            if any(_LANDMARKS.fullmatch(entry.name) for entry in entries):
                found[folder.name.upper()] = inner
    return found


def list_landmark_files(folder: Path) -> dict[int, Path]:
    """Return the landmark files of a subject by the number in their name."""
    return _numbered_files(folder, _LANDMARKS, number=1)


def find_sources(root: Path, camera: str, report: LoadReport) -> dict[str, Path]:
    """Return, by subject, where the images are.

    That is the folder of frames whose name, or that of a folder around it, tells the
    camera; or else the video; or else frames that may be of either camera.

    Args:
        root: Folder of the dataset.
        camera: ``'left'`` or ``'right'``.
        report: Takes note of what is passed over.

    Raises:
        DataRootError: If two places hold the frames of one subject.
    """
    named, neutral, videos = defaultdict(list), defaultdict(list), defaultdict(list)
    unrecognised = defaultdict(list)
    for place in _places(root):
        for path in find_files(place):
            match = _VIDEO.fullmatch(path.name)
            if match and match[1].lower() == camera:
                videos[match[2].upper()].append(path)
        for path in subfolders(place):
            match = _FRAME_FOLDER.fullmatch(path.name)
            if not match:
                continue
            cameras = _cameras(path.relative_to(root))
            subject = match[1].upper()
            if not holds_frames(path):
                unrecognised[subject] += [path] if find_files(path) else []
            elif not cameras:
                neutral[subject].append(path)
            elif camera in cameras:
                named[subject].append(path)
    found = {**neutral, **videos, **named}
    _note_passed_over(report, camera, named, videos, neutral)
    report.note(
        'folders of a subject without a numbered image such as 0.jpg',
        [
            str(path)
            for subject in sorted(unrecognised.keys() - found.keys())
            for path in unrecognised[subject]
        ],
    )
    return {subject: choose_source(found[subject]) for subject in sorted(found)}


def _note_passed_over(
    report: LoadReport, camera: str, named: Places, videos: Places, neutral: Places
) -> None:
    report.note(
        f'videos of the {camera} camera passed over for extracted frames',
        [str(videos[subject][0]) for subject in sorted(named.keys() & videos.keys())],
    )
    better = named.keys() | videos.keys()
    report.note(
        f'folders of frames that name no camera, passed over for what is of the '
        f'{camera} one',
        [str(neutral[subject][0]) for subject in sorted(neutral.keys() & better)],
    )


def _subject_folders(root: Path, name: str) -> list[Path]:
    """Return the folders ``name/SN001``, or ``name/name/SN001``."""
    place = find_folder(root, name)
    if place is None:
        return []
    return [
        folder
        for folder in subfolders(innermost_of_name(place))
        if _SUBJECT.fullmatch(folder.name)
    ]


def _numbered_files(
    folder: Path, pattern: re.Pattern[str], number: int
) -> dict[int, Path]:
    """Return the files that match, by the number in a group of the pattern."""
    return {
        int(match[number]): path
        for path in find_files(folder)
        if (match := pattern.fullmatch(path.name))
    }


def _places(root: Path) -> Iterator[Path]:
    """Yield the root and the folders below it that may hold recordings."""
    level = [root]
    for _ in range(_FRAME_FOLDER_DEPTH):
        yield from level
        level = [
            path
            for place in level
            for path in subfolders(place)
            if path.name.lower() not in _NOT_IMAGES
            and not _FRAME_FOLDER.fullmatch(path.name)
        ]


def _cameras(folder: Path) -> set[str]:
    """Return the cameras that the innermost name with a camera in it names."""
    for name in reversed(folder.parts):
        sides = map(_SIDE.fullmatch, _WORD.findall(name))
        if named := {side[1].lower() for side in sides if side}:
            return named
    return set()
