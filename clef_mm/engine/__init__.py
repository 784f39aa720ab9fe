"""Training and testing: mmengine's Runner with what it lacks on today's torch."""

from clef_mm.engine.runner import Runner
from clef_mm.engine.schedule import WarmupCosineLR

__all__ = ['Runner', 'WarmupCosineLR']
