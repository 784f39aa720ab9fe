"""CLEF-MM: learning facial behaviour with text, in two stages (CLEF, ICCV 2023).

Importing the package is instant: torch and mmengine load with the part that needs them.
"""

__version__ = '0.1.0'
