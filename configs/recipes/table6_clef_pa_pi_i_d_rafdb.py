"""CLEF PA+PI+I+D on RAF-DB: the poster's table of components.

Command  python tools/crossval.py configs/recipes/table6_clef_pa_pi_i_d_rafdb.py
Expect   accuracy of 89.73 on the authors' poster; nobody has run this on the real data
         yet
"""

name = 'CLEF PA+PI+I+D'
table = 'table6'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../clef/clef_pa_pi_i_d_vitb16_rafdb.py',
]
folds = []
