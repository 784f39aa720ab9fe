"""Prompt banks: the texts of action units, expressions and activities, as data.

Text only: importing this package loads neither torch nor mmengine.
"""

from clef_mm.prompts.bank import PromptBank
from clef_mm.prompts.choice import TextChoice, text_choices
from clef_mm.prompts.loading import load_bank
from clef_mm.prompts.schema import PromptBankError

__all__ = ['PromptBank', 'PromptBankError', 'TextChoice', 'load_bank', 'text_choices']
