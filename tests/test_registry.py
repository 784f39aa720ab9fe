"""The plug-in points."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import LOOPS, OPTIMIZERS, PARAM_SCHEDULERS
from mmengine.utils import import_modules_from_strings

import clef_mm
from clef_mm import registry
from clef_mm.errors import UserError
from clef_mm.prompts import load_bank
from clef_mm.registry import (
    DATASETS,
    LOSSES,
    MODELS,
    PROMPTS,
    Registry,
    UnknownArgumentError,
)

PACKAGE = Path(clef_mm.__file__).parent
NAMES = (
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
)


def registered():
    """Find every `@REGISTRY.register_module()` of the package by reading it."""
    for path in sorted(PACKAGE.rglob('*.py')):
        module = '.'.join(path.relative_to(PACKAGE.parent).with_suffix('').parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            for decorator in node.decorator_list:
                words = ast.unparse(decorator).split('.')
                if words[0] in NAMES and words[1].startswith('register_module'):
                    yield words[0], node.name, module


def test_the_plug_in_points_are_those_of_the_design():
    assert {name for name in registry.__all__ if name.isupper()} == set(NAMES)
    assert all(isinstance(getattr(registry, name), Registry) for name in NAMES)


@pytest.mark.parametrize(('place', 'name', 'module'), list(registered()))
def test_every_part_of_our_own_is_reachable_by_its_name(place, name, module):
    expected = getattr(importlib.import_module(module), name)
    assert getattr(registry, place).get(name) is expected
    assert getattr(registry, place).get(f'{module}.{name}') is expected
    locations = map(importlib.import_module, getattr(registry, place)._locations)
    assert expected in [getattr(location, name, None) for location in locations]


def test_something_is_registered_at_every_place_but_prompts():
    # Prompt banks are data files; the registry is for those a user makes in code.
    assert {place for place, _, _ in registered()} == set(NAMES) - {'PROMPTS'}


def test_parts_of_mmengine_are_found_too():
    assert MODELS.get('ImgDataPreprocessor').__module__.startswith('mmengine')
    assert 'ImgDataPreprocessor' in MODELS.names()


def test_own_parts_are_listed_first():
    names = MODELS.names()
    assert names.index('ActivityPretrainer') < names.index('ImgDataPreprocessor')
    assert len(names) == len(set(names))


def test_an_unknown_name_lists_what_exists_and_the_nearest():
    with pytest.raises(KeyError) as caught:
        LOSSES.build({'type': 'ActionUnitLos'})
    assert caught.value.args[0] == (
        "no loss is called 'ActionUnitLos'; did you mean 'ActionUnitLoss'? Registered "
        'by CLEF-MM: ActionUnitLoss, CrossModalSupConLoss, ExpressionLoss, '
        'ImageCaptionLoss, NameDescriptionLoss. A part of your own must be imported '
        "first: name its module in the config's custom_imports."
    )


def test_an_unknown_argument_lists_what_is_taken_and_the_nearest():
    with pytest.raises(UnknownArgumentError) as caught:
        DATASETS.build({'type': 'BP4D', 'data_root': 'x', 'fodl': 1})
    message = str(caught.value)
    assert message.startswith(
        "BP4D takes no argument 'fodl'; did you mean 'fold'? It takes data_root, "
    )
    for argument in ('au_names', 'fold', 'hold_out', 'pipeline'):  # of all its bases
        assert f' {argument},' in message
    assert isinstance(caught.value, UserError)


def test_what_is_unknown_deep_inside_a_part_is_not_blamed_on_it():
    @MODELS.register_module(name='DeepMistake')
    def build(**options):
        raise TypeError("f() got an unexpected keyword argument 'other'")

    with pytest.raises(TypeError, match='other') as caught:
        MODELS.build({'type': 'DeepMistake', 'mine': 1})
    assert not isinstance(caught.value, UserError)


def test_an_unknown_name_that_is_near_to_nothing():
    with pytest.raises(KeyError, match=r"no loss is called 'qqqq'\. Registered"):
        LOSSES.get('qqqq')


def test_a_name_near_to_a_part_of_mmengine_gets_that():
    with pytest.raises(KeyError, match="did you mean 'ImgDataPreprocessor'"):
        MODELS.get('ImgDataPreprocesor')


@pytest.mark.parametrize('key', ['clef_mm.models.Nope', 'clef_mm.Nope', 'no.such.Part'])
def test_a_full_path_to_nothing_is_refused_the_same_way(key):
    with pytest.raises(KeyError, match=f"no model is called '{key}'"):
        MODELS.get(key)


def test_an_empty_registry_says_so():
    with pytest.raises(KeyError, match='Registered by CLEF-MM: nothing yet'):
        Registry('nothing').get('Thing')


USER_FILE = '''
"""One file of a user's own: a loss, an encoder and a prompt bank."""

