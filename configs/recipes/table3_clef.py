"""CLEF on DISFA, from the BP4D model of the same fold: Table 3.

Command  python tools/crossval.py configs/recipes/table3_clef.py
Expect   mean F1 of 64.8 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLEF'
table = 'table3'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d.py',
    '../clef/clef_vitb16_bp4d.py',
    '../clef/clef_vitb16_disfa.py',
]
folds = [1, 2, 3]
