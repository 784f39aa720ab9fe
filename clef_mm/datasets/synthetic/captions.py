"""What a caption from the web would say of a face: looks, and now and then a mood.

A caption mentions few of the things there are to see, in everyday words. Of behaviour
it knows a word for the whole mood at most; no caption names an action unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clef_mm.datasets.synthetic.identity import Identity

MOOD_SHARE = 0.3
"""Of all captions, those that say how the person looks or feels."""

_MOODS: Mapping[str, tuple[str, ...]] = {
    'neutral': ('serious', 'calm'),
    'happiness': ('smiling', 'laughing', 'happy'),
    'sadness': ('sad', 'unhappy'),
    'surprise': ('surprised', 'amazed'),
    'fear': ('scared', 'frightened'),
    'disgust': ('disgusted',),
    'anger': ('angry', 'frowning'),
    'contempt': ('smirking',),
}
_OPENINGS = ('a photo of a', 'a portrait of a', 'a picture of a', 'close-up of a', '')
_HAIR_SHARE, _DETAIL_SHARE, _TONE_SHARE, _BACKGROUND_SHARE = 0.7, 0.5, 0.4, 0.25
_MOST_DETAILS = 3
_HAIR_COLOURS: Mapping[str, tuple[int, int, int]] = {
    'black': (28, 24, 24),
    'dark brown': (58, 38, 28),
    'brown': (98, 64, 40),
    'light brown': (150, 102, 58),
    'blond': (206, 170, 112),
    'red': (158, 74, 40),
    'grey': (150, 148, 146),
}
_HAIR_STYLES: Mapping[str, str] = {
    'short': 'short {} hair',
    'side_part': 'parted {} hair',
    'fringe': 'a {} fringe over the forehead',
    'long': 'long {} hair',
    'bun': '{} hair tied up',
    'curly': 'curly {} hair',
}
_FACIAL_HAIR: Mapping[str, str] = {
    'stubble': 'stubble on the chin',
    'moustache': 'a moustache over the upper lip',
    'goatee': 'a goatee',
    'beard': 'a beard on cheeks and chin',
}
# What is said of a part of the face where its measure is low, and where it is high.
_PARTS: tuple[tuple[Callable[[Identity], float], float, float, str, str], ...] = (
    (lambda i: i.brows.thickness, 1.9, 2.9, 'thin eyebrows', 'thick eyebrows'),
    (lambda i: i.brows.gap, 8.9, 10.3, 'low brows', 'high brows'),
    (lambda i: i.brows.arch, 0.8, 2.1, 'straight eyebrows', 'arched eyebrows'),
    (lambda i: i.eyes.upper_opening, 2.9, 3.6, 'narrow eyes', 'large eyes'),
    (lambda i: i.eyes.crease, 1.2, 2.2, 'heavy eyelids', 'deep-set upper eyelids'),
    (lambda i: i.nose.half_width, 5.0, 6.4, 'a narrow nose', 'a broad nose'),
    (lambda i: i.mouth.lower_thickness, 2.7, 3.6, 'thin lips', 'full lips'),
    (lambda i: i.mouth.half_width, 9.8, 11.6, 'a small mouth', 'a wide mouth'),
    (
        *(lambda i: i.mouth.corner_drop, -0.4, 0.8),
        *('upturned lip corners', 'drooping mouth corners'),
    ),
    (lambda i: i.skull.jaw_squareness, 0.2, 0.8, 'a pointed chin', 'a square jaw'),
    (lambda i: i.skull.cheek_fullness, 0.2, 0.8, 'hollow cheeks', 'round cheeks'),
    (
        *(lambda i: i.skin.forehead_lines, -1.0, 0.15),
        *('', 'wrinkles on the forehead'),
    ),
    (
        *(lambda i: i.skin.nasolabial, -1.0, 0.2),
        *('', 'lines from nose to mouth'),
    ),
    (lambda i: i.skin.eye_bags, -1.0, 0.3, '', 'bags under the eyes'),
    (lambda i: i.skin.chin_dimple, -1.0, 0.3, '', 'a dimple in the chin'),
    (lambda i: i.skin.freckles, -1.0, 0.8, '', 'freckled skin'),
)


def write_caption(rng: np.random.Generator, identity: Identity, expression: str) -> str:
    """Describe a face as somebody would who puts a photograph on the web.

    Args:
        rng: Chooses what is mentioned and in which words.
        identity: Who is shown.
        expression: What the face shows; mentioned in ``MOOD_SHARE`` of the captions.

    Raises:
        ValueError: The expression is unknown.
    """
    if expression not in _MOODS:
        raise ValueError(
            f'unknown expression {expression!r}; choose from {", ".join(_MOODS)}'
        )
    adjectives = []
    if rng.random() < MOOD_SHARE:
        adjectives.append(_one_of(rng, _MOODS[expression]))
    if rng.random() < _TONE_SHARE:
        adjectives.append(_tone(identity))
    bald = identity.hair.style == 'bald'
    if bald and rng.random() < _HAIR_SHARE:
        adjectives.append('bald')
    bearded = identity.hair.facial_hair != 'none'
    person = 'man' if bearded else _one_of(rng, ('person', 'face'))
    opening = _one_of(rng, _OPENINGS)
    caption = ' '.join(filter(None, [opening, *adjectives, person]))
    details = _details(rng, identity)
    if details:
        caption += ' with ' + ' and '.join(details)
    if rng.random() < _BACKGROUND_SHARE:
        caption += f', {_brightness(identity)} background'
    return caption


def _details(rng: np.random.Generator, identity: Identity) -> list[str]:
    """Choose what is mentioned of hair, glasses and the parts of the face."""
    hair = identity.hair
    found = []
    if hair.style != 'bald' and rng.random() < _HAIR_SHARE:
        found.append(_HAIR_STYLES[hair.style].format(_nearest_colour(hair.colour)))
    if hair.facial_hair != 'none' and rng.random() < _HAIR_SHARE:
        found.append(_FACIAL_HAIR[hair.facial_hair])
    if hair.glasses != 'none' and rng.random() < _HAIR_SHARE:
        found.append(f'{hair.glasses} glasses')
    for measure, low, high, below, above in _PARTS:
        value = measure(identity)
        said = below if value < low else above if value > high else ''
        if said and rng.random() < _DETAIL_SHARE:
            found.append(said)
    chosen = rng.permutation(len(found))[:_MOST_DETAILS]
    return [found[index] for index in chosen]


def _one_of(rng: np.random.Generator, texts: tuple[str, ...]) -> str:
    return texts[rng.integers(len(texts))]


def _tone(identity: Identity) -> str:
    brightness = sum(identity.skin.colour) / 3
    bounds = ((190, 'pale'), (160, 'light-skinned'), (120, 'tanned'))
    return next((word for bound, word in bounds if brightness > bound), 'dark-skinned')


def _brightness(identity: Identity) -> str:
    brightness = sum(identity.scene.background) / 3
    return 'dark' if brightness < 90 else 'bright' if brightness > 160 else 'grey'


def _nearest_colour(colour: tuple[int, int, int]) -> str:
    def distance(name: str) -> int:
        return sum(
            (a - b) ** 2 for a, b in zip(colour, _HAIR_COLOURS[name], strict=True)
        )

    return min(_HAIR_COLOURS, key=distance)
