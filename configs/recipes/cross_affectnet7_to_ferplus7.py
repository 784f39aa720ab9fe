"""CLEF trained on AffectNet, tested on FERPlus.

Command  python tools/crossval.py configs/recipes/cross_affectnet7_to_ferplus7.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, AffectNet to FERPlus'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/affectnet7_to_ferplus7.py',
]
folds = []
