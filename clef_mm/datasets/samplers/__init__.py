"""Which images make a batch. The plain order is mmengine's ``DefaultSampler``."""

from clef_mm.datasets.samplers.activity_balanced import ActivityBalancedSampler

__all__ = ['ActivityBalancedSampler']
