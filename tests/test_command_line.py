import argparse

import pytest

from clef_mm.command_line import add_run_options, guarded, parse_options
from clef_mm.errors import UserError


def test_options_become_values():
    assert parse_options(['a.b=1e-3', 'c=[1,2]', 'd=text', 'e=x=y', 'f=None']) == {
        'a.b': 1e-3,
        'c': [1, 2],
        'd': 'text',
        'e': 'x=y',
        'f': None,
    }


@pytest.mark.parametrize('option', ['a', '', 'units=[1,', 'x=(1,2'])
def test_mistakes_in_options(option):
    with pytest.raises(UserError, match=r'KEY=VALUE|units|x='):
        parse_options([option])


def test_a_users_mistake_ends_the_program_without_a_traceback():
    with pytest.raises(SystemExit) as ended, guarded():
        raise UserError('there is no file x')
    assert ended.value.code == '\nerror: there is no file x'  # printed by Python


def test_an_error_chooses_its_exit_code():
    class AskedToStopError(UserError):
        exit_code = 75

    with pytest.raises(SystemExit) as ended, guarded():
        raise AskedToStopError('stopped')
    assert ended.value.code == 75


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), guarded():
        _ = 1 / 0


def test_run_options():
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    args = parser.parse_args(['--synthetic', '--cfg-options', 'a=1', 'b=2'])
    assert (args.synthetic, args.cfg_options) == (True, ['a=1', 'b=2'])
    assert (args.launcher, args.work_dir, args.data_root) == ('none', None, None)
