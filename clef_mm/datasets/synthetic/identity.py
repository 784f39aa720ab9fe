"""Who a synthetic subject is: everything about a face that no action unit changes.

Lengths are in design units: the frame is 96 units wide and high whatever the number
of pixels, the face's midline is x = 0, and y grows downwards from the top edge. The
ranges are wide on purpose. Some people have low brows, thin lips, drooping mouth
corners or standing wrinkles at rest, so that, as in life, the identity of a face is
easier to see than its expression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HAIR_STYLES = ('bald', 'short', 'side_part', 'fringe', 'long', 'bun', 'curly')
GLASSES = ('none', 'round', 'square')
FACIAL_HAIR = ('none', 'stubble', 'moustache', 'goatee', 'beard')

Colour = tuple[int, int, int]

# Skin tones from light to dark in RGB; a face lies somewhere on this line.
_SKIN_TONES = np.array(
    [[234, 196, 174], [220, 174, 144], [198, 148, 114], [157, 108, 78], [105, 71, 54]]
)
_HAIR_COLOURS = np.array(
    [
        [28, 24, 24],
        [58, 38, 28],
        [98, 64, 40],
        [150, 102, 58],
        [206, 170, 112],
        [158, 74, 40],
        [150, 148, 146],
    ]
)


@dataclass(frozen=True, slots=True)
class Skull:
    """Outline of the head: half width at the cheeks, chin height, form of the jaw."""

    half_width: float
    chin_y: float
    top_y: float
    jaw_squareness: float  # 0 pointed .. 1 square
    cheek_fullness: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Skull:
        """Draw an outline."""
        return cls(
            half_width=rng.uniform(28.0, 33.0),
            chin_y=rng.uniform(86.0, 91.0),
            top_y=rng.uniform(6.0, 10.0),
            jaw_squareness=rng.uniform(0.0, 1.0),
            cheek_fullness=rng.uniform(0.0, 1.0),
        )


@dataclass(frozen=True, slots=True)
class Eyes:
    """Geometry and colour of both eyes at rest."""

    y: float
    spacing: float  # midline to the centre of an eye
    half_width: float
    upper_opening: float
    lower_opening: float
    tilt: float  # outer corner above (> 0) or below the inner one
    crease: float  # distance of the lid crease above the upper lid
    colour: Colour
    lashes: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Eyes:
        """Draw a pair of eyes."""
        colours = ((70, 44, 28), (52, 34, 26), (74, 108, 134), (88, 106, 70))
        return cls(
            y=rng.uniform(43.5, 46.0),
            spacing=rng.uniform(12.6, 14.6),
            half_width=rng.uniform(6.2, 7.6),
            upper_opening=rng.uniform(2.7, 3.8),
            lower_opening=rng.uniform(1.9, 2.7),
            tilt=rng.uniform(-0.8, 1.4),
            crease=rng.uniform(1.0, 2.4),
            colour=colours[rng.integers(len(colours))],
            lashes=rng.uniform(0.4, 1.0),
        )


@dataclass(frozen=True, slots=True)
class Brows:
    """Brows at rest."""

    gap: float  # eye line to brow line
    inner_x: float
    length: float
    arch: float
    tilt: float  # outer end above (> 0) or below the inner one
    thickness: float
    asymmetry: float  # left brow this much higher than the right one

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Brows:
        """Draw a pair of brows."""
        return cls(
            gap=rng.uniform(8.4, 10.8),
            inner_x=rng.uniform(5.2, 7.2),
            length=rng.uniform(14.5, 17.5),
            arch=rng.uniform(0.5, 2.4),
            tilt=rng.uniform(-1.2, 1.2),
            thickness=rng.uniform(1.5, 3.3),
            asymmetry=rng.uniform(-0.6, 0.6),
        )


@dataclass(frozen=True, slots=True)
class Nose:
    """Nose at rest."""

    base_y: float
    half_width: float
    bridge_half_width: float
    nostril: float
    highlight: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Nose:
        """Draw a nose."""
        return cls(
            base_y=rng.uniform(58.5, 61.0),
            half_width=rng.uniform(4.6, 6.8),
            bridge_half_width=rng.uniform(2.0, 3.2),
            nostril=rng.uniform(0.8, 1.5),
            highlight=rng.uniform(0.3, 1.0),
        )


@dataclass(frozen=True, slots=True)
class Mouth:
    """Mouth at rest."""

    y: float
    half_width: float
    upper_thickness: float
    lower_thickness: float
    corner_drop: float  # corners below (> 0) or above the middle
    bow: float  # depth of the cupid's bow
    redness: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Mouth:
        """Draw a mouth."""
        return cls(
            y=rng.uniform(70.5, 72.5),
            half_width=rng.uniform(9.4, 12.0),
            upper_thickness=rng.uniform(1.7, 3.0),
            lower_thickness=rng.uniform(2.4, 3.9),
            corner_drop=rng.uniform(-0.7, 1.1),
            bow=rng.uniform(0.1, 0.5),
            redness=rng.uniform(0.35, 1.0),
        )


@dataclass(frozen=True, slots=True)
class Skin:
    """Colour of the skin and its standing wrinkles (0 smooth .. 1 deep)."""

    colour: Colour
    freckles: float
    forehead_lines: float
    frown_line: float
    nasolabial: float
    eye_bags: float
    chin_dimple: float
    texture_seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Skin:
        """Draw a skin."""
        tone = rng.uniform(0, len(_SKIN_TONES) - 1)
        colour = _along(_SKIN_TONES, tone) + rng.uniform(-6, 6, size=3)
        age = rng.uniform(0.0, 1.0)
        return cls(
            colour=_colour(colour),
            freckles=rng.uniform(0.0, 1.0),
            forehead_lines=age * rng.uniform(0.0, 0.30),
            frown_line=age * rng.uniform(0.0, 0.25),
            nasolabial=age * rng.uniform(0.0, 0.40),
            eye_bags=rng.uniform(0.0, 0.40),
            chin_dimple=rng.uniform(0.0, 0.40),
            texture_seed=int(rng.integers(2**31)),
        )


@dataclass(frozen=True, slots=True)
class Hair:
    """Hair of the head and the face, and what is worn."""

    style: str
    colour: Colour
    hairline_y: float
    volume: float
    facial_hair: str
    facial_hair_density: float
    glasses: str
    glasses_colour: Colour

    @classmethod
    def draw(cls, rng: np.random.Generator, facial_hair: bool) -> Hair:
        """Draw a hair style; beards and moustaches only where allowed."""
        colour = _HAIR_COLOURS[rng.integers(len(_HAIR_COLOURS))]
        styles = HAIR_STYLES[:4] if facial_hair else HAIR_STYLES[1:]
        frame_colours = ((30, 28, 30), (92, 52, 30), (150, 140, 120), (40, 54, 96))
        kind = str(rng.choice(FACIAL_HAIR, p=(0.3, 0.2, 0.15, 0.15, 0.2)))
        return cls(
            style=styles[rng.integers(len(styles))],
            colour=_colour(colour + rng.uniform(-10, 10, size=3)),
            hairline_y=rng.uniform(18.0, 22.0),
            volume=rng.uniform(0.0, 1.0),
            facial_hair=kind if facial_hair else 'none',
            facial_hair_density=rng.uniform(0.45, 0.85),
            glasses=str(rng.choice(GLASSES, p=(0.7, 0.15, 0.15))),
            glasses_colour=frame_colours[rng.integers(len(frame_colours))],
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """Light, background, clothes and camera of a subject's recording."""

    background: Colour
    background_gradient: float
    clothes: Colour
    light_angle: float  # radians, direction the light comes from
    light_contrast: float
    light_colour: tuple[float, float, float]
    exposure: float
    noise: float  # standard deviation in grey levels
    zoom: float
    shift_x: float
    shift_y: float
    roll: float  # radians

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Scene:
        """Draw a recording set-up."""
        warmth = rng.uniform(-0.07, 0.07)
        return cls(
            background=_colour(rng.uniform(40, 210) + rng.uniform(-25, 25, size=3)),
            background_gradient=rng.uniform(-0.25, 0.25),
            clothes=_colour(rng.uniform(30, 220, size=3)),
            light_angle=rng.uniform(-np.pi, 0.0),
            light_contrast=rng.uniform(0.05, 0.28),
            light_colour=(1 + warmth, 1.0, 1 - warmth),
            exposure=rng.uniform(0.85, 1.03),
            noise=rng.uniform(1.0, 3.5),
            zoom=rng.uniform(0.95, 1.03),
            shift_x=rng.uniform(-1.5, 1.5),
            shift_y=rng.uniform(-1.0, 1.0),
            roll=rng.uniform(-0.04, 0.04),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A synthetic subject. Hashable, so that what a face needs once is cached."""

    skull: Skull
    eyes: Eyes
    brows: Brows
    nose: Nose
    mouth: Mouth
    skin: Skin
    hair: Hair
    scene: Scene

    @classmethod
    def draw(cls, rng: np.random.Generator, *, facial_hair: bool = True) -> Identity:
        """Draw a subject, independent of any action unit.

        Args:
            rng: Source of every choice; equal generators give equal subjects.
            facial_hair: Whether a beard or moustache may grow.
        """
        return cls(
            skull=Skull.draw(rng),
            eyes=Eyes.draw(rng),
            brows=Brows.draw(rng),
            nose=Nose.draw(rng),
            mouth=Mouth.draw(rng),
            skin=Skin.draw(rng),
            hair=Hair.draw(rng, facial_hair),
            scene=Scene.draw(rng),
        )


def _along(line: np.ndarray, position: float) -> np.ndarray:
    """Interpolate linearly between the rows of `line` at a fractional row number."""
    row = min(int(position), len(line) - 2)
    return line[row] + (line[row + 1] - line[row]) * (position - row)


def _colour(values: np.ndarray) -> Colour:
    """Round and clip three channel values to an RGB colour."""
    red, green, blue = np.clip(np.rint(values), 0, 255).astype(int).tolist()
    return red, green, blue
