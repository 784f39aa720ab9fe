"""The towers of the synthetic study: those of the demo, at 48 px for half the cost."""

_study_pair = dict(
    embed_dim=128,
    vision_cfg=dict(timm_model_name='test_resnet', image_size=48),
    text_cfg=dict(context_length=77, vocab_size=49408, width=64, heads=2, layers=2),
)
_study_image = dict(arch=_study_pair, channels_last=True)
_generic = 'work_dirs/study/generic'
