"""CLEF PI+I on BP4D: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clef_pi_i_bp4d.py
Expect   mean F1 of 65.0 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLEF PI+I'
table = 'table6'
stages = ['../clef/clef_pretrain_pi_vitb16_bp4d.py', '../clef/clef_pi_i_vitb16_bp4d.py']
folds = [1, 2, 3]
