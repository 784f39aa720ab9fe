"""CLEF trained on all but FERPlus, tested on that.

Command  python tools/crossval.py configs/recipes/cross_all_but_ferplus7.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, all but FERPlus'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/all_but_ferplus7.py',
]
folds = []
