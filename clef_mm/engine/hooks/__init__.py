"""What happens around the training loop."""

from clef_mm.engine.hooks.broken_image_hook import BrokenImageHook
from clef_mm.engine.hooks.checkpoint_content_hook import CheckpointContentHook
from clef_mm.engine.hooks.checkpoint_hook import CheckpointHook
from clef_mm.engine.hooks.early_stopping_hook import EarlyStoppingHook
from clef_mm.engine.hooks.finite_hook import FiniteHook
from clef_mm.engine.hooks.label_presence_hook import LabelPresenceHook
from clef_mm.engine.hooks.label_weight_hook import LabelWeightHook
from clef_mm.engine.hooks.run_plan_hook import RunPlanHook
from clef_mm.engine.hooks.seed_hook import SeedHook
from clef_mm.engine.hooks.training_log_hook import TrainingLogHook

__all__ = [
    'BrokenImageHook',
    'CheckpointContentHook',
    'CheckpointHook',
    'EarlyStoppingHook',
    'FiniteHook',
    'LabelPresenceHook',
    'LabelWeightHook',
    'RunPlanHook',
    'SeedHook',
    'TrainingLogHook',
]
