"""CLIP as OpenAI released it."""

_clip = 'weights/ViT-B-16.pt'
how_to_get = {
    _clip: 'Download ViT-B/16 of openai/CLIP (the address is in its clip/clip.py) and '
    'put it there.'
}
