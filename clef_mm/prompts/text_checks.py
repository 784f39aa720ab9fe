"""Checks on the finished texts of a bank: distinct, and short enough to be read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from clef_mm.prompts.schema import PromptBankError

if TYPE_CHECKING:
    from open_clip.tokenizer import SimpleTokenizer

    from clef_mm.prompts.bank import PromptBank

CONTEXT_LENGTH = 77
"""Tokens that CLIP's text encoder reads, start and end token included."""


def check_distinct(bank: PromptBank) -> None:
    """Check that no text stands for two classes.

    Two classes with one text have one text feature, and no image can tell them apart.
    Nor can it tell presence from absence.
    """
    for kind in bank.kinds:
        owners: dict[str, str] = {}
        for key, text in _texts_by_class(bank, kind):
            owner = owners.setdefault(_as_tokenized(text), key)
            if owner != key:
                raise PromptBankError(
                    f"{bank.source}: class '{key}', field '{kind}': the text '{text}' "
                    f"is also that of class '{owner}'; word them differently"
                )
        for key, text in _texts_by_class(bank, kind, absent=True):
            if owner := owners.get(_as_tokenized(text)):
                raise PromptBankError(
                    f"{bank.source}: absence of '{kind}': the text '{text}' for class "
                    f"'{key}' also says that '{owner}' is present"
                )


def check_length(bank: PromptBank) -> None:
    """Check that every text fits into ``CONTEXT_LENGTH`` tokens.

    The tokenizer cuts a longer text without a word, and its end is never seen.
    """
    for kind in bank.kinds:
        for key, text in (
            *_texts_by_class(bank, kind),
            *_texts_by_class(bank, kind, absent=True),
        ):
            if _surely_fits(text):
                continue
            length = count_tokens(text)
            if length > CONTEXT_LENGTH:
                raise PromptBankError(
                    f"{bank.source}: class '{key}', field '{kind}': {length} tokens, "
                    f"but the text encoder reads {CONTEXT_LENGTH}; shorten '{text}'"
                )


def count_tokens(text: str) -> int:
    """Return the number of CLIP tokens of a text, start and end token included."""
    return len(_tokenizer().encode(text)) + 2


def _texts_by_class(
    bank: PromptBank, kind: str, absent: bool = False
) -> Iterator[tuple[str, str]]:
    if absent and kind not in bank.absence:
        return
    for index in range(bank.count(kind)):
        texts = bank.texts(kind, index=index, absent=absent)
        yield from zip(bank.classes, texts, strict=True)


def _as_tokenized(text: str) -> str:
    # The tokenizer ignores case and repeated spaces, so equal means equal then.
    return ' '.join(text.lower().split())


def _surely_fits(text: str) -> bool:
    # A token stands for one byte or more. Clean-up can lengthen text beyond ASCII.
    return text.isascii() and len(text) + 2 <= CONTEXT_LENGTH


@cache
def _tokenizer() -> SimpleTokenizer:
    # open_clip imports torch: seconds that a bank of short texts need not wait for.
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer()
