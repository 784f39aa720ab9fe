"""ViT-B/16 of ImageNet, by timm: an image tower without a text tower.

The paper does not say which of the trainings it took; this one, on ImageNet-21k and
then ImageNet-1k, is the published ViT's, and our choice. Its images are scaled to
[-1, 1], unlike CLIP's.
"""

_vit = 'weights/vit_base_patch16_224.augreg_in21k_ft_in1k.safetensors'
_vit_arch = dict(
    embed_dim=768,
    vision_cfg=dict(
        timm_model_name='vit_base_patch16_224',
        timm_pool='token',
        timm_proj='none',
        image_size=224,
    ),
)
_vit_scale = dict(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
how_to_get = {
    _vit: 'Download model.safetensors of '
    'timm/vit_base_patch16_224.augreg_in21k_ft_in1k from the Hugging Face Hub and put '
    'it there under this name.'
}
