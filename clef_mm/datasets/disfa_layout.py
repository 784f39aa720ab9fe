"""Where the files of DISFA lie: names vary in letter case and in the plural."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.folder_search import find_files, find_folder, subfolders
from clef_mm.datasets.reading.recordings import choose_source, holds_frames

CAMERAS = ('left', 'right')

_SUBJECT = re.compile(r'SN\d{3}', re.IGNORECASE)
_LABELS = re.compile(r'(SN\d{3})_au(\d+)\.txt', re.IGNORECASE)
_LANDMARKS = re.compile(r'(?:SN\d{3}_|l)(\d+)_lm\.mat', re.IGNORECASE)
_VIDEO = re.compile(
    r'(left|right)_?videos?_?(SN\d{3}).*\.(avi|mp4|mov|mkv|wmv)', re.IGNORECASE
)
_FRAME_FOLDER = re.compile(r'.*?(SN\d{3})(_comp)?', re.IGNORECASE)
_FRAME_FOLDER_DEPTH = 3
# Folders of the release that repeat the names of subjects, but hold no images.
_NOT_IMAGES = {'actionunit_labels', 'landmark_points'}


def find_label_files(root: Path) -> dict[str, dict[int, Path]]:
    """Return, by subject, the label file of each action unit."""
    return _numbered_files(root, 'ActionUnit_Labels', '', _LABELS, number=2)


def find_landmark_files(root: Path) -> dict[str, dict[int, Path]]:
    """Return, by subject, the landmark files by the number in their name."""
    return _numbered_files(
        root, 'Landmark_Points', 'tmp_frame_lm', _LANDMARKS, number=1
    )


def find_sources(root: Path, camera: str, report: LoadReport) -> dict[str, Path]:
    """Return, by subject, the folder of extracted frames, or else the video.

    Args:
        root: Folder of the dataset.
        camera: ``'left'`` or ``'right'``. Frames that lie in a folder which names
            neither may be of either.
        report: Takes note of videos passed over because of extracted frames.

    Raises:
        DataRootError: If two places hold the frames of one subject.
    """
    folders, videos = defaultdict(list), defaultdict(list)
    for place in _places(root):
        for path in find_files(place):
            match = _VIDEO.fullmatch(path.name)
            if match and match[1].lower() == camera:
                videos[match[2].upper()].append(path)
        for path in subfolders(place):
            match = _FRAME_FOLDER.fullmatch(path.name)
            if match and _may_be_of(camera, path.relative_to(root)):
                folders[match[1].upper()].append(path)
    folders = {
        subject: filled
        for subject, paths in folders.items()
        if (filled := [path for path in paths if holds_frames(path)])
    }
    report.note(
        'subjects with a video but without frames, while others are extracted',
        sorted(videos.keys() - folders.keys()) if folders else [],
    )
    found = folders or videos
    return {subject: choose_source(found[subject]) for subject in sorted(found)}


def _numbered_files(
    root: Path, name: str, inner: str, pattern: re.Pattern[str], number: int
) -> dict[str, dict[int, Path]]:
    """Find the files ``name/SN001/inner/...`` of each subject, by their number."""
    found = {}
    for folder in subfolders(find_folder(root, name)):
        if _SUBJECT.fullmatch(folder.name):
            files = {
                int(match[number]): path
                for path in find_files(find_folder(folder, inner) or folder)
                if (match := pattern.fullmatch(path.name))
            }
            if files:
                found[folder.name.upper()] = files
    return found


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


def _may_be_of(camera: str, folder: Path) -> bool:
    """Return whether the names of a folder and its parents allow for the camera."""
    named = [name for name in CAMERAS if name in folder.as_posix().lower()]
    return not named or camera in named
