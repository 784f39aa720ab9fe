"""CLEF trained on RAF-DB, tested on FERPlus.

Command  python tools/crossval.py configs/recipes/cross_rafdb_to_ferplus7.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, RAF-DB to FERPlus'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/rafdb_to_ferplus7.py',
]
folds = []
