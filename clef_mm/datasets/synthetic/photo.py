"""Photographs in the wild: anybody, anywhere, seen once.

Unlike a recording (see `world`), every photograph shows another person, turned, lit and
cut differently, with other surroundings and another camera.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from clef_mm.datasets.synthetic.camera import Camera
from clef_mm.datasets.synthetic.canvas import FRAME
from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.expressions import Showing, draw_showing
from clef_mm.datasets.synthetic.face_renderer import render, silhouette
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import face_landmarks
from clef_mm.datasets.synthetic.surroundings import paint_surroundings
from clef_mm.datasets.synthetic.world import generator

_FACE_CENTRE = 52.0  # design units from the top of a frame
_HEAD = (37.0, 50.0)  # half width and half height with the hair, design units
_LONGEST = (2.0, 1.8)  # width and height of a photograph, in faces
_CUT_SHARE = 0.1  # of all photographs cut a part of the head off
_CUT = (12.0, 28.0)  # of the head, design units
_BODY = 2  # frames of body below the shoulders; no photograph is longer
_BLINK_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph that can be taken; equal photographs have equal pixels.

    Attributes:
        identity: Who.
        showing: The expression.
        conditions: Pose, gaze and blink; roll, zoom and shift lie in `placement`.
        camera: What takes it.
        placement: From the frame that `render` draws to the photograph, (2, 3).
        width: Pixels.
        height: Pixels.
        frame_size: Side of the frame that `render` draws, pixels.
        key: Seed and name, of which surroundings and noise are drawn.
    """

    identity: Identity
    showing: Showing
    conditions: Conditions
    camera: Camera
    placement: np.ndarray
    width: int
    height: int
    frame_size: int
    key: tuple[int, str]

    @property
    def face_side(self) -> float:
        """Pixels across the head in the photograph, about."""
        return self.frame_size * float(np.hypot(*self.placement[0, :2]))

    def render(self, *, person: bool = True) -> np.ndarray:
        """Take the photograph.

        Args:
            person: False leaves the person out.

        Returns:
            RGB image of shape (height, width, 3), uint8.
        """
        colour = self.identity.scene.background
        rng = generator(*self.key, 'surroundings')
        scene = paint_surroundings(rng, self.height, self.width, colour)
        if person:
            scene = self._with_person(scene)
        return self.camera.expose(
            scene, self.face_side, generator(*self.key, 'camera noise')
        )

    def landmarks(self) -> np.ndarray:
        """The 68 points of `face_landmarks` in pixels of the photograph, (68, 2)."""
        points = face_landmarks(
            *(self.identity, self.showing.right, self.conditions, self.frame_size),
            left=self.showing.left,
        )
        return points @ self.placement[:, :2].T + self.placement[:, 2]

    def _with_person(self, scene: np.ndarray) -> np.ndarray:
        size, left = self.frame_size, self.showing.left
        arguments = (self.identity, self.showing.right, self.conditions, size)
        person = _add_body(render(*arguments, left=left))
        cover = silhouette(*arguments, left=left)
        cover = np.concatenate([cover, np.full((_BODY * size, size), 255, np.uint8)])
        span = (self.width, self.height)
        person = cv2.warpAffine(person, self.placement, span)
        share = cv2.warpAffine(cover, self.placement, span).astype(np.float32) / 255
        return cv2.blendLinear(person, scene, share, 1 - share)


def draw_photo(
    seed: int, name: str, mixture: Mapping[str, float], face_size: int = 96
) -> Photo:
    """Draw a photograph; a function of its arguments alone.

    Args:
        seed: Seed of the world.
        name: Of the photograph; every name is another person at another place.
        mixture: Weight of each expression that the face shows, such as
            {'happiness': 1.0}; see `draw_showing`.
        face_size: Pixels across a head with its hair, on average, at least 16.

    Raises:
        ValueError: An expression is unknown.
    """
    identity = Identity.draw(generator(seed, name, 'face'))
    rng = generator(seed, name, 'photo')
    width, height = (
        round(face_size * rng.uniform(1.05, longest)) for longest in _LONGEST
    )
    return Photo(
        identity=_in_the_wild(identity, generator(seed, name, 'light')),
        showing=draw_showing(generator(seed, name, 'expression'), mixture),
        conditions=_draw_pose(rng),
        camera=Camera.draw(rng),
        placement=_draw_placement(rng, face_size, width, height),
        width=width,
        height=height,
        frame_size=face_size,
        key=(seed, name),
    )


def _in_the_wild(identity: Identity, rng: np.random.Generator) -> Identity:
    """Exchange the studio light for any light, and leave the rest to the camera."""
    warmth = float(rng.uniform(-0.12, 0.12))
    scene = replace(
        identity.scene,
        background_gradient=0.0,
        light_angle=float(rng.uniform(-np.pi, np.pi)),
        light_contrast=float(rng.uniform(0.05, 0.45)),
        light_colour=(1 + warmth, 1.0, 1 - warmth),
        exposure=float(rng.uniform(0.7, 1.12)),
        noise=0.0,
        zoom=1.0,
        shift_x=0.0,
        shift_y=0.0,
        roll=0.0,
    )
    return replace(identity, scene=scene)


def _draw_pose(rng: np.random.Generator) -> Conditions:
    return Conditions(
        yaw=float(np.clip(rng.normal(0, 0.22), -0.5, 0.5)),
        pitch=float(np.clip(rng.normal(0, 0.14), -0.35, 0.35)),
        gaze_x=float(np.clip(rng.normal(0, 1.2), -2.4, 2.4)),
        gaze_y=float(np.clip(rng.normal(0, 0.4), -0.9, 0.9)),
        openness=0.0 if rng.random() < _BLINK_SHARE else 1.0,
    )


def _draw_placement(
    rng: np.random.Generator, face_size: int, width: int, height: int
) -> np.ndarray:
    """Turn, enlarge and move the frame of the face within the photograph, (2, 3)."""
    roll = float(np.clip(rng.normal(0, 0.16), -0.5, 0.5))
    zoom = float(rng.uniform(0.85, 1.15))
    unit = zoom * face_size / FRAME
    span = np.array([width, height], dtype=float)
    # A head larger than the photograph is put in its middle.
    reach = np.minimum(np.array(_HEAD) * unit, span / 2)
    centre = rng.uniform(reach, span - reach)
    if rng.random() < _CUT_SHARE:
        axis, cut = int(rng.integers(2)), float(rng.uniform(*_CUT))
        near = (_HEAD[axis] - cut) * unit
        centre[axis] = near if rng.random() < 0.5 else span[axis] - near
    cos, sin = zoom * np.cos(roll), zoom * np.sin(roll)
    turn = np.array([[cos, -sin], [sin, cos]])
    middle = np.array([face_size / 2, _FACE_CENTRE * face_size / FRAME])
    return np.column_stack([turn, centre - turn @ middle])


def _add_body(frame: np.ndarray) -> np.ndarray:
    """Lengthen a frame downwards by clothes: (S, S, 3) -> ((1 + _BODY) S, S, 3)."""
    size = frame.shape[0]
    # Only the ends of the bottom row are clothes; its middle is the neck.
    left, right = frame[-1, size // 7], frame[-1, size - 1 - size // 7]
    share = np.linspace(0, 1, size)[:, None]
    row = np.rint(left + share * (right.astype(float) - left)).astype(np.uint8)
    return np.concatenate([frame, np.broadcast_to(row, (_BODY * size, size, 3))])
