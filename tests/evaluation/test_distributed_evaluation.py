"""Two processes evaluate an odd number of samples as one process does."""

import os

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator

from clef_mm.evaluation import ActionUnitF1, ActivityProbe, ExpressionAccuracy
from clef_mm.structures import FaceSample

AU_NAMES, CLASS_NAMES = ('AU1', 'AU2', 'AU4'), ('neutral', 'anger', 'fear')
NUM_SAMPLES = 23


def samples():
    rng = np.random.default_rng(0)
    for number in range(NUM_SAMPLES):
        yield FaceSample(
            subject=f'F{number % 4}',
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
    return len(own), evaluator.evaluate(size=NUM_SAMPLES)


def work(rank, folder):
    os.chdir(folder)  # mmengine gathers results in a folder of the current one
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=2
    )
    torch.save(evaluate(), f'{folder}/rank{rank}.pt')
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(tmp_path):
    mp.spawn(work, args=(str(tmp_path),), nprocs=2)
    _, alone = evaluate()
    for rank in range(2):
        num_own, metrics = torch.load(tmp_path / f'rank{rank}.pt')
        assert num_own == 12  # 23 samples and one repeated
        assert metrics == alone
