"""A synthetic world of rendered faces that stands in for the licensed datasets.

The real datasets need signed licences. This package draws parametric faces whose
action units, identity and behaviour are known by construction, and writes them in
the official layouts, so that every loader, recipe and test runs without real data.
Nothing measured on it says anything about real faces.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    'ACTION_UNITS': 'action_units',
    'Identity': 'identity',
    'render': 'face_renderer',
    'simulate_sequence': 'world',
    'write_bp4d': 'bp4d',
    'write_bp4d_plus': 'bp4d_plus',
    'write_contact_sheet': 'contact_sheet',
    'write_disfa': 'disfa',
}

__all__ = [
    'ACTION_UNITS',
    'Identity',
    'render',
    'simulate_sequence',
    'write_bp4d',
    'write_bp4d_plus',
    'write_contact_sheet',
    'write_disfa',
]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use (OpenCV is slow to load)."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
