"""Evaluation: metrics as pure functions, thin evaluators around them, and reports."""

from clef_mm.evaluation.action_unit_f1 import ActionUnitF1
from clef_mm.evaluation.activity_probe import ActivityProbe
from clef_mm.evaluation.aggregation import aggregate
from clef_mm.evaluation.expression_accuracy import ExpressionAccuracy
from clef_mm.evaluation.identity_leak import IdentityLeak
from clef_mm.evaluation.plots import plot_confusion, plot_fold_spread, plot_per_au_f1
from clef_mm.evaluation.results import Result, read_result, write_result
from clef_mm.evaluation.summary import Summary, read_summary

__all__ = [
    'ActionUnitF1',
    'ActivityProbe',
    'ExpressionAccuracy',
    'IdentityLeak',
    'Result',
    'Summary',
    'aggregate',
    'plot_confusion',
    'plot_fold_spread',
    'plot_per_au_f1',
    'read_result',
    'read_summary',
    'write_result',
]
