"""Texts to test with, other than each class's name in the bank's first template.

A config does ``model.update(_all_descriptions)``.
"""

_all_descriptions = dict(
    test_texts='description', test_template='all', test_wording='all'
)
