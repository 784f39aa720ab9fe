"""Files from outside: whatever is wrong inside one becomes an error that names it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clef_mm.errors import UserError

_LONGEST_REASON = 300  # characters: some parsers quote all of what they could not read


@contextmanager
def parsing(
    path: str | Path, what: str, error: type[UserError], cure: str = ''
) -> Iterator[None]:
    """Turn anything that a parser raises on a file into an error that names the file.

    On damaged bytes parsers raise what they please, from KeyError to RecursionError and
    MemoryError. Only what reads the file belongs into the block: a slip of ours in it
    would be taken for damage.

    Args:
        path: The file.
        what: What it should be: ``'split file'``.
        error: What is raised instead.
        cure: What to do, a sentence.

    Raises:
        UserError: Of the class ``error``: file, reason and cure; or whatever was raised
            that is one already.
    """
    try:
        yield
    except UserError:  # it says so itself
        raise
    except Exception as cause:
        reason = ' '.join(str(cause)[:_LONGEST_REASON].split()) or type(cause).__name__
        raise error(
            f'{path} is damaged or no {what} ({reason})' + (cure and f'. {cure}')
        ) from cause


def check_unpacked_size(path: str | Path, most: int) -> None:
    """Refuse a ZIP archive that claims to unpack to more than ``most`` bytes.

    Raises:
        ValueError: If it does.
        zipfile.BadZipFile: If it is none.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > most:
        raise ValueError(f'it would unpack to {size:,} bytes')


def lies_below(name: str) -> bool:
    """Tell whether a path from outside stays in the folder that it is relative to."""
    return not os.path.isabs(name) and '..' not in Path(name).parts
