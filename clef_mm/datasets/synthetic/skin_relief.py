"""Shading of the skin: hollows, bulges, furrows and wrinkles.

Relief is painted as darkness and light into grey layers, soft ones (hollows and
bulges) and sharp ones (furrows and their lit edges), and then multiplied onto the
drawn skin, so that it works on every skin tone.
"""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.canvas import Canvas, Point, creases
from clef_mm.datasets.synthetic.face_shape import EyeShape, MouthShape, Parameters
from clef_mm.datasets.synthetic.identity import Identity

_SOFT_SIZE = 48  # pixels of a soft layer, whatever the size of the frame
_SOFT_BOX = (3, 3)  # of the box filter that is applied twice to soft layers
_LIGHT_GAIN = 0.33
# Light that passes through skin comes back red, so red darkens least.
_DARK_GAINS = (0.38, 0.41, 0.41)
_SHEEN = 0.08
_INVISIBLE = 0.02  # strengths below are not drawn
_EDGE_SHIFT, _EDGE_GAIN = 1.0, 0.45  # a furrow's lower edge catches the light
# Fixed places of the pits of a puckered chin, about the chin boss.
_PITS = (
    (-5.2, 0.6),
    (-3.0, -1.6),
    (-2.6, 1.8),
    (-0.6, 0.1),
    (0.4, -2.4),
    (1.2, 2.3),
    (2.4, -0.8),
    (4.2, 1.2),
    (5.4, -1.0),
)


