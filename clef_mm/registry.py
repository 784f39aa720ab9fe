"""The plug-in points of CLEF-MM.

Each registry names the package where its parts live, so a part is imported on its
first look-up. To add one of your own, decorate it in any module and name that module in
a config's ``custom_imports``::

    from clef_mm.registry import LOSSES

    @LOSSES.register_module()
    class MyLoss(torch.nn.Module): ...
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from mmengine.registry import (
    DATA_SAMPLERS,
    FUNCTIONS,
    LOOPS,
    METRICS,
    MODEL_WRAPPERS,
    OPTIM_WRAPPER_CONSTRUCTORS,
    OPTIM_WRAPPERS,
    OPTIMIZERS,
    PARAM_SCHEDULERS,
    VISBACKENDS,
    VISUALIZERS,
)
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry as MMEngineRegistry
from mmengine.utils import get_object_from_string

from clef_mm.errors import UserError, nearest

_UNKNOWN_ARGUMENT = re.compile(r"got an unexpected keyword argument '(\w+)'")

__all__ = [
    'BACKBONES',
    'DATASETS',
    'DETECTORS',
    'EVALUATORS',
    'HOOKS',
    'LOSSES',
    'MODELS',
    'PROMPTS',
    'SAMPLERS',
    'TEXT_ENCODERS',
    'TRANSFORMS',
    'Registry',
    'UnknownArgumentError',
    'UnknownPartError',
]


class UnknownPartError(UserError, KeyError):
    """A config asks for a part that nothing is registered as; lists what is."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would put it in quotes


class UnknownArgumentError(UserError, TypeError):
    """A config gives a part an argument that it does not take; lists what it takes."""


class Registry(MMEngineRegistry):
    """An mmengine registry whose failures name what exists and what was meant."""

    def build(self, cfg: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Build the part that ``cfg`` describes.

        Raises:
            UnknownPartError: If nothing is registered as its ``type``.
            UnknownArgumentError: If the part does not take one of its keys.
        """
        try:
            return super().build(cfg, *args, **kwargs)
        except UserError:
            raise
        except TypeError as error:
            unknown = _UNKNOWN_ARGUMENT.search(str(error))
            if unknown is None or unknown[1] not in cfg:
                raise
            kind = cfg['type']
            part = self.get(kind) if isinstance(kind, str) else kind
            raise UnknownArgumentError(_no_argument(part, unknown[1])) from error

    def get(self, key: str) -> type:
        """Return the class or function registered as ``key``.

        Args:
            key: A registered name, ``scope.name``, or a full import path such as
                ``clef_mm.models.ActivityPretrainer``.

        Raises:
            UnknownPartError: If nothing has that name; lists the names that exist.
        """
        try:
            found = super().get(key)
        except RuntimeError:  # mmengine: 'Failed to get X', without saying what exists
            found = None
        if found is None and '.' in key:
            # mmengine takes the first part of an import path for a scope, drops it and
            # asks this registry for the rest.
            found = get_object_from_string(f'{self.scope}.{key}')
        if found is None:
            raise UnknownPartError(self._unknown(key))
        return found

    def names(self) -> list[str]:
        """Return every name that can be asked for, our own parts first."""
        self.import_from_location()
        own = sorted(self.module_dict)
        inherited = sorted(self.parent.module_dict) if self.parent is not None else []
        return own + [name for name in inherited if name not in self.module_dict]

    def _unknown(self, key: str) -> str:
        names = self.names()
        if self.module_dict or self.parent is None:
            own = ', '.join(sorted(self.module_dict)) or 'nothing yet'
            known = f'Registered by CLEF-MM: {own}'
        else:
            known = f'Known: {", ".join(names)}'
        return (
            f"no {self.name} is called '{key}'{nearest(key, names) or '.'} {known}. A "
            'part of your own must be imported first: name its module in the '
            "config's custom_imports."
        )


def _no_argument(part: type, name: str) -> str:
    taken = [
        parameter.name
        for kind in getattr(part, '__mro__', (part,))
        for parameter in _parameters(kind)
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    taken = [argument for argument in dict.fromkeys(taken) if argument != 'self']
    return (
        f"{part.__name__} takes no argument '{name}'{nearest(name, taken) or '.'} It "
        f'takes {", ".join(taken)}.'
    )


def _parameters(part: type) -> list[inspect.Parameter]:
    own = part.__dict__.get('__init__') if isinstance(part, type) else part
    return list(inspect.signature(own).parameters.values()) if callable(own) else []


def _registry(
    name: str, *locations: str, parent: MMEngineRegistry | None = None
) -> Registry:
    return Registry(name, parent=parent, scope='clef_mm', locations=list(locations))


# Children of mmengine's registries, so that its Runner finds our parts by name.
MODELS = _registry('model', 'clef_mm.models', parent=MMENGINE_MODELS)
DATASETS = _registry(
    'dataset',
    'clef_mm.datasets.affectnet',
    'clef_mm.datasets.bp4d',
    'clef_mm.datasets.bp4d_plus',
    'clef_mm.datasets.captioned_faces',
    'clef_mm.datasets.disfa',
    'clef_mm.datasets.ferplus',
    'clef_mm.datasets.joined_dataset',
    'clef_mm.datasets.rafdb',
    parent=MMENGINE_DATASETS,
)
TRANSFORMS = _registry(
    'transform', 'clef_mm.datasets.transforms', parent=MMENGINE_TRANSFORMS
)
SAMPLERS = _registry('sampler', 'clef_mm.datasets.samplers', parent=DATA_SAMPLERS)
EVALUATORS = _registry('evaluator', 'clef_mm.evaluation', parent=METRICS)
HOOKS = _registry('hook', 'clef_mm.engine.hooks', parent=MMENGINE_HOOKS)

# mmengine warns of each of its other registries that has no child of our scope, and
# says nothing clear of a name that they lack.
_OTHERS = [
    _registry(registry.name, parent=registry)
    for registry in (
        FUNCTIONS,
        LOOPS,
        MODEL_WRAPPERS,
        OPTIMIZERS,
        OPTIM_WRAPPERS,
        OPTIM_WRAPPER_CONSTRUCTORS,
        PARAM_SCHEDULERS,
        VISBACKENDS,
        VISUALIZERS,
    )
]

# Registries of our own, used by our models and by no mmengine code.
BACKBONES = _registry('backbone', 'clef_mm.models.encoders')
TEXT_ENCODERS = _registry('text encoder', 'clef_mm.models.encoders')
LOSSES = _registry('loss', 'clef_mm.models.losses')
PROMPTS = _registry('prompt bank')
DETECTORS = _registry(
    'face detector', 'clef_mm.faces.centerface', 'clef_mm.faces.mtcnn'
)
