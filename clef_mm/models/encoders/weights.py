"""The files that tower weights come from, and how their keys are named.

Three namings are read, told apart by their keys:

==================  ==========================  ==============================
naming              image tower                 text tower
==================  ==========================  ==============================
CLEF-MM checkpoint  ``image_encoder.tower.*``   ``text_encoder.tower.*``
OpenAI CLIP, FaRL   ``visual.*``                everything else
open_clip (custom)  ``visual.*``                ``text.*``
==================  ==========================  ==============================

FaRL's files also hold the head of its masked-image modelling, below ``visual.``; it is
no part of the tower and left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from clef_mm.errors import UserError

# Keys that belong to neither tower. Only OpenAI's files hold these sizes ...
_OPENAI_SIZES = ('input_resolution', 'context_length', 'vocab_size')
# ... and only FaRL's this head.
_FARL_HEAD = (
    'visual.mask_token',
    'visual.lm_transformer.',
    'visual.ln_lm.',
    'visual.lm_head.',
)


class WeightsError(UserError, ValueError):
    """A weights file does not fit the model; the message names file and keys."""


def read_file(file: str | Path) -> dict[str, Any]:
    """Read a ``.pth`` file without running any code in it.

    Args:
        file: A checkpoint, or a work directory whose newest checkpoint is meant.

    Raises:
        WeightsError: If there is no such file, or it is no checkpoint of tensors and
            plain containers.
    """
    path = newest_checkpoint(file)
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        raise WeightsError(
            f'{path} is no checkpoint of tensors and plain containers '
            f'({_reason(error)}). It is damaged, or holds code, as pickled objects and '
            'TorchScript archives do, which is never run.'
        ) from error
    if not isinstance(content, dict):
        raise WeightsError(f'{path} holds a {type(content).__name__}, not a dict')
    return content


def _reason(error: Exception) -> str:
    # torch advises to load with weights_only=False: that would run the code.
    lines = [line for line in str(error).splitlines() if 'weights_only' not in line]
    return ' '.join(filter(None, lines)) or type(error).__name__


def newest_checkpoint(path: str | Path) -> Path:
    """Return ``path``, or for a work directory the checkpoint written last in it.

    ``last_checkpoint`` holds the path that was valid when it was written; only the name
    in it is used, so that a work directory may be moved.

    Raises:
        WeightsError: If there is no checkpoint.
    """
    path = Path(path)
    if path.is_dir():
        pointer = path / 'last_checkpoint'
        if not pointer.is_file():
            raise WeightsError(f'no checkpoint was written in {path} yet')
        path = path / Path(pointer.read_text().strip()).name
    if not path.is_file():
        raise WeightsError(f'there is no weights file {path}')
    return path


def load_tower(
    tower: nn.Module, content: dict[str, Any], kind: str, source: str
) -> None:
    """Load one tower of an image-text pair.

    Args:
        tower: open_clip's image or text tower.
        content: What :func:`read_file` returned, in one of the namings above.
        kind: ``'image'`` or ``'text'``.
        source: Name of the file, for messages.

    Raises:
        WeightsError: If a key is missing, left over or of another shape, or if the file
            is known to come from a tower with another activation.
    """
    state = {
        key.removeprefix('module.'): value
        for key, value in content.get('state_dict', content).items()
    }
    place = f'{source} ({kind} tower)'
    if _from_quick_gelu(state) and any(isinstance(m, nn.GELU) for m in tower.modules()):
        raise WeightsError(
            f'{place}: OpenAI and FaRL trained with QuickGELU, this tower has GELU; '
            "take an arch such as 'ViT-B-16-quickgelu', or set quick_gelu=True in yours"
        )
    load_exactly(tower, _tower_keys(state, kind), place)


def _from_quick_gelu(state: dict[str, Any]) -> bool:
    """Tell OpenAI's and FaRL's files from open_clip's own by what only they hold.

    Either activation has no weights: the wrong one would load and be silently worse.
    """
    return any(key in _OPENAI_SIZES or key.startswith(_FARL_HEAD) for key in state)


def load_exactly(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Load ``state`` into ``module``, refusing anything that does not fit.

    Raises:
        WeightsError: Names ``source`` and the missing, unexpected or misshapen keys.
    """
    own = module.state_dict()
    problems = [
        _listed('missing', [key for key in own if key not in state]),
        _listed('unexpected', [key for key in state if key not in own]),
        _listed(
            'of another shape',
            [
                f'{key} {tuple(state[key].shape)} instead of {tuple(value.shape)}'
                for key, value in own.items()
                if key in state and state[key].shape != value.shape
            ],
        ),
    ]
    if any(problems):
        raise WeightsError(
            f'{source} does not fit {type(module).__name__}: '
            + '; '.join(filter(None, problems))
        )
    module.load_state_dict(state)


def _tower_keys(state: dict[str, Any], kind: str) -> dict[str, Tensor]:
    own_prefix = f'{kind}_encoder.tower.'
    if any(key.startswith(('image_encoder.', 'text_encoder.')) for key in state):
        return _below(state, own_prefix)
    if kind == 'image':
        return _below(
            {k: v for k, v in state.items() if not k.startswith(_FARL_HEAD)}, 'visual.'
        )
    if any(key.startswith('text.') for key in state):
        return _below(state, 'text.')
    return {
        key: value
        for key, value in state.items()
        if not key.startswith('visual.') and key not in ('logit_scale', *_OPENAI_SIZES)
    }


def _below(state: dict[str, Any], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value
        for key, value in state.items()
        if key.startswith(prefix)
    }


def _listed(what: str, keys: list[str], shown: int = 5) -> str:
    if not keys:
        return ''
    more = f' and {len(keys) - shown} more' if len(keys) > shown else ''
    return f'{len(keys)} {what} ({", ".join(keys[:shown])}{more})'
