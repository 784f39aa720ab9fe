"""ViT of ImageNet, with a linear layer, on BP4D+: Table 4.

Command  python tools/crossval.py configs/recipes/table4_vit.py
Expect   mean F1 of 61.6 over four folds in the paper; nobody has run this on the real
         data yet
"""

name = 'ViT'
table = 'table4'
stages = ['../vit/vit_i_vitb16_bp4d_plus.py']
folds = [1, 2, 3, 4]
