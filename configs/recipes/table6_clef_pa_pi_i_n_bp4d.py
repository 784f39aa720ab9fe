"""CLEF PA+PI+I+N on BP4D: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clef_pa_pi_i_n_bp4d.py
Expect   mean F1 of 64.9 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLEF PA+PI+I+N'
table = 'table6'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d.py',
    '../clef/clef_pa_pi_i_n_vitb16_bp4d.py',
]
folds = [1, 2, 3]
