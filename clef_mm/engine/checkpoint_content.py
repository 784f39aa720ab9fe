"""What a checkpoint holds: all that a run needs to go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import mmengine
import numpy as np
from torch import Tensor

from clef_mm import compat, distributed

if TYPE_CHECKING:
    from clef_mm.engine.runner import Runner


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
    return plain(content)


def plain(value: Any) -> Any:
    """Return containers with tensors on the CPU, and numpy's numbers as Python's.

    A numpy number is an object, which is never read again: the score of somebody's
    metric, kept by a hook or a schedule, would make the whole checkpoint useless.
    """
    if isinstance(value, Tensor):
        return distributed.whole(value.detach()).to('cpu')
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        # Not of its own type: a Counter, the steps of a schedule, would count pairs.
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    return value
