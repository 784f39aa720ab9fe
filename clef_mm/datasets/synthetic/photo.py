"""A photograph in the wild: a new person, an expression, and a chance snapshot of it.

Other than the frames of a recording, no two photographs share a person, size, backdrop
or light, heads turn further, and the face fills only a part of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.expressions import (
    FacialAction,
    draw_action,
    draw_unclear_action,
)
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import face_landmarks
from clef_mm.datasets.synthetic.world import generator

UNCLEAR, NO_FACE = 'unclear', 'no-face'
"""What a photograph may show besides an expression."""

Box = tuple[int, int, int, int]

# Standard deviations; drawn values stay within two of them.
_SPREAD = {
    'yaw': 0.16,  # radians
    'pitch': 0.08,  # radians
    'roll': 0.10,  # radians
    'shift_x': 2.0,  # design units
    'shift_y': 1.5,  # design units
    'gaze_x': 0.9,  # design units
    'gaze_y': 0.3,  # design units
}
_ZOOM = (0.88, 1.02)
_GAIN = (0.85, 1.15)
_BRIGHTNESS = (0.8, 1.15)
_SIDE = (1.0, 1.35)  # of the rendered frame, relative to the size asked for
_MARGIN = (0.06, 0.4)  # around it, of its side
_FADE = 0.2  # of its side, over which it turns into the backdrop
_BLUR = 0.008  # greatest standard deviation, of its side
_FOREHEAD = 0.25  # of the landmarks' height, added above the brows
_BACKDROPS = ('plain', 'gradient', 'cluttered')


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph, which can be drawn.

    Attributes:
        identity: Whose face.
        shows: Expression, `UNCLEAR` or `NO_FACE`.
        action: What the face does.
        conditions: Pose, gaze and light.
        female: Whether the person is a woman.
        side: Of the rendered frame in pixels.
        place: Left and top edge of that frame in the photograph, pixels.
        width: Of the photograph, pixels.
        height: Of the photograph, pixels.
        backdrop: One of plain, gradient and cluttered.
        brightness: Factor on all grey levels.
        blur: Standard deviation in pixels.
        seed: Chooses backdrop and camera noise.
    """

    identity: Identity
    shows: str
    action: FacialAction
    conditions: Conditions
    female: bool
    side: int
    place: tuple[int, int]
    width: int
    height: int
    backdrop: str
    brightness: float
    blur: float
    seed: int

    def image(self) -> np.ndarray:
        """Draw the photograph: RGB, (height, width, 3), uint8; the same every time."""
        rng = np.random.default_rng(self.seed)
        picture = _draw_backdrop(rng, self)
        if self.shows != NO_FACE:
            picture = self._put_face_on(picture)
        if self.blur > 0.1:
            picture = cv2.GaussianBlur(picture, (0, 0), self.blur)
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        picture = self.brightness * picture + self.identity.scene.noise * noise
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)

    def landmarks(self, count: int = 68) -> np.ndarray:
        """Landmarks as `face_landmarks` numbers them, pixels, (count, 2).

        Without a face they are where a detector took something else for one.
        """
        points = face_landmarks(
            *(self.identity, self.action.intensities, self.conditions, self.side),
            count=count,
            left=self.action.left,
        )
        return points + np.array(self.place)

    def box(self) -> Box:
        """Left, top, width and height of the face from the brows' top to the chin."""
        points = self.landmarks()
        low, high = points.min(axis=0), points.max(axis=0)
        low[1] -= _FOREHEAD * (high[1] - low[1])
        edge = (self.width, self.height)
        left, top = np.clip(np.floor(low), 0, edge).astype(int).tolist()
        right, bottom = np.clip(np.ceil(high), 0, edge).astype(int).tolist()
        return left, top, right - left, bottom - top

    def _put_face_on(self, picture: np.ndarray) -> np.ndarray:
        """Blend the rendered frame into a backdrop; the body goes on to its foot."""
        quiet = replace(self.identity, scene=replace(self.identity.scene, noise=0.0))
        frame = render(
            *(quiet, self.action.intensities, self.conditions, self.side),
            left=self.action.left,
        )
        left, top = self.place
        right = self.width - left - self.side
        below = self.height - top - self.side
        frame = cv2.copyMakeBorder(
            frame, top, below, left, right, cv2.BORDER_REPLICATE
        ).astype(np.float32)
        x, y = np.arange(self.width) - left, np.arange(self.height) - top
        beside = np.maximum(np.maximum(-x, x - self.side + 1), 0)
        above = np.maximum(-y, 0)
        outside = np.hypot(beside[None, :], above[:, None]) / (_FADE * self.side)
        share = np.clip(1 - outside, 0, 1).astype(np.float32)[..., None]
        return share * frame + (1 - share) * picture


