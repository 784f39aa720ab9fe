"""CLEF on BP4D: Table 2.

Command  python tools/crossval.py configs/recipes/table2_clef.py
Expect   mean F1 of 65.9 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLEF'
table = 'table2'
stages = ['../clef/clef_pretrain_vitb16_bp4d.py', '../clef/clef_vitb16_bp4d.py']
folds = [1, 2, 3]
