"""The patches around mmengine."""

import logging
import warnings

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer, MessageHub

from clef_mm.compat import (
    find_base_configs,
    plain_message_hub,
    restored_message_hub,
    silence_known_warnings,
)


@pytest.fixture
def state():
    """State of a hub that logged two scalars, one of them with counts."""
    hub = MessageHub('compat_test')
    for value in (3.0, 2.5, 2.25):
        hub.update_scalar('train/loss', value)
    hub.update_scalar('train/f1', np.float64(0.5), count=7)
    hub.update_info('epoch', 3)
    hub.update_info('best_score', np.float64(0.5))
    return hub.state_dict()


def test_mmengines_own_form_is_refused_by_torch(tmp_path, state):
    torch.save(state, tmp_path / 'hub.pth')
    with pytest.raises(Exception, match='HistoryBuffer'):
        torch.load(tmp_path / 'hub.pth', weights_only=True)


def test_lists_load_without_pickled_code_and_lead_back(tmp_path, state):
    torch.save(plain_message_hub(state), tmp_path / 'hub.pth')
    loaded = restored_message_hub(torch.load(tmp_path / 'hub.pth', weights_only=True))
    assert loaded.keys() == state.keys()
    assert loaded['runtime_info'] == state['runtime_info']
    assert loaded['log_scalars'].keys() == {'train/loss', 'train/f1'}
    for name, buffer in state['log_scalars'].items():
        for old, new in zip(buffer.data, loaded['log_scalars'][name].data, strict=True):
            assert new.tolist() == old.tolist()


def test_history_goes_on_after_the_round_trip(state):
    hub = MessageHub('compat_test_resumed')
    hub.load_state_dict(restored_message_hub(plain_message_hub(state)))
    hub.update_scalar('train/loss', 0.25)
    buffer = hub.get_scalar('train/loss')
    assert isinstance(buffer, HistoryBuffer)
    assert buffer.mean() == pytest.approx((3 + 2.5 + 2.25 + 0.25) / 4)
    assert hub.get_info('epoch') == 3


def test_the_state_itself_is_left_alone(state):
    plain_message_hub(state)
    assert isinstance(state['log_scalars']['train/loss'], HistoryBuffer)


def test_only_the_known_warnings_are_silenced(caplog):
    logger = logging.getLogger('compat_test')
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        silence_known_warnings(logger)
        warnings.warn('`broadcast_buffers` is deprecated', FutureWarning, stacklevel=1)
        warnings.warn('the learning rate is 0', FutureWarning, stacklevel=1)
    logger.warning('"FileClient" will be deprecated in future')
    logger.warning('"HardDiskBackend" is the alias of "LocalBackend"')
    logger.warning('a FileClient could not be reached')
    assert [str(warning.message) for warning in caught] == ['the learning rate is 0']
    assert caplog.messages == ['a FileClient could not be reached']


@pytest.mark.parametrize('place', ['a_wheel/configs', 'configs'])
def test_a_config_reads_one_of_a_package(tmp_path, monkeypatch, place):
    """Whose configs lie in it, as in a wheel, or beside it, as in a checkout."""
    for folder in ('a_wheel', place):
        (tmp_path / folder).mkdir()
    (tmp_path / 'a_wheel/__init__.py').touch()
    (tmp_path / place / 'base.py').write_text('model = dict(width=3)')
    mine = tmp_path / 'mine.py'
    mine.write_text(
        'from mmengine.config import read_base\n\nwith read_base():\n'
        '    from a_wheel.configs.base import *\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    find_base_configs()
    assert Config.fromfile(mine).model.width == 3
    mine.write_text(mine.read_text().replace('a_wheel', 'a_weel'))
    with pytest.raises(ModuleNotFoundError, match="No module named 'a_weel'"):
        Config.fromfile(mine)
