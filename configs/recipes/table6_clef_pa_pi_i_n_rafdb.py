"""CLEF PA+PI+I+N on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clef_pa_pi_i_n_rafdb.py
Expect   accuracy of 89.57 in the paper; nobody has run this on the real data yet
"""

name = 'CLEF PA+PI+I+N'
table = 'table6'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../clef/clef_pa_pi_i_n_vitb16_rafdb.py',
]
folds = []