def draw_photo(seed: int, name: str, shows: str, size: int = 96) -> Photo:
    """Choose everything about a photograph; a function of its arguments alone.

    Args:
        seed: Seed of the world.
        name: Unique name, such as 'RAF-DB train_00001'. Another name is another person.
        shows: An expression, `UNCLEAR` (between two expressions) or `NO_FACE`.
        size: About the number of pixels that the head is high.
    """
    rng = generator(seed, name, 'photo')
    female = bool(rng.random() < 0.5)
    identity = Identity.draw(generator(seed, name, 'face'), facial_hair=not female)
    side = round(size * rng.uniform(*_SIDE))
    margins = np.rint(side * rng.uniform(*_MARGIN, size=4)).astype(int).tolist()
    return Photo(
        identity=identity,
        shows=shows,
        action=_draw_action(generator(seed, name, 'action'), shows),
        conditions=_draw_conditions(rng),
        female=female,
        side=side,
        place=(margins[0], margins[1]),
        width=side + margins[0] + margins[2],
        height=side + margins[1] + margins[3],
        backdrop=_BACKDROPS[rng.integers(len(_BACKDROPS))],
        brightness=float(rng.uniform(*_BRIGHTNESS)),
        blur=float(rng.uniform(0, _BLUR * side)),
        seed=int(rng.integers(2**31)),
    )


def crop_face(photo: Photo, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut out the face as a square.

    Args:
        photo: The photograph.
        size: Side of the crop in pixels.

    Returns:
        RGB image (size, size, 3), uint8; the 68 landmarks in its pixels, (68, 2).
    """
    left, top, width, height = photo.box()
    side = 1.1 * max(width, height)
    corner = np.array([left + width / 2, top + height / 2]) - side / 2
    scale = size / side
    # Pixel k covers [k, k + 1), so middles move by half a pixel before scaling.
    shift = (0.5 - corner) * scale - 0.5
    warp = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return warp_photo(photo.image(), warp, size), photo.landmarks() * scale + shift


def warp_photo(image: np.ndarray, warp: np.ndarray, size: int) -> np.ndarray:
    """Apply an affine map (2, 3) of pixels; made smaller, an image is smoothed first.

    Returns:
        RGB image (size, size, 3), uint8; edges go on where the photograph ends.
    """
    scale = float(np.sqrt(abs(np.linalg.det(warp[:, :2]))))
    if scale < 1:
        image = cv2.GaussianBlur(image, (0, 0), 0.5 / scale)
    return cv2.warpAffine(
        *(image, warp, (size, size)),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _draw_action(rng: np.random.Generator, shows: str) -> FacialAction:
    if shows == NO_FACE:
        return draw_action(rng, 'neutral')
    return draw_unclear_action(rng) if shows == UNCLEAR else draw_action(rng, shows)


def _draw_conditions(rng: np.random.Generator) -> Conditions:
    drawn = {
        name: float(spread * np.clip(rng.normal(), -2, 2))
        for name, spread in _SPREAD.items()
    }
    return Conditions(
        **drawn, zoom=float(rng.uniform(*_ZOOM)), gain=float(rng.uniform(*_GAIN))
    )


def _draw_backdrop(rng: np.random.Generator, photo: Photo) -> np.ndarray:
    """Draw what is behind the person: RGB, (height, width, 3), float32."""
    shape = (photo.height, photo.width, 3)
    colours = rng.uniform(30, 225, size=(2, 3)).astype(np.float32)
    if photo.backdrop == 'plain':
        return np.broadcast_to(colours[0], shape).copy()
    if photo.backdrop == 'gradient':
        share = np.linspace(0, 1, photo.height, dtype=np.float32)[:, None, None]
        mixed = (1 - share) * colours[0] + share * colours[1]
        return np.broadcast_to(mixed, shape).copy()
    cells = rng.uniform(-45, 45, size=(*rng.integers(3, 9, size=2), 3))
    patches = cv2.resize(
        np.float32(cells), (photo.width, photo.height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(colours[0] + patches, 0, 255)
