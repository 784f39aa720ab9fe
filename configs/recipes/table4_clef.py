"""CLEF on BP4D+: Table 4.

Command  python tools/crossval.py configs/recipes/table4_clef.py
Expect   mean F1 of 63.1 over four folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLEF'
table = 'table4'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus.py',
    '../clef/clef_vitb16_bp4d_plus.py',
]
folds = [1, 2, 3, 4]
