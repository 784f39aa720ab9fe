"""Files made to harm: every command refuses them by name, and nothing in them runs."""

import json
import os
import pickle
import runpy
import signal
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from clef_mm.datasets import BP4D
from clef_mm.datasets.prepared_index import INDEX_FILE
from clef_mm.datasets.reading.image_archives import ImageArchive
from clef_mm.datasets.reading.label_cache import read_cached
from clef_mm.datasets.reading.landmark_files import read_points, read_tracked_points
from clef_mm.datasets.reading.npy_values import read_values
from clef_mm.engine.epoch_choice import checkpoints_to_test, epoch_rule
from clef_mm.engine.recorded_config import TRAINING, differences, recorded_config
from clef_mm.errors import UserError
from clef_mm.evaluation.predictions import read_predictions
from clef_mm.evaluation.results import read_result
from clef_mm.prompts import load_bank

ROOT = Path(__file__).resolve().parents[1]
DEEP = '[' * 10**5


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


@pytest.fixture
def marker(tmp_path):
    """What a payload would make; it must not be there in the end."""
    path = tmp_path / 'it_ran'
    yield path
    assert not path.exists()


def test_the_trap_works(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / 'it_ran')))
    assert (tmp_path / 'it_ran').is_dir()


# --- weights --------------------------------------------------------------------------


def bare_pickle(path, marker):
    path.write_bytes(pickle.dumps({'state_dict': Trap(marker)}))


def torch_file(path, marker):
    torch.save({'state_dict': {'a': torch.ones(1)}, 'meta': {'a': Trap(marker)}}, path)


def old_torch_file(path, marker):
    content = {'state_dict': {}, 'meta': {'a': Trap(marker)}}
    torch.save(content, path, _use_new_zipfile_serialization=False)


def packed_zeros(path, marker):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('a/data.pkl', bytes(10**8))
        file.writestr('a/version', '3')


def half_a_file(path, marker):
    torch.save({'state_dict': {'a': torch.ones(10**4)}, 'meta': {}}, path)
    path.write_bytes(path.read_bytes()[:20_000])


def script(path, marker):
    code = f'import os\nos.mkdir({str(marker)!r})\nclass M(Module):\n  __buffers__ = []'
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr('a/constants.pkl', pickle.dumps(()))
        file.writestr('a/data.pkl', pickle.dumps(Trap(marker)))
        file.writestr('a/code/__torch__.py', code)


def path_that_leads_out(path, marker):
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr(f'../../{marker.name}', 'x')
        file.writestr(f'{marker}', 'x')


def header_without_end(path, marker):
    path.write_bytes(struct.pack('<Q', 2**62) + b'{"a": ' + bytes(100))


def deep_header(path, marker):
    text = ('{"a":' * 10**5).encode()
    path.write_bytes(struct.pack('<Q', len(text)) + text)


def meta_of_another_shape(path, marker):
    content = {'state_dict': {'a': torch.ones(1)}, 'meta': {'clef_mm': ['x']}}
    torch.save(content, path)


WEIGHTS = (
    *(bare_pickle, torch_file, old_torch_file, packed_zeros, half_a_file, script),
    *(path_that_leads_out, header_without_end, deep_header, meta_of_another_shape),
)


