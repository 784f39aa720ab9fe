"""job_pool: work cut into pieces and done in worker processes."""

import os
import sys

import pytest

from clef_mm.datasets.job_pool import WorkerDiedError, in_batches, run_jobs


@pytest.mark.parametrize('count', [0, 1, 6, 7, 8])
@pytest.mark.parametrize('length', [1, 3, 7, 20])
def test_batches_hold_everything_in_order(count, length):
    items = [str(number) for number in range(count)]
    batches = list(in_batches(items, length))
    assert [item for _, batch in batches for item in batch] == items
    assert all(items[first] == batch[0] for first, batch in batches)
    assert all(len(batch) == length for _, batch in batches[:-1])
    assert all(0 < len(batch) <= length for _, batch in batches)


def test_one_worker_runs_here_and_reports(capsys):
    assert run_jobs(str, [1, 2, 3], 1, 'numbers') == ['1', '2', '3']
    assert 'numbers: 3/3' in capsys.readouterr().err


@pytest.mark.slow
def test_more_workers_give_the_same_results():
    assert sorted(run_jobs(abs, [-3, 1, -2], 2, 'numbers')) == [1, 2, 3]


def die(_):
    os._exit(9)


def test_a_worker_that_is_killed():
    with pytest.raises(WorkerDiedError, match='fewer than 2 workers'):
        run_jobs(die, [1, 2], workers=2, label='work')


def answer(_):
    import plug_in_of_a_user

    return 'plug_in_of_a_user' in sys.modules and plug_in_of_a_user.ANSWER


def test_workers_import_what_a_user_has_registered(tmp_path, monkeypatch):
    (tmp_path / 'plug_in_of_a_user.py').write_text(
        'import sys\nANSWER = 42\nsys.stderr.write("")\n'
    )
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    found = run_jobs(answer, [1, 2], 2, 'work', modules=['plug_in_of_a_user'])
    assert found == [42, 42]
