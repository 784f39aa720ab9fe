"""Weights of towers: read from any file that is known, and loaded exactly.

How a file is opened is a matter of :mod:`.weight_files`, how its keys are named of
:mod:`.key_naming`, and where the file of an open_clip tag lies of
:mod:`.open_clip_tags`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from torch import Tensor, nn

from clef_mm.models.encoders import open_clip_tags
from clef_mm.models.encoders.architecture import activation_of
from clef_mm.models.encoders.key_naming import Naming, split_towers, state_of
from clef_mm.models.encoders.position_embedding import fit_to_grid
from clef_mm.models.encoders.weight_files import WeightsError, read_content
from clef_mm.outside_files import parsing

__all__ = [
    'POINTER',
    'TOWERS_KEY',
    'WeightsError',
    'check_activation',
    'last_named',
    'load_exactly',
    'load_tower',
    'newest_checkpoint',
    'path_of',
    'read_file',
    'stored_activation',
]

POINTER = 'last_checkpoint'
"""File of a work directory that names its newest checkpoint."""
PROVENANCE_KEY = 'clef_mm'
"""Where ``meta`` holds how a checkpoint came about: from whom, with what labels."""
TOWERS_KEY = 'towers'
"""Where ``meta`` holds the settings of each tower, by kind: ``arch``, ``image_size``
and ``activation``, as far as they are known."""


def read_file(file: str | Path) -> dict[str, Any]:
    """Read weights without running any code in their file.

    Args:
        file: A file, a work directory whose newest checkpoint is meant, or an open_clip
            tag such as ``'open_clip:ViT-B-16-quickgelu/openai'``.

    Returns:
        What the file holds: a checkpoint with ``state_dict`` and ``meta``, or bare
        tensors by key.

    Raises:
        WeightsError: If there is no such file, or it is no checkpoint of tensors and
            plain containers.
    """
    name = str(file)
    content = read_content(path_of(file))
    if not open_clip_tags.is_tag(name):
        return content
    known = {'activation': open_clip_tags.activation(name)}
    return {
        'state_dict': state_of(content),
        'meta': {TOWERS_KEY: {'image': known, 'text': known}},
    }


def path_of(file: str | Path) -> Path:
    """Return the path of what :func:`read_file` takes.

    Raises:
        WeightsError: If there is no such file.
    """
    if open_clip_tags.is_tag(str(file)):
        return open_clip_tags.locate(str(file))
    return newest_checkpoint(file)


def newest_checkpoint(path: str | Path) -> Path:
    """Return ``path``, or for a work directory the checkpoint written last in it.

    Raises:
        WeightsError: If there is no checkpoint.
    """
    path = Path(path)
    if path.is_dir():
        name = last_named(path)
        if name is None:
            raise WeightsError(f'no checkpoint was written in {path} yet')
        path = path / name
    if not path.is_file():
        raise WeightsError(f'there is no weights file {path}')
    return path


def last_named(folder: Path) -> str | None:
    """Return the name of the checkpoint that a work directory says is its last.

    It may have been written with the path of its time: of that only the name counts, so
    that a work directory may be moved. None where there is no such word.

    Raises:
        WeightsError: If it is no name.
    """
    pointer = folder / POINTER
    if not pointer.is_file():
        return None
    with parsing(pointer, 'name of a checkpoint', WeightsError):
        name = Path(pointer.read_text('utf-8').strip()).name
        (folder / name).exists()  # refuses what can be the name of no file
        return name


def load_tower(
    tower: nn.Module, content: dict[str, Any], kind: str, source: str
) -> None:
    """Load one tower of an image-text pair.

    Position embeddings of another image size are interpolated; nothing else is made to
    fit.

    Args:
        tower: open_clip's image or text tower.
        content: What :func:`read_file` returned, in a naming of :mod:`.key_naming`.
        kind: ``'image'`` or ``'text'``.
        source: Name of the file, for messages.

    Raises:
        WeightsError: If a key is missing, left over or of another shape, or if the file
            is known to come from a tower with another activation.
    """
    place = f'{source} ({kind} tower)'
    towers = split_towers(state_of(content))
    trained = stored_activation(content, towers.naming, kind)
    check_activation(activation_of(tower), trained, place)
    state = towers.of(kind)
    if kind == 'image':
        _check_timm(tower, towers.naming, place)
        resized = fit_to_grid(tower, state)
        for key in state:
            if resized[key] is not state[key]:
                print_log(
                    f'{place}: {key} interpolated from {tuple(state[key].shape)} to '
                    f'{tuple(resized[key].shape)} for images of another size',
                    logger='current',
                )
        state = resized
    load_exactly(tower, state, place)


def stored_activation(
    content: dict[str, Any], naming: Naming | None, kind: str
) -> str | None:
    """Return the activation that a file's tower was trained with, if that is known.

    No activation has weights: the wrong one would load and be silently worse.
    """
    if naming is not None and naming.activation is not None:
        return naming.activation
    towers = content.get('meta', {}).get(TOWERS_KEY, {})
    return towers.get(kind, {}).get('activation')


def check_activation(own: str | None, trained: str | None, place: str) -> None:
    """Refuse weights that were trained with another activation than a tower has.

    Args:
        own: Activation of the tower; None if it has neither GELU nor QuickGELU.
        trained: What :func:`stored_activation` returned.
        place: File and tower, for the message.

    Raises:
        WeightsError: If both are known and differ.
    """
    if trained is None or own is None or own == trained:
        return
    raise WeightsError(
        f'{place} was trained with {trained}, this tower has {own}; '
        + (
            "take an arch such as 'ViT-B-16-quickgelu', or set quick_gelu=True"
            if trained == 'QuickGELU'
            else "take an arch such as 'ViT-B-16', or set quick_gelu=False"
        )
    )


def load_exactly(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Load ``state`` into ``module``, refusing anything that does not fit.

    Raises:
        WeightsError: Names ``source`` and the missing, unexpected or misshapen keys.
    """
    own = module.state_dict()
    shapes = {key: getattr(value, 'shape', None) for key, value in state.items()}
    problems = [
        _listed('missing', [key for key in own if key not in state]),
        _listed('unexpected', [key for key in state if key not in own]),
        _listed(
            'of another shape',
            [
                f'{key} {_size(shapes[key])} instead of {_size(value.shape)}'
                for key, value in own.items()
                if key in shapes and shapes[key] != value.shape
            ],
        ),
    ]
    if any(problems):
        raise WeightsError(
            f'{source} does not fit {type(module).__name__}: '
            + '; '.join(filter(None, problems))
        )
    module.load_state_dict(state)


def _check_timm(tower: nn.Module, naming: Naming | None, place: str) -> None:
    if naming is not None and naming.needs_timm and not hasattr(tower, 'trunk'):
        raise WeightsError(
            f'{place} is named as a {naming.name} and fits only a tower of timm; '
            "take an arch with vision_cfg=dict(timm_model_name='vit_base_patch16_224', "
            "timm_pool='token', timm_proj='none')"
        )


def _size(shape: Any) -> str:
    return 'no tensor' if shape is None else str(tuple(shape))


def _listed(what: str, keys: list[str], shown: int = 5) -> str:
    if not keys:
        return ''
    more = f' and {len(keys) - shown} more' if len(keys) > shown else ''
    return f'{len(keys)} {what} ({", ".join(keys[:shown])}{more})'
