"""The ViT-B/16 of a config in miniature: patches of 16 and QuickGELU, as they were."""


def shrink(config, image_size=None):
    """Give the towers one thin layer, and images of another size if one is given."""
    size = image_size or config.model.data_preprocessor.image_size
    config.model.data_preprocessor.image_size = size
    tiny_vit = dict(
        embed_dim=32,
        quick_gelu=True,
        vision_cfg=dict(image_size=size, patch_size=16, layers=1, width=64),
        text_cfg=dict(context_length=77, vocab_size=49408, width=32, heads=2, layers=1),
    )
    image, text = config.model.image_encoder, config.model.get('text_encoder')
    if isinstance(image.arch, str):
        image.arch = tiny_vit
    elif image.arch.vision_cfg.timm_model_name == 'vit_base_patch16_224':
        image.arch.embed_dim = 192
        image.arch.vision_cfg.update(
            timm_model_name='vit_tiny_patch16_224', image_size=size
        )
    if text and isinstance(text.arch, str):
        text.arch = tiny_vit
