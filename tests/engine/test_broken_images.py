"""What could not be read is told once, whichever process met it."""

import logging
from types import SimpleNamespace

from clef_mm import distributed
from clef_mm.engine.hooks import BrokenImageHook
from clef_mm.structures import FaceSample


def batch(*broken):
    samples = [FaceSample(img_path='b.jpg', broken_path=path) for path in broken]
    return {'data_samples': [FaceSample(img_path='a.jpg'), *samples]}


def test_each_is_named_once_and_counted(caplog, monkeypatch):
    others = [[], [('on rank 1.jpg is empty', 'c.jpg'), ('x.jpg is empty', 'c.jpg')]]
    monkeypatch.setattr(
        distributed, 'gather_objects', lambda own: [list(own), *others[1:]]
    )
    runner = SimpleNamespace(logger=logging.getLogger('broken'))
    hook = BrokenImageHook()
    with caplog.at_level('WARNING'):
        hook.after_train_iter(runner, 0, batch('x.jpg is empty', 'x.jpg is empty'))
        hook.after_train_iter(runner, 1, batch('x.jpg is empty'))
        hook.after_train_epoch(runner)
        hook.after_train_epoch(runner)
        hook.after_train(runner)
    assert [record.message for record in caplog.records[:-1]] == [
        'x.jpg is empty; b.jpg was used in its place',
        'on rank 1.jpg is empty; c.jpg was used in its place',
    ]
    assert caplog.records[-1].message.startswith('2 images could not be read')
