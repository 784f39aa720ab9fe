"""Our results beside the published ones: comparison, marks, and four ways to write."""

from clef_mm.evaluation.tables.comparison import Block, Comparison, compare
from clef_mm.evaluation.tables.rows import Row, Score
from clef_mm.evaluation.tables.writing import FORMATS, write

__all__ = ['FORMATS', 'Block', 'Comparison', 'Row', 'Score', 'compare', 'write']
