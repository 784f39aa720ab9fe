"""Parts of a tower that keep the weights they start with."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from clef_mm.errors import UserError
from clef_mm.plain_shape import misfit


class FrozenPartError(UserError, ValueError):
    """A part that is to be frozen does not exist in the tower."""


class FreezableEncoder(nn.Module):
    """An encoder around one ``tower``, parts of which may be frozen.

    A frozen part gets no gradients, takes no time of the optimizer and stays in test
    mode: no dropout in it, and BatchNorm keeps the statistics that it was loaded with.
    """

    tower: nn.Module

    def __init__(self) -> None:
        super().__init__()
        self._frozen: list[str] = []

    def freeze(self, names: Sequence[str]) -> None:
        """Freeze modules or parameters of the tower.

        Args:
            names: As the tower names them, such as ``'token_embedding'`` or
                ``'transformer.resblocks.0'``; ``''`` is the whole tower.

        Raises:
            FrozenPartError: If names are no list, or the tower has none of a name;
                lists what it has.
        """
        if wrong := misfit(names, [str], 'frozen'):
            raise FrozenPartError(f"{wrong}; give names, such as ['token_embedding']")
        modules = dict(self.tower.named_modules())
        parameters = dict(self.tower.named_parameters())
        for name in names:
            part = modules.get(name, parameters.get(name))
            if part is None:
                has = dict.fromkeys(name.split('.')[0] for name in parameters)
                raise FrozenPartError(
                    f'frozen={names!r}: the tower has no part {name!r}; it has '
                    f'{", ".join(has)} and what is in them'
                )
            part.requires_grad_(requires_grad=False)
            if name in modules:
                self._frozen.append(name)
                part.eval()

    def train(self, mode: bool = True) -> FreezableEncoder:
        """Switch between training and testing, but for what is frozen."""
        super().train(mode)
        # By name: what stands there may have been exchanged, BatchNorm by sync_bn.
        for name in self._frozen:
            self.tower.get_submodule(name).eval()
        return self
