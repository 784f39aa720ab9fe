"""CLEF trained on all but BP4D, tested on that.

Command  python tools/crossval.py configs/recipes/cross_all_but_bp4d.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, all but BP4D'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/all_but_bp4d.py',
]
folds = []