import torch
from clef_mm.prompts import PromptBank
from clef_mm.registry import BACKBONES, LOSSES, PROMPTS


@LOSSES.register_module()
class HingeOfMine(torch.nn.Module):
    def forward(self, logits, targets):
        return (1 - logits * (2 * targets - 1)).clamp(min=0).mean()


@BACKBONES.register_module(name='of_mine')
class Encoder(torch.nn.Module):
    embed_dim = image_size = 2

    def forward(self, images):
        return images.mean(dim=(2, 3))[:, :2]


@PROMPTS.register_module()
def moods_of_mine():
    return PromptBank.from_dict(
        {
            'templates': {'name': 'a {name} face'},
            'classes': {'glad': {'name': 'glad'}, 'sad': {'name': 'sad'}},
        },
        source='moods_of_mine',
    )
'''


@pytest.fixture
def nothing_stays():
    """Forget what a test registers."""
    places = [getattr(registry, name) for name in NAMES]
    before = [set(place.names()) for place in places]
    yield
    for place, names in zip(places, before, strict=True):
        for name in set(place.module_dict) - names:
            del place.module_dict[name]


def test_a_user_adds_parts_in_one_file(tmp_path, monkeypatch, nothing_stays):
    (tmp_path / 'parts_of_mine.py').write_text(USER_FILE)
    monkeypatch.syspath_prepend(tmp_path)
    config = Config(
        {
            'custom_imports': {'imports': ['parts_of_mine']},
            'model': {
                'type': 'ActionUnitRecognizer',
                'image_encoder': {'type': 'of_mine'},
                'text_encoder': None,
                'texts': (),
                'classes': ('glad', 'sad'),
                'bank': 'moods_of_mine',
                'loss_label': {'type': 'HingeOfMine'},
            },
        }
    )
    import_modules_from_strings(**config.custom_imports)
    model = MODELS.build(config.model)
    assert model.loss_label(torch.ones(1, 2), torch.ones(1, 2)) == 0
    assert model(torch.ones(3, 3, 2, 2)).shape == (3, 2)
    assert load_bank('moods_of_mine').classes == ('glad', 'sad')


def test_a_part_loads_on_its_first_look_up():
    code = """
import sys
from clef_mm.registry import TRANSFORMS

def loaded():
    return {name for name in sys.modules if name.startswith('clef_mm.')}

assert loaded() == {'clef_mm.errors', 'clef_mm.registry'}, loaded()
TRANSFORMS.get('LoadFace')
assert 'clef_mm.datasets.transforms' in loaded()
assert 'clef_mm.models' not in loaded()
"""
    subprocess.run([sys.executable, '-c', code], check=True)


def test_a_name_is_registered_once(nothing_stays):
    PROMPTS.register_module(name='twice', module=dict)
    with pytest.raises(KeyError, match='twice is already registered'):
        PROMPTS.register_module(name='twice', module=list)


@pytest.mark.parametrize(
    ('parent', 'name', 'meant'),
    [
        (OPTIMIZERS, 'Adamm', 'Adam'),
        (PARAM_SCHEDULERS, 'MultiStepLr', 'MultiStepLR'),
        (LOOPS, 'EpochLop', 'EpochLoop'),
    ],
)
def test_registries_of_mmengine_name_what_was_meant(parent, name, meant):
    with (
        parent.switch_scope_and_registry('clef_mm') as ours,
        pytest.raises(
            UserError, match=rf"called '{name}'; did you mean '{meant}'\? Known: "
        ),
    ):
        ours.get(name)
