"""What every run shares: logging, checkpoints, seed."""

from mmengine.hooks import LoggerHook

from clef_mm.engine.hooks import CheckpointHook

default_scope = 'clef_mm'
default_hooks = dict(
    logger=dict(type=LoggerHook, interval=20),
    # The last epoch is what is reported: nothing is chosen by looking at results.
    # Two are kept: if the newest is damaged, a run goes on from the one before.
    checkpoint=dict(type=CheckpointHook, interval=1, max_keep_ckpts=2),
)
env_cfg = dict(cudnn_benchmark=False)
log_level = 'INFO'
randomness = dict(seed=0, deterministic=True)
resume = False
