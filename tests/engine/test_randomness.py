"""An epoch's random numbers: the same when run again, others in every other epoch."""

# ruff: noqa: NPY002 - numpy's global generator is what is tested

import random
from functools import partial
from itertools import chain

import numpy as np
import pytest
import torch
from mmengine.dataset import worker_init_fn
from torch.utils.data import DataLoader

from clef_mm import distributed
from clef_mm.engine.randomness import seed_epoch, seed_worker

SOURCES = {
    'python': random.random,
    'numpy': np.random.random,
    'torch': lambda: torch.rand(()).item(),
    'shared': lambda: distributed.shared_random().random(),
}


def draw(seed, epoch, count=3):
    """Return the numbers that follow the seeding, by source."""
    seed_epoch(seed, epoch)
    return {
        name: tuple(source() for _ in range(count)) for name, source in SOURCES.items()
    }


@pytest.fixture(autouse=True)
def as_before():
    """Leave every generator as it was found."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    shared = distributed.shared_random().getstate()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
    distributed.shared_random().setstate(shared)


@pytest.mark.parametrize('source', SOURCES)
def test_numbers_depend_on_seed_and_epoch_alone(source):
    first = draw(3, 7)[source]
    for _ in range(10):
        SOURCES[source]()
    assert draw(3, 7)[source] == first


@pytest.mark.parametrize('source', SOURCES)
def test_no_epoch_repeats_another(source):
    runs = {draw(seed, epoch)[source] for seed in range(5) for epoch in range(20)}
    assert len(runs) == 100


def test_epochs_are_not_those_of_the_next_seed():
    """Seeding with seed + epoch would make run 1 a shifted copy of run 0."""
    assert draw(0, 1) != draw(1, 0)


def draw_as(monkeypatch, rank):
    monkeypatch.setattr(distributed, 'rank', lambda: rank)
    return draw(3, 7)


@pytest.mark.parametrize('source', ['python', 'numpy', 'torch'])
def test_ranks_draw_different_numbers(monkeypatch, source):
    assert len({draw_as(monkeypatch, rank)[source] for rank in range(8)}) == 8


def test_ranks_agree_on_what_they_share(monkeypatch):
    assert len({draw_as(monkeypatch, rank)['shared'] for rank in range(8)}) == 1


# --- loader workers -------------------------------------------------------------------


class Noise:
    """Draws from numpy and python, as the transforms of other packages do."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        worker = torch.utils.data.get_worker_info().id
        return worker, np.random.random(), random.random(), torch.rand(()).item()


def epochs(init, numbers=(0, 1)):
    """Return what each worker draws in each epoch, by (epoch, worker)."""
    loader = DataLoader(
        Noise(),
        batch_size=None,
        num_workers=2,
        worker_init_fn=init,
        multiprocessing_context='fork',
        timeout=60,
    )
    drawn = {}
    for epoch in numbers:
        seed_epoch(0, epoch)
        for worker, *values in loader:
            drawn.setdefault((epoch, worker), []).extend(map(float, values))
    return drawn


def test_workers_draw_anew_in_each_epoch():
    drawn = epochs(seed_worker)
    assert set(drawn) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    values = list(chain.from_iterable(drawn.values()))
    assert len(values) == 2 * 8 * 3
    assert len(set(values)) == len(values)


def test_an_epoch_that_is_run_again_draws_the_same():
    assert epochs(seed_worker, (1,)) == {
        place: values for place, values in epochs(seed_worker).items() if place[0] == 1
    }


def test_mmengine_alone_would_repeat_every_epoch():
    """The reason for ``seed_worker``; when this fails it may no longer be needed."""
    drawn = epochs(partial(worker_init_fn, num_workers=2, rank=0, seed=0))
    assert drawn[0, 0] == drawn[1, 0]
    assert drawn[0, 1] == drawn[1, 1]
    assert drawn[0, 0] != drawn[0, 1]


def test_a_worker_follows_torch():
    torch.manual_seed(5 + 2**32)
    seed_worker(0)
    first = random.random(), np.random.random()
    torch.manual_seed(5)
    seed_worker(1)  # its number is in torch's seed already
    assert (random.random(), np.random.random()) == first
    after = torch.rand(3)
    torch.manual_seed(5)
    torch.testing.assert_close(after, torch.rand(3))  # torch itself is left alone
