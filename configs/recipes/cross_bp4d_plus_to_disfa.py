"""CLEF trained on BP4D+, tested on DISFA.

Command  python tools/crossval.py configs/recipes/cross_bp4d_plus_to_disfa.py
Expect   the paper has no such row; nobody has run this on the real data yet
"""

name = 'CLEF, BP4D+ to DISFA'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../cross_dataset/bp4d_plus_to_disfa.py',
]
folds = []
