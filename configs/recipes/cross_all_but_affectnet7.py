"""CLEF trained on all but AffectNet, tested on that.

Command  python tools/crossval.py configs/recipes/cross_all_but_affectnet7.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, all but AffectNet'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/all_but_affectnet7.py',
]
folds = []