@pytest.fixture
def refused(monkeypatch, capsys, tmp_path):
    """Run a tool that must end with one line about the file, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ('tools', 'configs'):
        (tmp_path / name).symlink_to(ROOT / name)

    # Some tools answer signals in their own way: not for the rest of the tests.
    monkeypatch.setattr(signal, 'signal', lambda *_: None)

    def run(tool, *words):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, words)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
        # Either the code, or the message with which Python ends.
        said = capsys.readouterr().err + str(end.value.code)
        assert end.value.code not in (0, None, 2)
        assert 'error: ' in said
        assert 'Traceback' not in said
        return said

    return run


CONVERTERS = {
    'inspect.py': (),
    'convert.py': ('out.safetensors',),
    'publish.py': ('out',),
}


@pytest.mark.parametrize('payload', WEIGHTS)
@pytest.mark.parametrize('tool', CONVERTERS)
def test_weights_that_a_converter_reads(refused, tmp_path, marker, tool, payload):
    path = tmp_path / 'evil.pth'
    payload(path, marker)
    said = refused(f'model_converters/{tool}', path, *CONVERTERS[tool])
    assert 'evil.pth' in said


def in_a_run(tmp_path):
    """A work directory whose newest checkpoint is the file."""
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run/last_checkpoint').write_text('epoch_1.pth')
    return tmp_path / 'run/epoch_1.pth'


RUNS = {
    'test.py': lambda file: [file],
    'prompt_study.py': lambda file: [file],
    'train.py --resume': lambda file: ['--work-dir', file.parent],
    'train.py load_from': lambda file: ['--cfg-options', f'load_from={file}'],
    'train.py weights': lambda file: ['--cfg-options', f'model.weights={file}'],
    'train.py text_weights': lambda file: (
        ['--cfg-options', f'model.text_weights={file}', 'model.weights=good.pth']
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize('payload', [torch_file, packed_zeros])
@pytest.mark.parametrize('name', RUNS)
def test_weights_that_a_run_reads(
    refused, demo_config, tmp_path, marker, name, payload
):
    tool, _, option = name.partition(' ')
    path = in_a_run(tmp_path)
    payload(path, marker)
    config = demo_config('finetune')
    config.dump(tmp_path / 'small.py')
    if 'text' in name:  # the text tower is read after the image tower
        from clef_mm.registry import MODELS

        model = MODELS.build(config.model)
        torch.save({'state_dict': model.state_dict(), 'meta': {}}, 'good.pth')
    words = [option] if option.startswith('--') else []
    said = refused(tool, 'small.py', *RUNS[name](path), *words)
    assert 'epoch_1.pth' in said


@pytest.mark.slow
def test_a_command_ends_as_it_does_in_process(tmp_path, marker):
    torch_file(tmp_path / 'evil.pth', marker)
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/model_converters/inspect.py', 'evil.pth'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert 'error: evil.pth is ' in done.stderr
    assert 'Traceback' not in done.stderr


# --- configs, recipes, banks ----------------------------------------------------------


def yaml_trap(marker):
    return f'!!python/object/apply:os.mkdir [{str(marker)!r}]\n'


@pytest.mark.parametrize('name', ['evil.yaml', 'evil.yml', 'evil.json', 'evil.pkl'])
@pytest.mark.parametrize('tool', ['train.py', 'crossval.py', 'test.py'])
def test_configs_and_recipes_are_python_and_nothing_else(
    refused, tmp_path, marker, tool, name
):
    """mmengine would read YAML with a loader that calls what a file asks for."""
    (tmp_path / name).write_text('name: ' + yaml_trap(marker))
    words = ['x.pth'] if tool == 'test.py' else []
    assert f'{name} is no Python file' in refused(tool, name, *words)


@pytest.mark.parametrize('text', ['{}', 'templates: {}', 'classes: {{a: {}}}'])
def test_banks(tmp_path, marker, text):
    path = tmp_path / 'evil.yaml'
    path.write_text(text.format(yaml_trap(marker)))
    with pytest.raises(UserError, match=r'evil\.yaml'):
        load_bank(path)


@pytest.mark.slow
def test_a_bank_that_a_run_reads(refused, demo_config, tmp_path, marker):
    demo_config('finetune').dump(tmp_path / 'small.py')
    (tmp_path / 'evil.yaml').write_text('templates: ' + yaml_trap(marker))
    words = ['small.py', '--cfg-options', 'model.bank=evil.yaml']
    assert 'evil.yaml' in refused('train.py', *words)


@pytest.mark.parametrize(
    'line',
    [
        'import os; os.mkdir({!r})',
        'train_cfg = __import__("os").mkdir({!r})',
        'train_cfg = dict(max_epochs=__import__("os").mkdir({!r}))',
        'train_cfg = dict(**__import__("os").mkdir({!r}))',
        'custom_imports = [x for x in [__import__("os").mkdir({!r})]]',
        'x: __import__("os").mkdir({!r}) = 1',
    ],
)
def test_a_config_beside_a_checkpoint_is_not_run(tmp_path, marker, line):
    """A work directory may be somebody else's: its config is read as plain values."""
    path = in_a_run(tmp_path)
    torch.save({'state_dict': {}, 'meta': {}}, path)
    (path.parent / 'config.py').write_text(line.format(str(marker)))
    assert recorded_config(path.parent) is None
    assert checkpoints_to_test(str(path.parent)) == [str(path)]
    assert epoch_rule(str(path)) == 'last'
    assert differences(path.parent, None, TRAINING)


