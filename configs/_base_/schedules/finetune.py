"""Stage 2: AdamW at 2e-4 as in the paper.

The paper does not give epochs, warm-up or weight decay of stage 2; 10 epochs, a tenth
of warm-up and 0.01 are our choice.
"""

from torch.optim import AdamW

from clef_mm.engine import OptimWrapper, WarmupCosineLR

train_cfg = dict(by_epoch=True, max_epochs=10)
test_cfg = dict()
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=AdamW, lr=2e-4, weight_decay=0.01, fused=True),
)
param_scheduler = dict(type=WarmupCosineLR, by_epoch=False, warmup=0.1, final_lr=1e-6)
