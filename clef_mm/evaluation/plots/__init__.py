"""Pictures of results: bars per AU or class, confusion matrix, spread over folds."""

from clef_mm.evaluation.plots.bars import plot_per_au_f1, plot_per_class_recall
from clef_mm.evaluation.plots.confusion import plot_confusion
from clef_mm.evaluation.plots.fold_spread import plot_fold_spread

__all__ = [
    'plot_confusion',
    'plot_fold_spread',
    'plot_per_au_f1',
    'plot_per_class_recall',
]
