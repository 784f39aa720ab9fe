"""What a checkpoint holds: all that a run needs to go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import mmengine
from torch import Tensor

from clef_mm import compat, distributed

if TYPE_CHECKING:
    from clef_mm.engine.runner import Runner


SHAPE = {
    'meta': {
        **dict.fromkeys(('epoch', 'iter', 'batches', 'processes'), int),
        'seed': (None, int),
    },
    'state_dict': dict,
    'message_hub': {'log_scalars': {str: {'values': list, 'counts': list}}},
    'optimizer': {'state': dict, 'param_groups': list},
    'param_schedulers': [dict],
}
"""What a run needs to go on, in the words of :mod:`clef_mm.plain_shape`."""


def checkpoint_content(runner: Runner, epoch: int, iteration: int) -> dict[str, Any]:
    """Return the state of a run, tensors on the CPU.

    Tensors that are there already are not copied. Random numbers are not part of it:
    they follow from seed and place.

    Args:
        runner: Of the run.
        epoch: Epochs done.
        iteration: Iterations done.

    Returns:
        ``meta``, ``state_dict``, ``message_hub``, ``optimizer`` and
        ``param_schedulers``, and what hooks add.
    """
    dataset = runner.train_dataloader.dataset
    content = {
        'meta': {
            'epoch': epoch,
            'iter': iteration,
            'batches': len(runner.train_dataloader),
            'processes': runner.world_size,
            'seed': runner.seed,
            'cfg': runner.cfg.pretty_text,
            'experiment_name': runner.experiment_name,
            'time': time.strftime('%Y%m%d_%H%M%S'),
            'mmengine_version': mmengine.__version__,
            'dataset_meta': dataset.metainfo,
        },
        'state_dict': runner.plain_model.state_dict(),
        'optimizer': runner.optim_wrapper.state_dict(),
        'param_schedulers': [
            schedule.state_dict() for schedule in runner.param_schedulers or ()
        ],
    }
    runner.call_hook('before_save_checkpoint', checkpoint=content)
    # Last: a hook may have brought the log up to date.
    content['message_hub'] = compat.plain_message_hub(runner.message_hub.state_dict())
    return on_cpu(content)


def on_cpu(value: Any) -> Any:
    """Return containers with their tensors on the CPU."""
    if isinstance(value, Tensor):
        return distributed.whole(value.detach()).to('cpu')
    if isinstance(value, dict):
        return type(value)((key, on_cpu(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return type(value)(map(on_cpu, value))
    return value
