"""What it takes to train on several datasets: of each as many images, however large."""

from clef_mm.datasets import JoinedDataset
from clef_mm.datasets.samplers import DatasetBalancedSampler

_sampler = dict(type=DatasetBalancedSampler)
