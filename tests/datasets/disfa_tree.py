"""Small hand-made trees in the layout of DISFA, made without the code under test.

With a reader of them that walks files and lines one by one.
"""

import os
import random
import re

import cv2
import numpy as np
from recording_trees import grey_jpeg, shade

FILE_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
UNITS = (1, 2, 4, 6, 9, 12, 25, 26)
FRAMES = {'SN001': 9, 'SN010': 8, 'SN013': 9, 'SN017': 9}


class DisfaTree:
    """Writes videos or frames, and label files, under ``root``."""

    def __init__(self, root, rename=str, newline='\n', encoding='utf-8', labels=None):
        self.root = root
        self.rename = rename
        self.newline = newline
        self.encoding = encoding
        self.labels = root / (labels or 'ActionUnit_Labels')

    def add_video(self, subject, count, folder=None, name=None, side='Left'):
        official = {
            'Left': ('Videos_LeftCamera', f'LeftVideo{subject}_comp.avi'),
            'Right': ('Video_RightCamera', f'RightVideo{subject}_Comp.avi'),
        }[side]
        path = self.root / (folder or official[0]) / (name or official[1])
        path = path.with_name(self.rename(path.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        fourcc = cv2.VideoWriter_fourcc(*'MJPG')
        writer = cv2.VideoWriter(str(path), fourcc, 20, (64, 48))
        for number in range(1, count + 1):
            level = shade(number) if side == 'Left' else 255 - shade(number)
            writer.write(np.full((48, 64, 3), level, np.uint8))
        writer.release()
        return path

    def add_frames(self, subject, numbers, folder='img', digits=1, offset=-1):
        """Write images whose shade is that of the label frame they belong to."""
        folder = self.root / folder / self.rename(subject)
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            path = folder / f'{number:0{digits}d}.jpg'
            path.write_bytes(grey_jpeg(shade(number - offset)))
        return folder

    def add_labels(self, subject, count, units=FILE_UNITS):
        for unit in units:
            rng = random.Random(f'{subject}/{unit}')
            lines = [f'{f},{rng.choice("0000012345")}' for f in range(1, count + 1)]
            self.write_labels(subject, unit, lines)

    def write_labels(self, subject, unit, lines):
        path = self.labels / self.rename(subject)
        path.mkdir(parents=True, exist_ok=True)
        path /= self.rename(f'{subject}_au{unit}.txt')
        path.write_bytes(self.newline.join([*lines, '']).encode(self.encoding))
        return path

    def fill(self, **images):
        """Write labels, and videos unless ``add_frames`` is given what to do."""
        for subject, count in FRAMES.items():
            self.add_labels(subject, count)
            if images:
                first = 1 + images['offset']
                self.add_frames(subject, range(first, first + count), **images)
            else:
                self.add_video(subject, count)
        return self


def read_slowly(root, units=UNITS, threshold=2):
    """Return subject, frame, intensities and labels, file by file and line by line."""
    coded = {}
    for folder, _, names in os.walk(root):
        for name in names:
            match = re.fullmatch(r'(SN\d+)_au(\d+)\.txt', name, re.IGNORECASE)
            if match:
                with open(os.path.join(folder, name), encoding='utf-8-sig') as lines:
                    for line in lines:
                        frame, intensity = map(int, line.split(','))
                        place = match[1].upper(), frame
                        coded.setdefault(place, {})[int(match[2])] = intensity
    records = []
    for (subject, frame), found in sorted(coded.items()):
        labels = [
            -1 if unit not in found else int(found[unit] >= threshold) for unit in units
        ]
        intensities = [found.get(unit, -1) for unit in FILE_UNITS]
        records.append((subject, frame, intensities, labels))
    return records


def records_of(dataset):
    return [
        (
            record['subject'],
            record['frame'],
            record['intensities'].tolist(),
            record['gt_aus'].tolist(),
        )
        for record in map(dataset.get_data_info, range(len(dataset)))
    ]


def subjects(dataset):
    return {subject for subject, *_ in records_of(dataset)}
