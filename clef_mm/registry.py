"""The plug-in points of CLEF-MM.

Each registry names the package where its parts live, so a part is imported on its
first look-up. To add one of your own, decorate it in any module and name that module in
a config's ``custom_imports``::

    from clef_mm.registry import LOSSES

    @LOSSES.register_module()
    class MyLoss(torch.nn.Module): ...
"""

from __future__ import annotations

from mmengine.registry import (
    DATA_SAMPLERS,
    FUNCTIONS,
    LOOPS,
    METRICS,
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

from clef_mm.errors import nearest

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
]


class Registry(MMEngineRegistry):
    """An mmengine registry whose failures name what exists and what was meant."""

    def get(self, key: str) -> type:
        """Return the class or function registered as ``key``.

        Args:
            key: A registered name, ``scope.name``, or a full import path such as
                ``clef_mm.models.ActivityPretrainer``.

        Raises:
            KeyError: If nothing has that name; the message lists the names that exist.
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
            raise KeyError(self._unknown(key))
        return found

    def names(self) -> list[str]:
        """Return every name that can be asked for, our own parts first."""
        self.import_from_location()
        own = sorted(self.module_dict)
        inherited = sorted(self.parent.module_dict) if self.parent is not None else []
        return own + [name for name in inherited if name not in self.module_dict]

    def _unknown(self, key: str) -> str:
        own = ', '.join(sorted(self.module_dict)) or 'nothing yet'
        return (
            f"no {self.name} is called '{key}'{nearest(key, self.names()) or '.'} "
            f'Registered by CLEF-MM: {own}. A part of your own must be imported first: '
            "name its module in the config's custom_imports."
        )


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

# mmengine warns of each of its other registries that has no child of our scope.
_QUIET = [
    MMEngineRegistry(registry.name, parent=registry, scope='clef_mm')
    for registry in (
        FUNCTIONS,
        LOOPS,
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
