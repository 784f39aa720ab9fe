"""Small hand-made trees in the layout of BP4D, made without the code under test.

With a reader of them that walks rows and files one by one.
"""

import csv
import os
import random
import re

import cv2
import numpy as np

UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
MEANING = {'0': 0, '1': 1, '9': -1}
TASKS = ('T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8')

# subject, task, zero padding of the names, first image, coded frames
SEQUENCES = (
    ('F001', 'T1', 4, 2436, range(2440, 2447)),
    ('F001', 'T3', 3, 8, range(9, 15)),
    ('F003', 'T2', 4, 996, range(998, 1004)),
    ('F007', 'T8', 3, 95, range(97, 103)),
    ('M005', 'T8', 2, 1, range(1, 8)),
    ('M006', 'T4', 4, 1, range(3, 8)),
    ('M006', 'T5', 3, 1, range(2, 8)),
    ('M006', 'T6', 4, 470, range(471, 476)),
    ('M007', 'T7', 4, 1, range(4, 10)),
)


def grey_jpeg(level):
    """Return the bytes of a 16 x 12 JPEG of one grey level."""
    return cv2.imencode('.jpg', np.full((12, 16, 3), level, np.uint8))[1].tobytes()


def shade(frame):
    """Return the grey level that stands for a frame number."""
    return 17 * frame % 240 + 8


class Bp4dTree:
    """Writes sequences and labels under ``root``, packaged as asked."""

    def __init__(
        self,
        root,
        images='Sequences(2D+3D)',
        labels='AUCoding/AU_OCC',
        suffix='.jpg',
        rename=str,
        newline='\n',
        encoding='utf-8',
        header=range(100),
    ):
        self.root = root
        self.images = root / images
        self.labels = root / labels
        self.suffix = suffix
        self.rename = rename
        self.newline = newline
        self.encoding = encoding
        self.header = tuple(header)

    def add_images(self, subject, task, numbers, digits=4):
        folder = self.images / self.rename(subject) / self.rename(task)
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            name = f'{number:0{digits}d}{self.suffix}'
            (folder / name).write_bytes(grey_jpeg(shade(number)))
        return folder

    def add_video(self, subject, code, count):
        """Write ``2F01_01.avi``; its frames are shaded 1, 2, ... from the first."""
        self.images.mkdir(parents=True, exist_ok=True)
        path = self.images / self.rename(f'2{subject[0]}{subject[2:]}_{code}.avi')
        fourcc = cv2.VideoWriter_fourcc(*'MJPG')
        writer = cv2.VideoWriter(str(path), fourcc, 25, (64, 48))
        for number in range(1, count + 1):
            writer.write(np.full((48, 64, 3), shade(number), np.uint8))
        writer.release()
        return path

    def add_labels(self, subject, task, frames, code_of=None):
        """Write codes that depend on the place only, one in twelve of them a 9."""
        rng = random.Random(f'{subject}/{task}')
        lines = [','.join(map(str, self.header))]
        for frame in frames:
            codes = dict.fromkeys(range(100), 9)
            codes |= {unit: rng.choice('00000011119') for unit in range(1, 40)}
            codes |= code_of or {}
            lines.append(
                ','.join([str(frame), *(str(codes[unit]) for unit in self.header[1:])])
            )
        return self.write_labels(subject, task, lines)

    def write_labels(self, subject, task, lines):
        self.labels.mkdir(parents=True, exist_ok=True)
        path = self.labels / self.rename(f'{subject}_{task}.csv')
        text = self.newline.join([*lines, ''])
        path.write_bytes(text.encode(self.encoding))
        return path

    def fill(self):
        """Write SEQUENCES, each with a few uncoded images before and behind."""
        for subject, task, digits, first, coded in SEQUENCES:
            self.add_images(subject, task, range(first, coded[-1] + 3), digits)
            self.add_labels(subject, task, coded)
        return self


def read_slowly(root, frames='coded', offset=0):
    """Return all records, by walking the tree and reading each csv row by row."""
    labels, images = {}, {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            stem = name.split('.')[0].upper()
            if re.fullmatch(r'[FM]\d{3}_T\d+\.csv', name, re.IGNORECASE):
                subject, task = stem.split('_')
                with open(path, newline='', encoding='utf-8-sig') as lines:
                    for row in csv.DictReader(lines):
                        place = subject, task, int(row['0'])
                        labels[place] = [MEANING[row[str(unit)]] for unit in UNITS]
            elif re.fullmatch(r'\d{1,5}\.(jpe?g|png)', name, re.IGNORECASE):
                subject, task = folder.upper().split(os.sep)[-2:]
                images[subject, task, int(stem) - offset] = path
    return [
        {
            'img_path': images[place],
            'subject': place[0],
            'sequence': place[1],
            'frame': place[2],
            'activity': int(place[1][1:]) - 1,
            'gt_aus': labels.get(place, [-1] * 12),
        }
        for place in sorted(images, key=lambda key: (key[0], int(key[1][1:]), key[2]))
        if frames == 'all' or place in labels
    ]


def records_of(dataset):
    records = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [{**record, 'gt_aus': record['gt_aus'].tolist()} for record in records]


def frames_of(dataset):
    return [record['frame'] for record in records_of(dataset)]


def subjects_of(dataset):
    return {record['subject'] for record in records_of(dataset)}


def oddities_of(dataset):
    return dict(dataset.report.oddities)
