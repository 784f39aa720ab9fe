"""CLEF trained on DISFA, tested on BP4D.

Command  python tools/crossval.py configs/recipes/cross_disfa_to_bp4d.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, DISFA to BP4D'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/disfa_to_bp4d.py',
]
folds = []
