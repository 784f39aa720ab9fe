"""Two processes evaluate an odd number of samples as one process does."""

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
NUM_SAMPLES = 23


def samples():
    rng = np.random.default_rng(0)
    for number in range(NUM_SAMPLES):
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


def evaluate():
    evaluator = Evaluator(
        [
            ActionUnitF1(AU_NAMES),
            ExpressionAccuracy(CLASS_NAMES),
            ActivityProbe(folds=2),
        ]
    )
    everything = list(samples())
    sampler = DefaultSampler(everything, shuffle=False)
    own = [everything[index] for index in sampler]
    for start in range(0, len(own), 5):
        evaluator.process(own[start : start + 5])
    metrics = evaluator.evaluate(size=NUM_SAMPLES)
    kept = [metric.predictions for metric in evaluator.metrics[:2]]
    return len(own), metrics, kept


def work(rank, folder):
    os.chdir(folder)  # mmengine gathers results in a folder of the current one
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=2
    )
    num_own, metrics, kept = evaluate()
    torch.save((num_own, metrics), f'{folder}/rank{rank}.pt')
    for number, predictions in enumerate(kept):
        if predictions is not None:
            predictions.write(f'{folder}/rank{rank}_{number}.npz')
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(tmp_path):
    mp.spawn(work, args=(str(tmp_path),), nprocs=2)
    _, alone, kept = evaluate()
    for rank in range(2):
        num_own, metrics = torch.load(tmp_path / f'rank{rank}.pt')
        assert num_own == 12  # 23 samples and one repeated
        assert metrics == alone
    for number, expected in enumerate(kept):
        found = read_predictions(tmp_path / f'rank0_{number}.npz')
        assert list(found.frames) == list(range(NUM_SAMPLES))  # each once
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.targets, expected.targets)
        assert list(found.subjects) == list(expected.subjects)
    assert not list(tmp_path.glob('rank1_*'))  # the main process keeps them
