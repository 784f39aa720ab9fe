"""Stage 1 as the paper trains it: 5 epochs, one of warm-up, cosine to 1e-6.

The paper does not give the learning rate of stage 1; 2e-5 is our choice for ViT-B/16.
"""

from torch.optim import AdamW

from clef_mm.engine import OptimWrapper, WarmupCosineLR

train_cfg = dict(by_epoch=True, max_epochs=5)
test_cfg = dict()
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=AdamW, lr=2e-5, weight_decay=0.01, fused=True),
)
param_scheduler = dict(type=WarmupCosineLR, by_epoch=False, warmup=0.2, final_lr=1e-6)
