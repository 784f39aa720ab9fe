"""Training and testing: mmengine's Runner with what it lacks on today's torch."""

from clef_mm.engine.epoch_loop import EpochLoop
from clef_mm.engine.optim_wrapper import OptimWrapper
from clef_mm.engine.runner import Runner
from clef_mm.engine.schedule import WarmupCosineLR

__all__ = ['EpochLoop', 'OptimWrapper', 'Runner', 'WarmupCosineLR']
