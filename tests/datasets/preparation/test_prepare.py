"""Preparation from the official tree to the index, with stops, limits and damage."""

import csv
import errno
import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from clef_mm.datasets import BP4D, FaceDataset
from clef_mm.datasets.face_dataset import DatasetOptionError
from clef_mm.datasets.preparation import PreparationError, crop_job, prepare
from clef_mm.datasets.preparation.work_folder import WorkFolder
from clef_mm.datasets.prepared_index import read_header
from clef_mm.faces.crop_policy import CropPolicyError, get_policy

POLICY = get_policy('aligned', size=16)
DETECTOR = {'type': 'CentreDetector'}


def run(source, dst, policy=POLICY, workers=1, **options):
    dataset = BP4D(source, lazy_init=True, **options)
    return prepare(dataset, dst, policy, DETECTOR, options, workers)


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob('*'))
        if path.is_file()
    }


def keys_and_labels(dataset):
    return {
        (r['subject'], r['sequence'], r['frame']): (r['activity'], r['gt_aus'].tolist())
        for r in dataset.data_list
    }


@pytest.fixture
def source(make_tree):
    return make_tree().fill().root


def dark(source):
    """Frames in which the detector finds nothing: their shade is below 40."""
    return {
        (r['subject'], r['sequence'], r['frame'])
        for r in BP4D(source).data_list
        if cv2.imread(r['img_path']).mean() < 40
    }


def test_prepared_tree_is_read_in_place_of_the_source(source, tmp_path):
    dst = tmp_path / 'prepared'
    done = run(source, dst)
    original, prepared = BP4D(source), BP4D(dst)
    expected = keys_and_labels(original)
    lost = dark(source)
    assert lost
    assert done.frames == len(prepared) == len(original) - len(lost)
    assert keys_and_labels(prepared) == {
        key: value for key, value in expected.items() if key not in lost
    }
    for record in prepared.data_list:
        assert cv2.imread(record['img_path']).shape == (16, 16, 3)
        assert record['score'] == 0.75
        np.testing.assert_allclose(record['box'], [3, 1, 11, 10])
        assert record['points'].shape == (5, 2)
    assert prepared.metainfo['crop']['name'] == 'aligned'
    assert original.metainfo['crop'] is None


def test_crops_show_the_frame_they_are_named_after(source, tmp_path):
    run(source, tmp_path / 'prepared')
    originals = {
        (r['subject'], r['sequence'], r['frame']): cv2.imread(r['img_path']).mean()
        for r in BP4D(source).data_list
    }
    for record in BP4D(tmp_path / 'prepared').data_list:
        key = record['subject'], record['sequence'], record['frame']
        middle = cv2.imread(record['img_path'])[6:10, 6:10].mean()
        assert middle == pytest.approx(originals[key], abs=3)


