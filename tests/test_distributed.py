"""Several processes compute what one does on the whole batch."""

import itertools
import multiprocessing
import os
import socket

import pytest
import torch
import torch.multiprocessing as mp

from clef_mm import distributed
from clef_mm.models.losses import CrossModalSupConLoss

SIZES = (3, 5)  # uneven, as a last batch may be
LOSSES = [
    {'normalizer': normalizer, 'reduction': reduction, 'anchors': anchors}
    for normalizer, reduction, anchors in itertools.product(
        ('paper', 'supcon'), ('mean', 'sum'), ('first', 'both')
    )
]


def data():
    """Two views of 8 images, the activity of each, a tower and a table of texts."""
    draw = torch.Generator().manual_seed(0)
    views = torch.randn(2, sum(SIZES), 6, generator=draw)
    labels = torch.tensor([0, 2, 0, 1, 0, 2, 2, 1])
    tower = torch.randn(6, 4, generator=draw).requires_grad_()
    texts = torch.randn(3, 4, generator=draw).requires_grad_()
    return views, labels, (tower, texts)


def stage_1(arguments, rows):
    """Return the loss of these rows (Eq. 2, both terms) and its gradients."""
    views, labels, weights = data()
    tower, texts = weights
    first, second = views[:, rows] @ tower
    own = labels[rows]
    contrast = CrossModalSupConLoss(**arguments)
    loss = contrast(first, second, own) + contrast(first, texts[own], own)
    loss.backward()
    return loss.detach(), *(weight.grad for weight in weights)


def averaged_over_ranks(tensors):
    """What DDP does with gradients, and a logger with losses."""
    for tensor in tensors:
        torch.distributed.all_reduce(tensor)
    return [tensor / len(SIZES) for tensor in tensors]


def gather_and_use_elsewhere(rank):
    """Gather rows; their gradient also goes, unsummed, to another tensor."""
    rows = torch.full((SIZES[rank], 2), float(rank + 1), requires_grad=True)
    other = torch.zeros(sum(SIZES), 2, requires_grad=True)
    earlier = 2 * other  # its backward runs after that of the gather
    sizes = distributed.gather_sizes(rows)
    gathered = distributed.gather_rows(rows, sizes)
    weight = torch.arange(16.0).view(8, 2) * (rank + 1)
    ((gathered + earlier) * weight).sum().backward()
    return {
        'sizes': sizes,
        'gathered': gathered.detach(),
        'own': rows.grad,
        'other': other.grad,
        'labels': distributed.gather_rows(torch.arange(SIZES[rank]) + rank, sizes),
    }


def work(rank, folder, port):
    os.environ.update(
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(len(SIZES)),
    )
    torch.set_num_threads(1)
    distributed.init_process_group()
    distributed.init_process_group()  # a group that exists is left alone
    start = sum(SIZES[:rank])
    rows = slice(start, start + SIZES[rank])
    result = {
        'rank': (distributed.rank(), distributed.world_size()),
        'backend': torch.distributed.get_backend(),
        'losses': [averaged_over_ranks(stage_1(each, rows)) for each in LOSSES],
        'objects': distributed.gather_objects([f'rank {rank}']),
        **gather_and_use_elsewhere(rank),
    }
    torch.save(result, f'{folder}/rank{rank}.pt')
    torch.distributed.destroy_process_group()


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What each of two processes found."""
    folder = tmp_path_factory.mktemp('ranks')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('CUDA_VISIBLE_DEVICES', '')
        # One server imports torch; the ranks are its forks.
        multiprocessing.set_forkserver_preload([CrossModalSupConLoss.__module__])
        mp.start_processes(
            work, (str(folder), port), len(SIZES), start_method='forkserver'
        )
    return [torch.load(folder / f'rank{rank}.pt') for rank in range(len(SIZES))]


@pytest.mark.slow
@pytest.mark.parametrize('number', range(len(LOSSES)), ids=lambda i: str(LOSSES[i]))
def test_loss_and_gradients_are_those_of_one_process(ranks, number):
    expected = stage_1(LOSSES[number], slice(None))
    assert all(tensor.abs().max() > 0 for tensor in expected)
    for rank in ranks:
        for found, alone in zip(rank['losses'][number], expected, strict=True):
            torch.testing.assert_close(found, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_rows_are_gathered_in_rank_order_and_their_gradients_summed(ranks):
    weight = torch.arange(16.0).view(8, 2)
    for number, rank in enumerate(ranks):
        assert rank['sizes'] == list(SIZES)
        assert rank['gathered'][:, 0].tolist() == [1] * 3 + [2] * 5
        assert rank['labels'].tolist() == [0, 1, 2, 1, 2, 3, 4, 5]
        start = sum(SIZES[:number])
        own = 3 * weight[start : start + SIZES[number]]  # rank 0 has it once, 1 twice
        assert torch.equal(rank['own'], own)
        assert torch.equal(rank['other'], 2 * weight * (number + 1))  # its own alone


@pytest.mark.slow
def test_objects_come_from_every_rank_in_order(ranks):
    assert all(rank['objects'] == [['rank 0'], ['rank 1']] for rank in ranks)


@pytest.mark.slow
def test_processes_meet_on_a_machine_without_gpus(ranks):
    assert [rank['rank'] for rank in ranks] == [(0, 2), (1, 2)]
    assert [rank['backend'] for rank in ranks] == ['gloo', 'gloo']


def test_alone_everything_is_local():
    rows = torch.randn(3, 2, requires_grad=True)
    assert not distributed.is_distributed()
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert distributed.gather_sizes(rows) == [3]
    assert distributed.gather_rows(rows, [3]) is rows
    assert distributed.gather_objects('mine') == ['mine']


def test_shared_random_numbers_are_one_stream():
    distributed.shared_random().seed(7)
    first = [distributed.shared_random().random() for _ in range(3)]
    distributed.shared_random().seed(7)
    assert [distributed.shared_random().random() for _ in range(3)] == first
    assert len(set(first)) == 3
