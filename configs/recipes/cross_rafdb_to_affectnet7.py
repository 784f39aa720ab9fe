"""CLEF trained on RAF-DB, tested on AffectNet.

Command  python tools/crossval.py configs/recipes/cross_rafdb_to_affectnet7.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, RAF-DB to AffectNet'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/rafdb_to_affectnet7.py',
]
folds = []
