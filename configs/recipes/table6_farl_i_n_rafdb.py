"""FaRL I+N on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_farl_i_n_rafdb.py
Expect   accuracy of 88.69 in the paper; nobody has run this on the real data yet
"""

name = 'FaRL I+N'
table = 'table6'
stages = ['../farl/farl_i_n_vitb16_rafdb.py']
folds = []