def test_lost_frames_are_listed_with_the_reason(source, tmp_path):
    broken = next((source / 'Sequences(2D+3D)/F001/T3').glob('*10.jpg'))
    broken.write_bytes(broken.read_bytes()[:100])
    done = run(source, tmp_path / 'prepared')
    with (tmp_path / 'prepared/lost_frames.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    by_key = {(r['subject'], r['sequence'], int(r['frame'])): r['reason'] for r in rows}
    assert 'cut short' in by_key.pop(('F001', 'T3', 10))
    assert set(by_key.values()) == {'no face found'}
    assert done.lost.total() == len(rows)
    assert done.lost['no face found'] == len(by_key)
    assert [r['image'] for r in rows if 'cut' in r['reason']] == [str(broken)]
    assert read_header(tmp_path / 'prepared')['lost'] == dict(done.lost)


def test_options_and_policy_stand_in_the_index(source, tmp_path):
    run(source, tmp_path / 'prepared', frames='all')
    header = read_header(tmp_path / 'prepared')
    assert header['dataset'] == 'BP4D'
    assert header['options'] == {'frames': 'all'}
    assert header['crop'] == POLICY.describe(
        {**DETECTOR, 'version': '1', 'long_side': 64}
    )
    assert header['synthetic'] is False


def test_all_frames_serve_both_stages(source, tmp_path):
    run(source, tmp_path / 'prepared', frames='all')
    for frames in ('coded', 'all'):
        prepared = keys_and_labels(BP4D(tmp_path / 'prepared', frames=frames))
        original = keys_and_labels(BP4D(source, frames=frames))
        assert prepared.items() <= original.items()
        assert len(original) - len(prepared) < len(original) / 3


def test_splits_work_on_prepared_trees(source, tmp_path):
    run(source, tmp_path / 'prepared')
    for split in ('train', 'test'):
        prepared = BP4D(tmp_path / 'prepared', split=split, fold=1)
        original = BP4D(source, split=split, fold=1)
        assert set(prepared.column('subject')) == set(original.column('subject'))


def test_videos(make_tree, tmp_path):
    tree = make_tree(images='BP4D-Spontaneous')
    tree.add_video('F001', '01', 14)
    tree.add_labels('F001', 'T1', range(4, 12))
    dst = tmp_path / 'prepared'
    prepare(BP4D(tree.root, lazy_init=True), dst, POLICY, DETECTOR, {}, 1)
    prepared = BP4D(dst)
    assert 'video_frame' not in prepared.data_list.columns
    for record in prepared.data_list:
        shade = 17 * record['frame'] % 240 + 8
        assert cv2.imread(record['img_path'])[8, 8].mean() == pytest.approx(
            shade, abs=6
        )


class StoppedError(Exception):
    pass


@pytest.mark.parametrize('where', ['crop', 'shard'])
def test_goes_on_where_it_stopped(source, tmp_path, monkeypatch, detections, where):
    """Stopped later and later; ends like an undisturbed run."""
    run(source, tmp_path / 'undisturbed')
    undisturbed = detections()
    name = {'crop': '_write_jpeg', 'shard': 'save_table'}[where]
    whole = getattr(crop_job, name)
    stops = 0
    for attempt in range(100):
        calls = itertools.count()

        def stopping(*args, calls=calls, stop=4 + attempt):
            if next(calls) == stop:
                if where == 'crop':
                    args[0].parent.mkdir(parents=True, exist_ok=True)
                    args[0].write_bytes(b'half')
                raise StoppedError
            whole(*args)

        with monkeypatch.context() as patch:
            patch.setattr(crop_job, name, stopping)
            try:
                run(source, tmp_path / 'stopped')
                break
            except StoppedError:
                stops += 1
        assert not (tmp_path / 'stopped/index.npz').exists()
    assert stops >= 1
    assert content(tmp_path / 'stopped') == content(tmp_path / 'undisturbed')
    # Finished pieces were not done again: at most eight frames and the stop's own.
    assert detections() - undisturbed < undisturbed + 12 * (stops + 1)


def test_finished_is_finished(source, tmp_path, detections):
    run(source, tmp_path / 'prepared')
    before, calls = content(tmp_path / 'prepared'), detections()
    again = run(source, tmp_path / 'prepared')
    assert content(tmp_path / 'prepared') == before
    assert (detections(), again.done_now) == (calls, 0)
    assert again.frames == len(BP4D(tmp_path / 'prepared'))


def test_source_is_only_read(source, tmp_path):
    def state():
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_size)
            for path in source.rglob('*')
        }

    before = state()
    run(source, tmp_path / 'prepared')
    assert state() == before


def test_disk_full(source, tmp_path, monkeypatch):
    written = []
    write = Path.write_bytes

    def full(path, data):
        if path.parent.parent.parent.name == 'faces' and len(written) == 12:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(path)
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, 'write_bytes', full)
        with pytest.raises(PreparationError, match=r'No space left.*Free some space'):
            run(source, tmp_path / 'prepared')
    assert not (tmp_path / 'prepared/index.npz').exists()
    run(source, tmp_path / 'prepared')
    assert len(BP4D(tmp_path / 'prepared'))


@pytest.mark.parametrize('place', ['.', 'crops', 'a/b'])
def test_destination_within_the_source(source, place):
    with pytest.raises(PreparationError, match='which is never written to'):
        run(source, source / place)


def test_destination_with_other_contents(source, tmp_path):
    (tmp_path / 'thesis.txt').write_text('years of work')
    with pytest.raises(PreparationError, match='is not empty'):
        run(source, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p != source] == ['thesis.txt']


@pytest.mark.parametrize('finished', [True, False])
def test_other_settings_are_refused(source, tmp_path, monkeypatch, finished):
    if finished:
        run(source, tmp_path / 'prepared')
    else:
        monkeypatch.setattr(crop_job, '_write_jpeg', lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(source, tmp_path / 'prepared')
    with pytest.raises(PreparationError, match=r'other settings:\n  crop: there'):
        run(source, tmp_path / 'prepared', get_policy('aligned', size=20))


def test_changed_source_is_noticed(source, tmp_path):
    run(source, tmp_path / 'prepared')
    next((source / 'Sequences(2D+3D)/F001/T1').glob('*2441.jpg')).unlink()
    with pytest.raises(PreparationError, match='source_frames'):
        run(source, tmp_path / 'prepared')


def test_prepared_trees_are_no_source(source, tmp_path):
    run(source, tmp_path / 'prepared')
    with pytest.raises(PreparationError, match='is prepared already'):
        run(tmp_path / 'prepared', tmp_path / 'again')


def test_not_one_face(make_tree, tmp_path):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 15])  # both dark
    tree.add_labels('F001', 'T1', range(1, 2))
    with pytest.raises(PreparationError, match=r'not one face .* no face found'):
        run(tree.root, tmp_path / 'prepared')