def test_a_config_of_plain_values_is_read(demo_config, tmp_path):
    config = demo_config('finetune')
    config.dump(tmp_path / 'a.py')
    (tmp_path / 'b.py').write_text('import os')  # newer, and no record of a run
    executed = Config.fromfile(tmp_path / 'a.py').to_dict()
    assert recorded_config(tmp_path) == executed
    assert differences(tmp_path, config, TRAINING) == []
    config.train_cfg.max_epochs = 77
    assert differences(tmp_path, config, TRAINING) == [
        'train_cfg.max_epochs: 2 there, 77 here'
    ]


def test_a_pointer_that_leads_out(tmp_path, marker):
    path = in_a_run(tmp_path)
    torch_file(tmp_path / 'evil.pth', marker)
    for text in ('../evil.pth', str(tmp_path / 'evil.pth'), '..', '', '\0', 'x' * 9000):
        (path.parent / 'last_checkpoint').write_text(text)
        with pytest.raises(UserError, match=r'last_checkpoint|no weights file'):
            checkpoints_to_test(str(path.parent))


# --- data and results -----------------------------------------------------------------


def pickled_array(path, marker):
    np.save(path, np.array([Trap(marker)], dtype=object), allow_pickle=True)


def pickled_arrays(path, marker):
    array = np.array([Trap(marker)], dtype=object)
    names = ('header', 'signature', 'scores', 'targets', 'names', 'frames')
    np.savez(path, **dict.fromkeys(names, array))


def half_an_archive(path, marker):
    np.savez(path, header=np.arange(1000))
    path.write_bytes(path.read_bytes()[:3000])


def array_without_end(path, marker):
    fields = {'descr': '<f8', 'fortran_order': False, 'shape': (2**60,)}
    header = f'{fields}\n'
    start = b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header.encode()
    with zipfile.ZipFile(path, 'w') as file:
        for name in ('header', 'signature', 'scores'):
            file.writestr(f'{name}.npy', start)


def packed_arrays(path, marker):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('header.npy', bytes(10**7))


ARCHIVES = (
    *(bare_pickle, pickled_arrays, half_an_archive, array_without_end, packed_arrays),
    *(path_that_leads_out,),
)


@pytest.mark.parametrize('payload', ARCHIVES)
def test_archives_of_arrays(tmp_path, marker, payload):
    path = tmp_path / INDEX_FILE
    payload(path, marker)
    with pytest.raises(UserError, match=INDEX_FILE):
        BP4D(tmp_path)
    with pytest.raises(UserError, match=INDEX_FILE):
        read_predictions(path)
    assert read_cached(path, 'x') is None


@pytest.mark.parametrize('payload', [bare_pickle, pickled_array])
def test_arrays(tmp_path, marker, payload):
    payload(tmp_path / '1_exp.npy', marker)
    assert np.isnan(read_values(tmp_path, ['1_exp.npy'])).all()


@pytest.mark.parametrize('payload', [bare_pickle, pickled_arrays, half_an_archive])
def test_landmarks(tmp_path, marker, payload):
    path = tmp_path / '1_lm.mat'
    payload(path.with_suffix('.npz'), marker)
    path.with_suffix('.npz').rename(path)
    with pytest.raises(UserError, match=r'1_lm\.mat'):
        read_points(path)
    with pytest.raises(UserError, match=r'1_lm\.mat'):
        read_tracked_points(path, np.array([1]))


def test_names_in_an_archive_of_images_lead_nowhere(tmp_path, marker):
    path = tmp_path / 'F001.zip'
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr(f'../../{marker.name}.jpg', 'x')
        file.writestr(f'{marker}.png', 'x')
    archive = ImageArchive(path)
    for folder in archive.folders():
        for name in archive.images(folder):
            assert archive.read(f'{folder}/{name}') == b'x'
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('text', [DEEP, '{"metrics": ' + DEEP, '[]', '3', '\0', '{"a"'])
def test_json(refused, tmp_path, marker, text):
    for name in ('metrics.json', 'summary.json', 'split.json'):
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=r'metrics\.json'):
        read_result(tmp_path)
    assert 'summary.json' in refused('report.py', 'summary.json')
    words = ['bp4d', '--fold', '1', '--preset', 'split.json']
    assert 'split.json' in refused('dataset_tools/folds.py', *words)


def test_a_result_that_is_published_with_a_checkpoint(refused, tmp_path, marker):
    (tmp_path / 'metrics.json').write_text(json.dumps({'protocol': [1]}))
    content = {'state_dict': {}, 'meta': {'clef_mm': {'config': 'a', 'start': {}}}}
    torch.save(content, 'a.pth')
    words = ['a.pth', 'out', '--result', 'metrics.json']
    assert 'metrics.json' in refused('model_converters/publish.py', *words)
