"""What every run shares: logging, checkpoints, seed."""

from mmengine.hooks import CheckpointHook, LoggerHook

default_scope = 'clef_mm'
default_hooks = dict(
    logger=dict(type=LoggerHook, interval=20),
    # The last epoch is what is reported: nothing is chosen by looking at results.
    checkpoint=dict(type=CheckpointHook, interval=1, max_keep_ckpts=1),
)
env_cfg = dict(cudnn_benchmark=False)
log_level = 'INFO'
randomness = dict(seed=0)
resume = False