def test_two_runs_at_once(source, tmp_path):
    held = WorkFolder(tmp_path / 'prepared')
    expected = pytest.raises(PreparationError, match='by another process right now')
    with held, expected:
        run(source, tmp_path / 'prepared')
    run(source, tmp_path / 'prepared')
    assert len(BP4D(tmp_path / 'prepared'))


def test_killed_at_its_very_start(source, tmp_path):
    (tmp_path / 'prepared/.preparing').mkdir(parents=True)
    (tmp_path / 'prepared/.preparing/settings.tmp').write_text('{')
    run(source, tmp_path / 'prepared')
    assert len(BP4D(tmp_path / 'prepared'))


def test_a_disk_that_fails_for_a_while_loses_no_frame(source, tmp_path, monkeypatch):
    read = Path.read_bytes

    def failing(path):
        if path.suffix == '.jpg' and path.parent.name == 'T3':
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, 'read_bytes', failing)
        with pytest.raises(PreparationError, match='No frame is given up for this'):
            run(source, tmp_path / 'prepared')
    done = run(source, tmp_path / 'prepared')
    assert set(done.lost) == {'no face found'}


def test_changed_labels_are_noticed(source, tmp_path):
    run(source, tmp_path / 'prepared')
    file = source / 'AUCoding/AU_OCC/F001_T1.csv'
    head, *rows = file.read_text().splitlines()
    flipped = [row.translate(str.maketrans('01', '10')) for row in rows]
    numbered = [
        f'{row.split(",")[0]},{flip.split(",", 1)[1]}'
        for row, flip in zip(rows, flipped, strict=True)
    ]
    file.write_text('\n'.join([head, *numbered]))
    with pytest.raises(PreparationError, match='source_frames'):
        run(source, tmp_path / 'prepared')


@pytest.mark.parametrize(
    ('made', 'asked', 'refused'),
    [
        ({}, {'frames': 'all'}, "frames='coded'.*frames='all' asks for"),
        ({}, {'frame_offset': -1}, 'frame_offset=0'),
        ({'frames': 'all'}, {'frames': 'coded'}, None),
        ({}, {}, None),
    ],
)
def test_what_a_prepared_tree_does_not_hold(source, tmp_path, made, asked, refused):
    run(source, tmp_path / 'prepared', **made)
    if refused is None:
        assert len(BP4D(tmp_path / 'prepared', **asked))
        return
    with pytest.raises(DatasetOptionError, match=refused):
        BP4D(tmp_path / 'prepared', **asked)


def test_what_was_lost_is_reported_when_the_tree_is_read(source, tmp_path):
    lost = run(source, tmp_path / 'prepared').lost.total()
    report = BP4D(tmp_path / 'prepared').report
    assert report.oddities['frames lost when the tree was prepared'] == lost


@pytest.mark.parametrize(
    ('arguments', 'options', 'message'),
    [
        ({'workers': 0}, {}, 'workers must be at least 1'),
        ({}, {'every': 2}, 'is prepared whole'),
        ({}, {'subjects': ['F001']}, 'is prepared whole'),
        ({}, {'split': 'train', 'fold': 1}, 'is prepared whole'),
    ],
)
def test_arguments_that_make_no_sense(source, tmp_path, arguments, options, message):
    with pytest.raises(PreparationError, match=message):
        run(source, tmp_path / 'prepared', **arguments, **options)


def test_a_policy_that_the_dataset_cannot_serve_leaves_nothing(source, tmp_path):
    with pytest.raises(CropPolicyError, match='BP4D ships no landmarks'):
        run(source, tmp_path / 'prepared', policy=get_policy('aligned_own', size=16))
    assert not (tmp_path / 'prepared').exists()


class Given(FaceDataset):
    METAINFO = dict(dataset='Given')  # noqa: RUF012
    records = ()

    def load_frames(self):
        return list(self.records)


@pytest.mark.parametrize('subject', ['/tmp/evil', '..', 'a/b'])
def test_names_that_lead_out_of_the_tree(tmp_path, subject):
    (tmp_path / 'source').mkdir()
    dataset = Given(tmp_path / 'source', lazy_init=True)
    dataset.records = [
        dict(img_path='a.jpg', subject=subject, sequence='c', frame=1, gt_aus=[1])
    ]
    with pytest.raises(PreparationError, match='cannot be the name of a folder'):
        prepare(dataset, tmp_path / 'dst', POLICY, DETECTOR, {}, 1)


def test_nothing_to_prepare(tmp_path):
    (tmp_path / 'source').mkdir()
    with pytest.raises(PreparationError, match='no frame to prepare'):
        prepare(
            Given(tmp_path / 'source', lazy_init=True),
            *(tmp_path / 'dst', POLICY, DETECTOR, {}, 1),
        )
