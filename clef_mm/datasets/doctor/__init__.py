"""Examines a dataset on disk against what is published about it.

Every number that a check expects stands in ``facts.json`` with its source and with how
sure it is. One file per dataset says what is looked at; ``examination.py`` runs it.
"""

from clef_mm.datasets.doctor.examination import examine

__all__ = ['examine']
