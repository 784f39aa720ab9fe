"""From an official tree to face crops with one index.

``prepare`` cuts the face out of every frame by a named crop policy and writes JPEGs
below ``faces/`` and ``index.npz``, which every dataset class reads in place of the
original tree. It uses all cores, and goes on where it was stopped.
"""

from clef_mm.datasets.preparation.preparing import PreparationError, prepare

__all__ = ['PreparationError', 'prepare']
