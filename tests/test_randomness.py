"""Random numbers depend on seed, epoch, batch and rank, and on nothing else."""

# ruff: noqa: NPY002 - numpy's global generator is what is tested

import pickle
import random

import numpy as np
import pytest
import torch

from clef_mm import distributed
from clef_mm.randomness import SeededIndex, batch_seeds, seed_batch, seed_images

SOURCES = {
    'python': random.random,
    'numpy': np.random.random,
    'torch': lambda: torch.rand(()).item(),
    'shared': lambda: distributed.shared_random().random(),
}


def draw(seed=3, epoch=7, batch=2, count=3):
    """Return the numbers that follow the seeding, by source."""
    seed_batch(seed, epoch, batch)
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
def test_numbers_depend_on_the_place_alone(source):
    first = draw()[source]
    for _ in range(10):
        SOURCES[source]()
    assert draw()[source] == first


@pytest.mark.parametrize('source', SOURCES)
def test_no_place_repeats_another(source):
    places = [(s, e, b) for s in range(4) for e in range(5) for b in range(5)]
    assert len({draw(*place)[source] for place in places}) == 100


def draw_as(monkeypatch, rank):
    monkeypatch.setattr(distributed, 'rank', lambda: rank)
    return draw()


@pytest.mark.parametrize('source', ['python', 'numpy', 'torch'])
def test_ranks_draw_different_numbers(monkeypatch, source):
    assert len({draw_as(monkeypatch, rank)[source] for rank in range(8)}) == 8


def test_ranks_agree_on_what_they_share(monkeypatch):
    assert len({draw_as(monkeypatch, rank)['shared'] for rank in range(8)}) == 1


def test_a_batch_has_as_many_seeds_as_asked_for_the_first_ones_alike():
    assert batch_seeds(0, 1, 2, 5)[:3] == batch_seeds(0, 1, 2, 3)
    assert len(set(batch_seeds(0, 1, 2, 1000))) > 995  # by chance two may be equal


def test_an_index_is_a_number_that_travels_with_its_seed():
    index = pickle.loads(pickle.dumps(SeededIndex(5, 99)))
    assert index == 5
    assert [10, 20, 30, 40, 50, 60][index] == 60
    assert index.seed == 99


def test_images_are_seeded_by_their_first_index():
    drawn = []
    for seed in (1, 2, 1):
        seed_images(SeededIndex(0, seed))
        drawn.append([SOURCES[name]() for name in ('python', 'numpy', 'torch')])
    assert drawn[0] == drawn[2]
    assert all(a != b for a, b in zip(drawn[0], drawn[1], strict=True))


def test_an_index_without_a_seed_leaves_the_generators_alone():
    draw()
    before = torch.get_rng_state(), random.getstate()
    seed_images(4)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
