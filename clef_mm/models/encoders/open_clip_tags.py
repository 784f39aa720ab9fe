"""Weights named by an open_clip tag: ``open_clip:ViT-B-16-quickgelu/openai``.

The file is looked for in ``weights/open_clip/``, then in the cache of the Hugging Face
hub, and only then downloaded. Where no network answers within seconds, an error says
which file to put where.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

import huggingface_hub
import open_clip
from open_clip.constants import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME

from clef_mm.errors import nearest
from clef_mm.models.encoders.weight_files import WeightsError

PREFIX = 'open_clip:'
"""What a name of weights starts with that is a tag and no path."""

_FOLDER = Path('weights', 'open_clip')
_SUFFIXES = ('.safetensors', '.bin', '.pt', '.pth')
_SECONDS = 10.0


def is_tag(name: str) -> bool:
    """Tell a tag from a path."""
    return name.startswith(PREFIX)


def locate(name: str) -> Path:
    """Return the file of a tag, downloaded if it is not on this machine.

    Args:
        name: ``open_clip:MODEL/TAG``.

    Raises:
        WeightsError: If there is no such tag, or the file is not here and cannot be
            downloaded; names the file and where to put it.
    """
    entry = _entry(name)
    return _by_hand(name) or _cached(entry) or _download(name, entry)


def activation(name: str) -> str:
    """Return the activation that the model of a tag was trained with."""
    return 'QuickGELU' if _entry(name).get('quick_gelu') else 'GELU'


def _parts(name: str) -> tuple[str, str]:
    model, slash, tag = name.removeprefix(PREFIX).partition('/')
    if not slash:
        raise WeightsError(f"a tag is '{PREFIX}MODEL/TAG', got '{name}'")
    return model, tag


def _entry(name: str) -> dict[str, Any]:
    """Return what open_clip knows of a tag."""
    model, tag = _parts(name)
    entry = open_clip.get_pretrained_cfg(model, tag)
    if entry:
        return entry
    tags = open_clip.list_pretrained_tags_by_model(model)
    if tags:
        raise WeightsError(
            f"open_clip has no weights '{tag}' of {model}, only {', '.join(tags)}"
        )
    models = {known for known, _ in open_clip.list_pretrained()}
    raise WeightsError(
        f"open_clip has no weights of a model '{model}'{nearest(model, models)}"
    )


def _by_hand(name: str) -> Path | None:
    stem = '_'.join(_parts(name))
    found = [_FOLDER / (stem + suffix) for suffix in _SUFFIXES]
    return next((path for path in found if path.is_file()), None)


def _cached(entry: dict[str, Any]) -> Path | None:
    for repository, file in _hub_files(entry):
        path = huggingface_hub.try_to_load_from_cache(repository, file)
        if isinstance(path, str):
            return Path(path)
    return None


def _hub_files(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Return repositories and files of the hub, the preferred first."""
    repository, _, file = entry['hf_hub'].rpartition('/')
    names = [file] if file else [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME]
    return [(repository, name) for name in names]


def _download(name: str, entry: dict[str, Any]) -> Path:
    repository, file = _hub_files(entry)[0]
    url = huggingface_hub.hf_hub_url(repository, file)
    problem = _unreachable(url)
    if not problem:
        try:
            return Path(open_clip.download_pretrained(entry))
        except Exception as error:  # of many kinds, by hub, proxy and disk
            problem = str(error)
    place = _FOLDER / ('_'.join(_parts(name)) + Path(file).suffix)
    raise WeightsError(
        f'the weights {name} are not on this machine and could not be downloaded '
        f'({problem}). Download {url} elsewhere and put it at {place}'
    )


def _unreachable(url: str) -> str:
    """Return why a URL does not answer, or '' if it does; takes seconds at most.

    In a thread, as looking up the name of a host has no time-out of its own.
    """
    if huggingface_hub.constants.HF_HUB_OFFLINE:
        return 'HF_HUB_OFFLINE is set'
    answer = [f'no answer within {_SECONDS:g} s']

    def ask() -> None:
        request = urllib.request.Request(url, method='HEAD')
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):
                answer[0] = ''
        except urllib.error.HTTPError:  # an answer: open_clip tries other files too
            answer[0] = ''
        except (OSError, HTTPException) as error:
            answer[0] = str(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return answer[0]
