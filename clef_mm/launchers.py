"""Which processes train together: what torchrun or Slurm tell each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clef_mm.errors import UserError

_TORCHRUN = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT')
_SLURM = ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID', 'SLURM_JOB_ID')
_PORTS = range(10_000, 30_000)  # below those that systems hand out by themselves


class LaunchError(UserError, RuntimeError):
    """Processes cannot find each other: they were started in another way than said."""


def process_variables(launcher: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what ``torch.distributed`` reads to find the other processes.

    Args:
        launcher: ``'pytorch'`` (torchrun) or ``'slurm'``.
        environment: Of this process.

    Returns:
        ``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``MASTER_ADDR`` and ``MASTER_PORT``.
        Under Slurm the first node of the step is where processes meet, at a port that
        follows from job and step; a ``MASTER_ADDR`` or ``MASTER_PORT`` that is set is
        kept.

    Raises:
        LaunchError: If the launcher has not left its variables.
    """
    if launcher == 'slurm':
        return _from_slurm(environment)
    _require(
        _TORCHRUN,
        environment,
        '--launcher pytorch is for processes that torchrun starts',
        'tools/dist_train.sh CONFIG PROCESSES',
    )
    return {name: environment[name] for name in _TORCHRUN}


def first_host(nodes: str) -> str:
    """Return the first host of a Slurm node list: ``gpu[07-09,12],x1`` gives ``gpu07``.

    Raises:
        LaunchError: If it is no node list.
    """
    first = re.match(r'(?:[\w.-]|\[\w[\w,-]*\])+(?=,|$)', nodes)
    if first is None:
        raise LaunchError(
            f'{nodes!r} is no list of Slurm nodes; set MASTER_ADDR to the host of the '
            'first process'
        )
    return re.sub(r'\[(\w+)[^]]*\]', r'\1', first[0])


def _from_slurm(environment: Mapping[str, str]) -> dict[str, str]:
    _require(
        _SLURM,
        environment,
        '--launcher slurm is for processes that srun starts',
        'tools/slurm_train.sh PARTITION JOB_NAME CONFIG',
    )
    nodes = environment.get('SLURM_STEP_NODELIST') or environment.get(
        'SLURM_JOB_NODELIST', ''
    )
    job, step = environment['SLURM_JOB_ID'], environment.get('SLURM_STEP_ID', '0')
    # Steps of one job may share a node: neighbours in job or step get other ports.
    port = _PORTS[(31 * int(job) + int(step)) % len(_PORTS)]
    return {
        'RANK': environment['SLURM_PROCID'],
        'WORLD_SIZE': environment['SLURM_NTASKS'],
        'LOCAL_RANK': environment['SLURM_LOCALID'],
        'MASTER_ADDR': environment.get('MASTER_ADDR') or first_host(nodes),
        'MASTER_PORT': environment.get('MASTER_PORT') or str(port),
    }


def _require(
    names: tuple[str, ...], environment: Mapping[str, str], rule: str, command: str
) -> None:
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise LaunchError(
            f'{rule}, but {", ".join(missing)} '
            f'{"is" if len(missing) == 1 else "are"} not set. Start them with '
            f'{command}, or leave --launcher out to train in one process.'
        )
