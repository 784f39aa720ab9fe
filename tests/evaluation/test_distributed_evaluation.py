"""Three processes evaluate every sample once, whatever the number of samples."""

import multiprocessing
import os

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator

from clef_mm.evaluation import ActionUnitF1, ActivityProbe, ExpressionAccuracy
from clef_mm.evaluation.predictions import read_predictions
from clef_mm.structures import FaceSample

AU_NAMES, CLASS_NAMES = ('AU1', 'AU2', 'AU4'), ('neutral', 'anger', 'fear')
NUM_PROCESSES = 3
# One process more than samples, and a number that three do not divide.
NUM_SAMPLES = (2, 23)


def samples(count):
    rng = np.random.default_rng(0)
    for number in range(count):
        yield FaceSample(
            subject=f'F{number % 4}',
            sequence='T1',
            frame=number,
            activity=number % 3,
            gt_aus=rng.integers(-1, 2, 3).astype(np.int8),
            gt_expression=int(rng.integers(3)),
            pred_scores=torch.tensor(rng.random(3)),
            pred_features=torch.tensor(rng.normal(size=5)),
        )


def evaluate(count):
    metrics = [ActionUnitF1(AU_NAMES), ExpressionAccuracy(CLASS_NAMES)]
    if count > 2:
        metrics.append(ActivityProbe(folds=2))  # needs some to learn from
    evaluator = Evaluator(metrics)
    everything = list(samples(count))
    sampler = DefaultSampler(everything, shuffle=False)
    own = [everything[index] for index in sampler]
    for start in range(0, len(own), 5):
        evaluator.process(own[start : start + 5])
    metrics = evaluator.evaluate(size=count)
    kept = [metric.predictions for metric in evaluator.metrics[:2]]
    return len(own), metrics, kept


def work(rank, folder):
    os.chdir(folder)  # mmengine gathers results in a folder of the current one
    torch.set_num_threads(1)
    meet = f'file://{folder}/meet'
    torch.distributed.init_process_group(
        'gloo', init_method=meet, rank=rank, world_size=NUM_PROCESSES
    )
    for count in NUM_SAMPLES:
        num_own, metrics, kept = evaluate(count)
        torch.save((num_own, metrics), f'{folder}/{count}_rank{rank}.pt')
        for number, predictions in enumerate(kept):
            if predictions is not None:
                predictions.write(f'{folder}/{count}_rank{rank}_{number}.npz')
    torch.distributed.destroy_process_group()


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """What each process wrote."""
    folder = tmp_path_factory.mktemp('ranks')
    # One server imports what the ranks, its forks, need.
    multiprocessing.set_forkserver_preload(['clef_mm.evaluation'])
    mp.start_processes(work, (str(folder),), NUM_PROCESSES, start_method='forkserver')
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('count', NUM_SAMPLES)
def test_three_processes_give_the_numbers_of_one(folder, count):
    _, alone, kept = evaluate(count)
    for rank in range(NUM_PROCESSES):
        num_own, metrics = torch.load(folder / f'{count}_rank{rank}.pt')
        assert num_own == -(-count // NUM_PROCESSES)  # some are repeated
        assert list(metrics) == list(alone)
        np.testing.assert_array_equal(list(metrics.values()), list(alone.values()))
    for number, expected in enumerate(kept):
        found = read_predictions(folder / f'{count}_rank0_{number}.npz')
        assert list(found.frames) == list(range(count))  # each once
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.targets, expected.targets)
        assert list(found.subjects) == list(expected.subjects)
    assert not list(folder.glob('*_rank[12]_*'))  # the main process keeps them
