"""CLEF trained on FERPlus, tested on RAF-DB.

Command  python tools/crossval.py configs/recipes/cross_ferplus7_to_rafdb.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, FERPlus to RAF-DB'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/ferplus7_to_rafdb.py',
]
folds = []
