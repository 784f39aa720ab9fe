"""tools/dataset_tools/prepare.py as a user calls it, with the real detector."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clef_mm.datasets import BP4D
from clef_mm.datasets.prepared_index import read_header
from clef_mm.datasets.synthetic import write_bp4d

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_tools'


def call(script, *arguments, cwd='.'):
    return subprocess.run(
        [sys.executable, TOOLS / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
    )


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    """Two rendered people, large enough to be found, in a folder with a space."""
    root = tmp_path_factory.mktemp('rendered faces') / 'BP4D'
    write_bp4d(
        root, subjects=['F001', 'F003'], frames_per_sequence=2, size=128, workers=1
    )
    return root


@pytest.fixture(scope='module')
def prepared(faces, tmp_path_factory):
    dst = tmp_path_factory.mktemp('prepared') / 'bp4d'
    done = call('prepare.py', 'bp4d', '--src', faces, '--dst', dst, '--size', 96)
    assert done.returncode == 0, done.stderr
    return dst, done


def test_what_it_says(prepared):
    dst, done = prepared
    index = BP4D(dst)
    assert f'{len(index)} crops, 0 frames lost' in done.stdout
    assert 'frames per second and process' in done.stdout
    assert 'faces of BP4D: ' in done.stderr
    assert ' s left' in done.stderr


def test_faces_are_found_level_and_marked_as_rendered(prepared, faces):
    dst, _ = prepared
    crops, frames = BP4D(dst), BP4D(faces)
    assert len(crops) == len(frames)
    np.testing.assert_array_equal(crops.column('gt_aus'), frames.column('gt_aus'))
    assert crops.metainfo['synthetic']
    assert (crops.column('score') > 0.6).all()
    eyes = crops.column('points')[:, 1] - crops.column('points')[:, 0]
    assert (eyes[:, 0] > 15).all()


def test_crop_policy_names_the_detectors_weights(prepared):
    crop = read_header(prepared[0])['crop']
    assert (crop['name'], crop['size']) == ('aligned', 96)
    assert crop['detector']['type'] == 'MTCNN'
    assert len(crop['detector']['version']) > 8


def test_called_again_it_does_nothing(prepared, faces):
    dst, _ = prepared
    before = (dst / 'index.npz').stat().st_mtime_ns
    done = call('prepare.py', 'bp4d', '--src', faces, '--dst', dst, '--size', 96)
    assert 'prepared already' in done.stderr
    assert (dst / 'index.npz').stat().st_mtime_ns == before


def test_the_doctor_finds_it_right(prepared):
    done = call('doctor.py', 'bp4d', prepared[0], '--deep')
    assert done.returncode == 0, done.stdout
    assert 'SYNTHETIC' in done.stdout


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--policy', 'alinged'], "no crop policy 'alinged'; did you mean 'aligned'"),
        (['--detector', 'MTCN'], "no face detector is called 'MTCN'"),
        (['--size', '4'], 'size 4 is not in 16 .. 2048'),
        (['--policy', 'box_own'], 'ships no face boxes'),
        (['--options', 'frames'], 'options are KEY=VALUE'),
        (['--options', 'frames=some'], "frames must be 'coded' or 'all'"),
        (['--options', 'camera=left'], "unexpected keyword argument 'camera'"),
        (['--detector-options', 'size=9'], "takes no argument 'size'"),
    ],
)
def test_mistakes_are_named_without_a_traceback(faces, tmp_path, arguments, message):
    done = call(
        *('prepare.py', 'bp4d', '--src', faces, '--dst', tmp_path / 'out'), *arguments
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert 'Traceback' not in done.stderr


def test_no_data(tmp_path):
    done = call('prepare.py', 'bp4d', '--src', tmp_path / 'no', '--dst', tmp_path / 'd')
    assert done.returncode == 1
    assert 'make_synthetic.py bp4d' in done.stderr
