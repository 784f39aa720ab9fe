"""Which images make a batch. The plain order is mmengine's ``DefaultSampler``.

Each sampler says in one line what it does: ``sampler.describe()``.
"""

from clef_mm.datasets.samplers.action_unit_balanced import ActionUnitBalancedSampler
from clef_mm.datasets.samplers.activity_balanced import ActivityBalancedSampler
from clef_mm.datasets.samplers.class_balanced import ClassBalancedSampler
from clef_mm.datasets.samplers.dataset_balanced import DatasetBalancedSampler
from clef_mm.datasets.samplers.epoch_sampler import EpochSampler, SamplerError
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.seeded_batches import SeededBatches
from clef_mm.datasets.samplers.subject_balanced import SubjectBalancedSampler

__all__ = [
    'ActionUnitBalancedSampler',
    'ActivityBalancedSampler',
    'ClassBalancedSampler',
    'DatasetBalancedSampler',
    'EpochSampler',
    'GroupSampler',
    'SamplerError',
    'SeededBatches',
    'SubjectBalancedSampler',
]
