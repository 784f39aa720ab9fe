"""FaRL I on BP4D: Table 6.

Command  python tools/crossval.py configs/recipes/table6_farl_i_bp4d.py
Expect   mean F1 of 63.7 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'FaRL I'
table = 'table6'
stages = ['../farl/farl_i_vitb16_bp4d.py']
folds = [1, 2, 3]
