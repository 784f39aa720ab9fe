"""FaRL I on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_farl_i_rafdb.py
Expect   accuracy of 88.31 in the paper; nobody has run this on the real data yet
"""

name = 'FaRL I'
table = 'table6'
stages = ['../farl/farl_i_vitb16_rafdb.py']
folds = []
