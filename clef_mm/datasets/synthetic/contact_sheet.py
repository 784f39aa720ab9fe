"""Images that let a person check the world: every AU, combinations, tasks, photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.synthetic.action_units import ACTION_UNITS, AU_NUMBERS
from clef_mm.datasets.synthetic.bp4d_layout import BP4D_TASK_EMOTIONS
from clef_mm.datasets.synthetic.expressions import EXPRESSIONS
from clef_mm.datasets.synthetic.face_crops import cut, square_crop
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.world import draw_subject, simulate_sequence

_CELL = 96  # pixels: what a network sees, not enlarged
_CAPTION = 13
_PHOTO_CELL, _PHOTO_ROWS = 128, 6
_PHOTO_MARGIN = 1.7  # of a photograph about the landmarks
_LEVEL = 8  # grey levels that are told apart
_INK, _PAPER = (30, 30, 30), (250, 250, 250)
_FACES = ('F005', 'M004', 'M006', 'M018')
_TASK_SUBJECTS = (('F001', 'M003'), ('F009', 'M017'))
_COMBINATIONS: tuple[tuple[int, ...], ...] = (
    (1, 2),
    (1, 4),
    (1, 2, 4),
    (4, 7),
    (6, 7),
    (6, 12),
    (6, 7, 12),
    (10, 12),
    (12, 14),
    (12, 25),
    (14, 24),
    (15, 17),
    (1, 4, 15),
    (17, 23),
    (17, 24),
    (23, 24),
    (4, 7, 10),
    (9, 10, 17),
)


def write_contact_sheet(path: str | Path, seed: int = 0) -> None:
    """Write a PNG with each AU alone, usual combinations, and subjects by tasks.

    Args:
        path: Of the PNG; its folder is made.
        seed: Seed of the world.

    Raises:
        OSError: The file cannot be written.
    """
    _write_png(Path(path), contact_sheet(seed))


def write_expression_sheet(path: str | Path, seed: int = 0) -> None:
    """Write a PNG with photographs of every expression.

    Args:
        path: Of the PNG; its folder is made.
        seed: Seed of the world.

    Raises:
        OSError: The file cannot be written.
    """
    _write_png(Path(path), expression_sheet(seed))


def contact_sheet(seed: int = 0) -> np.ndarray:
    """Draw the sheet: an RGB image of shape (H, W, 3), uint8."""
    faces = [draw_subject(seed, subject)[0] for subject in _FACES]
    alone = {'neutral': {}} | {f'AU{number}': {number: 1.0} for number in ACTION_UNITS}
    together = {
        '+'.join(map(str, numbers)): dict.fromkeys(numbers, 1.0)
        for numbers in _COMBINATIONS
    }
    blocks = [
        _title('Rendered stand-ins, not real people. Each action unit alone'),
        _expressions(faces, alone),
        _title('Combinations of action units'),
        _expressions(faces, together),
        _title('Subjects and tasks: a lively frame of each, its AUs below'),
        np.concatenate([_tasks(seed, subjects) for subjects in _TASK_SUBJECTS], 1),
    ]
    width = max(block.shape[1] for block in blocks)
    return np.concatenate([_widen(block, width) for block in blocks])


def expression_sheet(seed: int = 0) -> np.ndarray:
    """Draw photographs, a column for each expression: RGB (H, W, 3), uint8."""
    columns = [
        np.concatenate(
            [
                _caption(name, _PHOTO_CELL),
                *(_photo(seed, f'sheet {row}', name) for row in range(_PHOTO_ROWS)),
            ]
        )
        for name in EXPRESSIONS
    ]
    title = _title('Rendered stand-ins, not real people. Expressions as photographs')
    photos = np.concatenate(columns, axis=1)
    return np.concatenate([_widen(title, photos.shape[1]), photos])


def _photo(seed: int, name: str, expression: str) -> np.ndarray:
    """A photograph around its face, without camera noise."""
    photo = draw_photo(seed, f'{name} {expression}', {expression: 1.0}, _PHOTO_CELL)
    quiet = replace(photo, camera=replace(photo.camera, noise=0.0))
    crop = square_crop(photo.landmarks(), _PHOTO_CELL, margin=_PHOTO_MARGIN)
    image = cut(quiet.render(), crop, _PHOTO_CELL)
    return image // _LEVEL * _LEVEL + _LEVEL // 2


def _write_png(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    smallest = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    if not cv2.imwrite(str(path), image[..., ::-1], smallest):
        raise OSError(f'{path}: could not be written')


def _expressions(
    faces: list[Identity], expressions: Mapping[str, Mapping[int, float]]
) -> np.ndarray:
    """One row per face, one captioned column per expression."""
    columns = [
        np.concatenate([_caption(name), *(_cell(face, shown) for face in faces)])
        for name, shown in expressions.items()
    ]
    return np.concatenate(columns, axis=1)


def _tasks(seed: int, subjects: tuple[str, ...]) -> np.ndarray:
    """One lively frame of each subject (rows) and task, and which AUs it shows."""
    columns = []
    for task, emotion in BP4D_TASK_EMOTIONS.items():
        cells = [_caption(f'{task} {emotion}')]
        for subject in subjects:
            sequence = simulate_sequence(seed, subject, task, emotion, 24)
            liveliness = sequence.intensities.sum(axis=1)
            lively = int(liveliness.argsort()[len(sequence) * 2 // 3])
            intensities = dict(
                zip(AU_NUMBERS, sequence.intensities[lively].tolist(), strict=True)
            )
            cells.append(_cell(sequence.identity, intensities))
            present = np.flatnonzero(sequence.occurrence[lively])
            cells.append(_caption('+'.join(str(AU_NUMBERS[k]) for k in present)))
        columns.append(np.concatenate(cells))
    return np.concatenate(columns, axis=1)


def _cell(identity: Identity, intensities: Mapping[int, float]) -> np.ndarray:
    """A frame without camera noise and in fewer colours, so that the PNG is small."""
    quiet = replace(identity, scene=replace(identity.scene, noise=0.0))
    return render(quiet, intensities, size=_CELL) // _LEVEL * _LEVEL + _LEVEL // 2


def _caption(text: str, width: int = _CELL) -> np.ndarray:
    strip = np.full((_CAPTION, width, 3), _PAPER, np.uint8)
    place = (3, _CAPTION - 4)
    cv2.putText(
        strip, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.33, _INK, 1, cv2.LINE_AA
    )
    return strip


def _title(text: str) -> np.ndarray:
    strip = np.full((26, 8 * _CELL, 3), _PAPER, np.uint8)
    cv2.putText(
        strip, text, (4, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA
    )
    return strip


def _widen(block: np.ndarray, width: int) -> np.ndarray:
    """Pad a block on the right with paper."""
    padded = np.full((block.shape[0], width, 3), _PAPER, np.uint8)
    padded[:, : block.shape[1]] = block
    return padded
