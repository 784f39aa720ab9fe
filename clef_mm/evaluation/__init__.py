"""Evaluation: metrics as pure functions, thin evaluators around them, and reports."""

from clef_mm.evaluation.action_unit_f1 import ActionUnitF1
from clef_mm.evaluation.activity_probe import ActivityProbe
from clef_mm.evaluation.expression_accuracy import ExpressionAccuracy
from clef_mm.evaluation.report import plot_per_au_f1, write_report

__all__ = [
    'ActionUnitF1',
    'ActivityProbe',
    'ExpressionAccuracy',
    'plot_per_au_f1',
    'write_report',
]
