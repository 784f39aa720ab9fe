"""CLEF PI+I+N on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clef_pi_i_n_rafdb.py
Expect   accuracy of 88.57 in the paper; nobody has run this on the real data yet
"""

name = 'CLEF PI+I+N'
table = 'table6'
stages = [
    '../clef/clef_pretrain_pi_vitb16_bp4d_plus_all.py',
    '../clef/clef_pi_i_n_vitb16_rafdb.py',
]
folds = []
