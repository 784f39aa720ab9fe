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
    'draw_photo': 'photo',
    'face_landmarks': 'landmarks',
    'render': 'face_renderer',
    'simulate_sequence': 'world',
    'write_affectnet': 'affectnet',
    'write_bp4d': 'bp4d',
    'write_bp4d_plus': 'bp4d_plus',
    'write_captioned_faces': 'captioned_faces',
    'write_contact_sheet': 'contact_sheet',
    'write_disfa': 'disfa',
    'write_expression_sheet': 'contact_sheet',
    'write_ferplus': 'ferplus',
    'write_rafdb': 'rafdb',
}

__all__ = [
    'ACTION_UNITS',
    'Identity',
    'draw_photo',
    'face_landmarks',
    'render',
    'simulate_sequence',
    'write_affectnet',
    'write_bp4d',
    'write_bp4d_plus',
    'write_captioned_faces',
    'write_contact_sheet',
    'write_disfa',
    'write_expression_sheet',
    'write_ferplus',
    'write_rafdb',
]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use (OpenCV is slow to load)."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
