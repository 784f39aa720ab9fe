"""Write a comparison in one of the formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clef_mm.errors import UserError, nearest
from clef_mm.evaluation.tables.comma_separated import as_csv
from clef_mm.evaluation.tables.comparison import Comparison
from clef_mm.evaluation.tables.latex import as_latex
from clef_mm.evaluation.tables.markdown import as_markdown
from clef_mm.evaluation.tables.terminal import as_terminal

FORMATS: Mapping[str, tuple[Callable[[Comparison], str], str]] = {
    'terminal': (as_terminal, 'txt'),
    'markdown': (as_markdown, 'md'),
    'csv': (as_csv, 'csv'),
    'latex': (as_latex, 'tex'),
}
"""By name: what writes it, and the ending of a file of it."""


def write(comparison: Comparison, form: str) -> str:
    """Return a comparison as text.

    Args:
        comparison: What to write.
        form: One of :data:`FORMATS`.

    Raises:
        UserError: If there is no such format.
    """
    if form not in FORMATS:
        raise UserError(
            f'there is no format {form!r}: {", ".join(FORMATS)}{nearest(form, FORMATS)}'
        )
    return FORMATS[form][0](comparison)
