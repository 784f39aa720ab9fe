"""CLEF PA+PI+I+D on BP4D: the poster's table of components.

Command  python tools/crossval.py configs/recipes/table6_clef_pa_pi_i_d_bp4d.py
Expect   mean F1 of 65.7 over three folds on the authors' poster; nobody has run this on
         the real data yet
"""

name = 'CLEF PA+PI+I+D'
table = 'table6'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d.py',
    '../clef/clef_pa_pi_i_d_vitb16_bp4d.py',
]
folds = [1, 2, 3]
