"""Whose folder is meant: one dataset in a config, several, or several joined."""

from pathlib import Path

import pytest
from mmengine.config import Config

from clef_mm.datasets import BP4D, DISFA, BP4DPlus, JoinedDataset
from clef_mm.engine.config import (
    ConfigError,
    NotPreparedError,
    check_prepared,
    load_config,
    set_data_root,
    use_synthetic,
)
from clef_mm.registry import DATASETS

ROOT = Path(__file__).resolve().parents[2]
CROSS = ROOT / 'configs/cross_dataset'


def loaders(train, test):
    return Config(
        dict(
            train_dataloader=dict(dataset=train),
            test_dataloader=dict(dataset=test),
        )
    )


def joined(*parts):
    return dict(type=JoinedDataset, datasets=list(parts))


def bp4d():
    return dict(type=BP4D, data_root='b')


def disfa():
    return dict(type='DISFA', data_root='d')


def bp4d_plus():
    return dict(type=BP4DPlus, data_root='p')


def roots(config):
    train, test = (config[f'{name}_dataloader'].dataset for name in ('train', 'test'))
    return (
        [part.data_root for part in train.get('datasets', [train])],
        [part.data_root for part in test.get('datasets', [test])],
    )


@pytest.mark.parametrize('given', ['x', ['x'], 'bp4d=x', ['BP4D=x'], ['bp4d=x']])
def test_one_dataset_needs_no_name(given):
    config = loaders(bp4d(), bp4d())
    set_data_root(config, given)
    assert roots(config) == (['x'], ['x'])


@pytest.mark.parametrize('folder', ['a=b/c', '/data/k=3', 'x=', './a=b'])
def test_a_folder_may_have_an_equals_sign(folder):
    config = loaders(bp4d(), bp4d())
    if folder == 'a=b/c':  # looks like a name: the name must be said
        with pytest.raises(ConfigError, match='the config reads bp4d'):
            set_data_root(config, folder)
        folder = f'bp4d={folder}'
    set_data_root(config, folder)
    assert roots(config)[0] == [folder.removeprefix('bp4d=')]


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        (['bp4d=x', 'disfa=y'], (['x'], ['y'])),
        (['disfa=y'], (['b'], ['y'])),
        (['DISFA=y', 'bp4D=x'], (['x'], ['y'])),
    ],
)
def test_each_dataset_by_its_name(given, expected):
    config = loaders(bp4d(), disfa())
    set_data_root(config, given)
    assert roots(config) == expected


def test_parts_of_a_joined_dataset():
    config = loaders(joined(bp4d(), disfa()), bp4d_plus())
    set_data_root(config, ['bp4d_plus=z', 'disfa=y', 'bp4d=x'])
    assert roots(config) == (['x', 'y'], ['z'])
    set_data_root(config, 'BP4DPlus=again')
    assert roots(config) == (['x', 'y'], ['again'])


@pytest.mark.parametrize(
    'given', ['x', ['x', 'y'], ['bp4d=x', 'bp4d=y'], ['rafdb=x'], ['disfa=x', 'y']]
)
def test_unclear_folders_are_refused(given):
    config = loaders(joined(bp4d(), disfa()), bp4d())
    with pytest.raises(
        ConfigError, match=r'reads bp4d, disfa\. Say once .*: bp4d=DIR disfa=DIR'
    ):
        set_data_root(config, given)


class Mine(BP4D):
    """A dataset of a user's own, which the command line knows by its class."""


def test_a_dataset_of_ones_own():
    config = loaders(dict(type=Mine, data_root='m'), disfa())
    set_data_root(config, ['mine=x', 'disfa=y'])
    assert roots(config) == (['x'], ['y'])
    with pytest.raises(ConfigError, match='mine=DIR disfa=DIR'):
        set_data_root(config, 'x')


# --- the configs ----------------------------------------------------------------------


def test_synthetic_stand_ins_of_every_part(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(CROSS / 'all_but_disfa.py')
    use_synthetic(config)
    assert roots(config) == (
        ['data/synthetic/bp4d', 'data/synthetic/bp4d_plus'],
        ['data/synthetic/disfa'],
    )
    with pytest.raises(NotPreparedError) as error:
        check_prepared(config)
    for name in ('bp4d', 'bp4d_plus', 'disfa'):
        assert f'make_synthetic.py {name} data/synthetic/{name}' in str(error.value)


def test_every_missing_part_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(CROSS / 'all_but_bp4d.py')
    with pytest.raises(NotPreparedError) as error:
        check_prepared(config)
    for text in (
        'data/bp4d/ is missing',
        'data/bp4d_plus/ is missing',
        'data/disfa/ is missing',
        'work_dirs/clef_pretrain_vitb16_bp4d_plus_all is missing',
    ):
        assert text in str(error.value)


def built(config, name):
    """Build a dataset of a config without reading the disk."""
    return DATASETS.build({**config[f'{name}_dataloader'].dataset, 'lazy_init': True})


TRAINED = sorted(path.stem for path in CROSS.glob('*.py') if '_all' not in path.stem)


@pytest.mark.parametrize('stem', TRAINED)
def test_labels_of_training_test_and_model_agree(stem):
    config = load_config(CROSS / f'{stem}.py')
    kind = 'expressions' if 'expressions' in config.model.bank else 'au_names'
    train, test = built(config, 'train'), built(config, 'test')
    assert tuple(train.metainfo[kind]) == tuple(config.model.classes)
    assert tuple(test.metainfo[kind]) == tuple(config.model.classes)
    names = [part.metainfo['dataset'] for part in train.parts]
    assert test.metainfo['dataset'] not in names
    assert train.metainfo['split'] == ('all' if kind == 'au_names' else 'train')


@pytest.mark.parametrize('stem', [s for s in TRAINED if not s.startswith('tiny')])
def test_nobody_tested_was_seen_in_stage_1(stem):
    config = load_config(CROSS / f'{stem}.py')
    name = Path(config.model.weights).name
    (stage_1,) = (ROOT / 'configs').rglob(f'{name}.py')
    train = built(load_config(stage_1), 'train')
    assert train.metainfo['dataset'] != built(config, 'test').metainfo['dataset']
    assert train.subjects is None


def test_the_five_shared_units():
    config = load_config(CROSS / 'disfa_to_bp4d.py')
    bp4d_names, disfa_names = (kind.METAINFO['au_names'] for kind in (BP4D, DISFA))
    shared = [name for name in bp4d_names if name in disfa_names]
    assert config.model.classes == shared == ['AU1', 'AU2', 'AU4', 'AU6', 'AU12']
