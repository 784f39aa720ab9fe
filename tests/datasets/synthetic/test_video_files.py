"""video_files: videos that can be read back."""

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.video_files import write_video


def test_frames_speed_and_colours_come_back(tmp_path):
    levels = range(20, 220, 20)
    frames = [np.full((32, 32, 3), (level, 60, 120), np.uint8) for level in levels]
    path = tmp_path / 'new' / 'clip.avi'
    write_video(path, frames, 32, 20)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == 20
    for frame in frames:
        done, stored = capture.read()
        assert done
        np.testing.assert_allclose(stored[..., ::-1], frame, atol=6)
    assert not capture.read()[0]


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'clip.avi').mkdir()
    with pytest.raises(OSError, match=r'clip\.avi'):
        write_video(tmp_path / 'clip.avi', [], 32, 20)