class Relief:
    """Layers of darkness and light that become the shading of a face.

    Features are given for the right half of the image; `paired` ones are drawn
    mirrored as well.
    """

    def __init__(self) -> None:
        self._hollows = Canvas(np.zeros((_SOFT_SIZE, _SOFT_SIZE), np.uint8))
        self._bulges = Canvas(np.zeros((_SOFT_SIZE, _SOFT_SIZE), np.uint8))
        self._controls: list[tuple[Point, Point, Point]] = []
        self._widths: list[float] = []
        self._depths: list[int] = []

    def hollow(
        self, centre: Point, axes: Point, depth: float, paired: bool = True
    ) -> None:
        """Darken a soft ellipse with half axes `axes`; depth in [0, 1]."""
        _soft_spot(self._hollows, centre, axes, depth, paired)

    def bulge(
        self, centre: Point, axes: Point, height: float, paired: bool = True
    ) -> None:
        """Lighten a soft ellipse with half axes `axes`; height in [0, 1]."""
        _soft_spot(self._bulges, centre, axes, height, paired)

    def furrow(
        self,
        points: tuple[Point, Point, Point],
        width: float,
        depth: float,
        paired: bool = True,
    ) -> None:
        """Darken a sharp line along a Bezier curve and light up its lower edge."""
        if depth < _INVISIBLE:
            return
        self._controls.append(points)
        self._widths.append(width)
        self._depths.append(_grey(depth))
        if paired:
            (x0, y0), (x1, y1), (x2, y2) = points
            self._controls.append(((-x0, y0), (-x1, y1), (-x2, y2)))
            self._widths.append(width)
            self._depths.append(_grey(depth))

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Shade an image of shape (S, S, 3); returns a new one."""
        dark = Canvas(_spread(self._hollows.image, image.shape[0]))
        light = Canvas(_spread(self._bulges.image, image.shape[0]))
        if self._controls:
            self._cut_furrows(dark, light)
        factors = [
            cv2.addWeighted(light.image, _LIGHT_GAIN, dark.image, -gain, 128)
            for gain in _DARK_GAINS
        ]
        shaded = cv2.multiply(image, cv2.merge(factors), scale=1 / 128)
        sheen = cv2.cvtColor(light.image, cv2.COLOR_GRAY2RGB)
        return cv2.addWeighted(shaded, 1.0, sheen, _SHEEN, 0)

    def _cut_furrows(self, dark: Canvas, light: Canvas) -> None:
        """Add the sharp furrows to the soft layers."""
        outlines = creases(np.array(self._controls), np.array(self._widths))
        furrows = Canvas(np.zeros_like(dark.image))
        furrows.fill_many(outlines, self._depths)
        cv2.add(dark.image, furrows.image, dst=dark.image)
        down = max(1, round(_EDGE_SHIFT * dark.scale))
        lit = light.image[down:]
        cv2.addWeighted(lit, 1.0, furrows.image[:-down], _EDGE_GAIN, 0, dst=lit)


def _soft_spot(
    layer: Canvas, centre: Point, axes: Point, strength: float, paired: bool
) -> None:
    if strength < _INVISIBLE:
        return
    layer.ellipse(centre, axes, _grey(strength))
    if paired:
        layer.ellipse((-centre[0], centre[1]), axes, _grey(strength))


def _spread(layer: np.ndarray, pixels: int) -> np.ndarray:
    """Blur a soft layer and enlarge it to (pixels, pixels)."""
    blurred = cv2.blur(cv2.blur(layer, _SOFT_BOX), _SOFT_BOX)
    return cv2.resize(blurred, (pixels, pixels))


def _grey(strength: float) -> int:
    return min(255, int(255 * strength))


def paint_relief(
    relief: Relief,
    identity: Identity,
    face: Parameters,
    eye: EyeShape,
    brow: np.ndarray,
    mouth: MouthShape,
) -> None:
    """Paint the relief of a whole face."""
    _forehead(relief, identity, face, brow)
    _glabella(relief, identity, face, brow)
    _nose(relief, identity, face)
    _eye_region(relief, identity, face, eye)
    _cheeks(relief, identity, face, mouth)
    _mouth_corners(relief, face, mouth)
    _lip_rims(relief, face, mouth)
    _chin(relief, identity, face, mouth)


def _forehead(
    relief: Relief, identity: Identity, face: Parameters, brow: np.ndarray
) -> None:
    relief.bulge((0, 25), (14, 6), 0.22, paired=False)
    standing = 0.7 * identity.skin.forehead_lines
    for y in (25.0, 28.6):
        points = (-15, y + 1), (0, y - 1.2), (15, y + 1)
        relief.furrow(points, 0.9, standing, paired=False)
    clear = 2.2 + identity.brows.thickness / 2
    inner = float(brow[0][1]) - clear
    for above in (0.0, 2.4, 4.8):
        y = inner - above
        points = (-9, y + 1.2), (0, y - 1.0), (9, y + 1.2)
        relief.furrow(points, 1.25, 0.9 * face['forehead_inner'], paired=False)
    x, outer = brow[5].tolist()
    for above in (0.6, 3.0):
        y = outer - clear - above
        points = (x - 6.5, y + 1.2), (x, y - 1.8), (x + 6.5, y + 2.4)
        relief.furrow(points, 1.25, 0.9 * face['forehead_outer'])


def _glabella(
    relief: Relief, identity: Identity, face: Parameters, brow: np.ndarray
) -> None:
    depth = face['brow_furrow']
    y = float(brow[0][1]) - 5.0
    relief.hollow((0, y + 5), (4.2, 4.2), 0.45 * depth, paired=False)
    points = (1.8, y), (2.2, y + 4.5), (1.8, y + 9.0)
    relief.furrow(points, 1.3, max(depth, 0.7 * identity.skin.frown_line))


def _nose(relief: Relief, identity: Identity, face: Parameters) -> None:
    nose = identity.nose
    wrinkle, raised = face['nose_wrinkle'], face['upper_lip_raise']
    y = nose.base_y - 1.5 * wrinkle - 1.1 * raised
    wing = nose.half_width + 0.9 * raised + 0.5 * wrinkle
    relief.bulge((0, 49), (1.1, 7), 0.5 * nose.highlight, paired=False)
    relief.bulge((0, y - 2.6), (2.3, 1.8), 0.75 * nose.highlight, paired=False)
    relief.hollow((0, y + 2.2), (wing * 0.9, 1.0), 0.30, paired=False)
    relief.hollow((nose.bridge_half_width + 1.4, 47), (1.3, 6), 0.26)
    points = (wing - 0.8, y - 4.6), (wing + 1.5, y - 1.6), (wing - 1.0, y + 0.9)
    relief.furrow(points, 1.1, 0.5 + 0.3 * raised)
    for row in (41.5, 44.3, 47.1):
        points = (0.5, row + 1.6), (2.4, row + 0.7), (4.8, row - 1.5)
        relief.furrow(points, 1.3, 0.95 * wrinkle)


def _eye_region(
    relief: Relief, identity: Identity, face: Parameters, eye: EyeShape
) -> None:
    x, y = eye.centre
    raised = face['cheek_raise']
    relief.hollow((x - 0.5, y - 3.2), (8.4, 3.6), 0.22)
    relief.hollow((x, y + 4.2), (6.5, 1.4), 0.16)
    points = (x - 5.5, y + 4.4), (x, y + 7.2), (x + 6, y + 4.6)
    relief.furrow(points, 1.0, 0.5 * identity.skin.eye_bags)

    points = (x - 6.8, y + 5.0), (x + 1, y + 9.4), (x + 8.6, y + 3.6)
    relief.furrow(points, 1.5, 0.85 * raised)
    relief.bulge((x + 3.4, y + 10.8), (7.0, 3.2), 0.75 * raised)
    relief.hollow((x + 3.6, y + 16), (6.5, 1.6), 0.30 * raised)

    x0, y0 = eye.outer
    x1 = min(x0 + 7.0, identity.skull.half_width - 1.2)
    for rise, bend in ((-3.6, -0.7), (-0.2, 0.4), (3.4, 1.4)):
        middle = ((x0 + x1) / 2, y0 + 0.5 * rise + bend)
        points = (x0 + 1.0, y0 + 0.25 * rise), middle, (x1, y0 + rise)
        relief.furrow(points, 1.0, 0.85 * face['crows_feet'])

    # A tight lower lid is a straight band with a line below it.
    points = (x - 6, y + 3.0), (x, y + 3.9), (x + 6.2, y + 2.4)
    relief.furrow(points, 1.1, 0.75 * face['lid_tighten'])


def _cheeks(
    relief: Relief, identity: Identity, face: Parameters, mouth: MouthShape
) -> None:
    pull, upper = face['corner_pull'], face['nasolabial_upper']
    raised = face['upper_lip_raise']
    y = identity.nose.base_y - 1.1 * raised - 1.5 * face['nose_wrinkle']
    wing = identity.nose.half_width + 0.9 * raised
    relief.bulge((18, 56.5 - 1.5 * pull), (6, 4), 0.26 + 0.32 * pull)
    relief.hollow((identity.skull.half_width - 2, 68), (3.5, 9), 0.26)

    points = (wing + 0.8, y - 4.2), (wing + 3.2, y - 1.0), (wing + 5.6, y + 5.4)
    relief.furrow(points, 1.6, 0.85 * upper)
    relief.bulge((wing + 6.5, y - 2.0), (3, 2.6), 0.4 * upper)

    corner_x, corner_y = mouth.half_width, mouth.corner_y
    end = (corner_x + 3.6, corner_y + 3.0)
    points = (wing + 2.4, y - 0.6), (corner_x + 5.0, y + 3.4), end
    standing = 0.7 * identity.skin.nasolabial
    relief.furrow(points, 1.6, max(0.8 * face['nasolabial_lower'], standing))


def _mouth_corners(relief: Relief, face: Parameters, mouth: MouthShape) -> None:
    x, y = mouth.half_width, mouth.corner_y
    relief.hollow((x + 0.8, y + 0.6), (1.4, 1.2), 0.20)

    dimple = face['dimple']
    points = (x + 1.2, y - 3.8), (x + 4.6, y), (x + 1.2, y + 3.8)
    relief.furrow(points, 2.1, dimple)
    relief.hollow((x + 2.2, y), (1.6, 2.4), 0.6 * dimple)
    relief.bulge((x + 6.4, y), (2.4, 3.8), 0.75 * dimple)

    depress = face['corner_depress']
    points = (x - 0.4, y - 0.4), (x + 2.6, y + 2.0), (x + 1.4, y + 6.4)
    relief.furrow(points, 1.9, 0.95 * depress)
    relief.bulge((x - 3.0, y + 3.6), (2.6, 1.8), 0.6 * depress)

    for away in (2.0, 4.0):
        points = (x + away, y - 3), (x + away + 1.2, y), (x + away, y + 3.4)
        relief.furrow(points, 1.0, 0.6 * face['lip_stretch'])


def _lip_rims(relief: Relief, face: Parameters, mouth: MouthShape) -> None:
    top, bottom, reach = mouth.top, mouth.bottom, mouth.half_width
    relief.furrow(((1.0, top - 6.2), (1.3, top - 4), (1.5, top - 1.2)), 0.7, 0.2)

    press = face['lip_press']
    relief.bulge((0, top - 2.2), (reach * 0.75, 2.0), 0.6 * press, paired=False)
    relief.bulge((0, bottom + 2.4), (reach * 0.7, 2.1), 0.65 * press, paired=False)
    points = (-reach, top - 1.2), (0, top - 6.2), (reach, top - 1.2)
    relief.furrow(points, 1.1, 0.45 * press, paired=False)
    points = (1 - reach, bottom + 1.6), (0, bottom + 7.4), (reach - 1, bottom + 1.6)
    relief.furrow(points, 1.2, 0.65 * press, paired=False)

    tighten = face['lip_tighten']
    for part in (0.2, 0.6):
        x = part * reach
        points = (x * 1.3, top - 4.2), (x * 1.1, top - 2), (x, top + 0.3)
        relief.furrow(points, 1.0, 0.8 * tighten)
    for part in (0.12, 0.42, 0.75):
        x = part * reach
        points = (x, bottom - 0.3), (x * 1.1, bottom + 1.4), (x * 1.2, bottom + 3.0)
        relief.furrow(points, 1.0, 0.7 * tighten)


def _chin(
    relief: Relief, identity: Identity, face: Parameters, mouth: MouthShape
) -> None:
    boss = face['chin_boss']
    chin = identity.skull.chin_y + 5.0 * face['jaw_drop']
    bottom = mouth.bottom
    y = (bottom + chin) / 2 + 0.8
    relief.hollow((0, bottom + 2.4), (6, 1.2), 0.28, paired=False)
    relief.bulge((0, y + 1), (5.5, 3.2), 0.24 + 0.36 * boss, paired=False)
    standing = 0.6 * identity.skin.chin_dimple * (1 - boss)
    points = (0, y + 0.4), (0.3, y + 2), (0, y + 3.4)
    relief.furrow(points, 0.9, standing, paired=False)

    points = (-7.4, bottom + 5.6), (0, bottom - 1.8), (7.4, bottom + 5.6)
    relief.furrow(points, 1.8, 0.95 * boss, paired=False)
    for pit_x, pit_y in _PITS:
        at = y + 1.6 + pit_y
        points = (pit_x - 1.0, at), (pit_x, at), (pit_x + 1.0, at)
        relief.furrow(points, 1.6, 0.8 * boss, paired=False)
