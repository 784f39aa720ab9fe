"""The action units that BP4D, BP4D+ and DISFA are all evaluated on."""

_shared = [f'AU{unit}' for unit in (1, 2, 4, 6, 12)]
