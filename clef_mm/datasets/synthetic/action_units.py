"""What each action unit (AU) does to the face, as data.

An action unit acts on a small set of named face parameters ("muscle effects"), each
0 at rest and 1 when fully expressed. `face_shape` and `skin_relief` know how to draw
the parameters; they never see an AU number. A further AU is one more entry of
`ACTION_UNITS`, provided its effects exist in `PARAMETERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PARAMETERS = (
    'brow_inner_raise',  # inner ends of the brows go up
    'brow_outer_raise',  # outer ends of the brows go up
    'brow_lower',  # brows go down
    'brow_furrow',  # brows draw together, vertical furrows between them
    'forehead_inner',  # horizontal wrinkles in the middle of the forehead
    'forehead_outer',  # arched wrinkles above the outer brows
    'lid_raise',  # upper lid up, white above the iris
    'lid_tighten',  # both lids close in on the iris, lower lid straight
    'cheek_raise',  # cheek mound up, furrow below the eye
    'crows_feet',  # wrinkles fanning out from the outer eye corner
    'nose_wrinkle',  # wrinkles across the bridge, wings up
    'upper_lip_raise',  # middle of the upper lip up, nostrils wide
    'nasolabial_upper',  # furrow beside the nose wing
    'nasolabial_lower',  # furrow beside the mouth corner
    'corner_pull',  # mouth corners up and out
    'dimple',  # pit and bulge beside the mouth corner
    'corner_depress',  # mouth corners down, pouch below them
    'chin_boss',  # chin skin up, pebbled, with a crease above
    'lower_lip_raise',  # lower lip pushed up and out
    'lip_stretch',  # mouth wide and flat
    'lip_tighten',  # lips narrow, wrinkles around them
    'lip_press',  # red of the lips vanishes, bulges above and below
    'lips_part',  # gap between the lips
    'jaw_drop',  # chin and lower lip go down
)


@dataclass(frozen=True, slots=True)
class ActionUnit:
    """One action unit: its FACS number, name and effects at full intensity.

    Attributes:
        number: FACS number.
        name: FACS name, lower case.
        effects: Value in (0, 1] added to each face parameter at intensity 1.
    """

    number: int
    name: str
    effects: Mapping[str, float]


ACTION_UNITS: Mapping[int, ActionUnit] = {
    unit.number: unit
    for unit in (
        ActionUnit(
            1, 'inner brow raiser', {'brow_inner_raise': 1.0, 'forehead_inner': 1.0}
        ),
        ActionUnit(
            2, 'outer brow raiser', {'brow_outer_raise': 1.0, 'forehead_outer': 1.0}
        ),
        ActionUnit(4, 'brow lowerer', {'brow_lower': 1.0, 'brow_furrow': 1.0}),
        ActionUnit(5, 'upper lid raiser', {'lid_raise': 1.0}),
        ActionUnit(6, 'cheek raiser', {'cheek_raise': 1.0, 'crows_feet': 1.0}),
        ActionUnit(7, 'lid tightener', {'lid_tighten': 1.0}),
        ActionUnit(
            9,
            'nose wrinkler',
            {'nose_wrinkle': 1.0, 'nasolabial_upper': 0.5, 'brow_lower': 0.2},
        ),
        ActionUnit(
            10,
            'upper lip raiser',
            {'upper_lip_raise': 1.0, 'nasolabial_upper': 1.0},
        ),
        ActionUnit(
            12,
            'lip corner puller',
            {'corner_pull': 1.0, 'nasolabial_lower': 1.0, 'nasolabial_upper': 0.3},
        ),
        ActionUnit(14, 'dimpler', {'dimple': 1.0}),
        ActionUnit(15, 'lip corner depressor', {'corner_depress': 1.0}),
        ActionUnit(17, 'chin raiser', {'chin_boss': 1.0, 'lower_lip_raise': 1.0}),
        ActionUnit(20, 'lip stretcher', {'lip_stretch': 1.0}),
        ActionUnit(23, 'lip tightener', {'lip_tighten': 1.0}),
        ActionUnit(24, 'lip pressor', {'lip_press': 1.0}),
        ActionUnit(25, 'lips part', {'lips_part': 1.0}),
        ActionUnit(26, 'jaw drop', {'jaw_drop': 1.0, 'lips_part': 0.3}),
    )
}

AU_NUMBERS = tuple(ACTION_UNITS)


def face_parameters(intensities: Mapping[int, float]) -> dict[str, float]:
    """Add up the effects of all AUs, each parameter capped at 1.

    Args:
        intensities: AU number to intensity in [0, 1]; AUs left out are at rest.

    Returns:
        Value in [0, 1] of every name in `PARAMETERS`.

    Raises:
        ValueError: An AU is not simulated, or an intensity lies outside [0, 1].
    """
    parameters = dict.fromkeys(PARAMETERS, 0.0)
    for number, intensity in intensities.items():
        if number not in ACTION_UNITS:
            known = ', '.join(map(str, AU_NUMBERS))
            raise ValueError(f'AU {number} is not simulated; choose from {known}')
        if not 0 <= intensity <= 1:
            raise ValueError(f'AU {number}: intensity {intensity} is outside [0, 1]')
        for name, weight in ACTION_UNITS[number].effects.items():
            parameters[name] = min(1.0, parameters[name] + weight * float(intensity))
    return parameters
