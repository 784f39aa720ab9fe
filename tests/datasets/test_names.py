import pytest

from clef_mm import datasets
from clef_mm.datasets.names import CLASSES, find_dataset
from clef_mm.errors import UserError
from clef_mm.registry import DATASETS


@pytest.mark.parametrize(('name', 'kind'), CLASSES.items())
def test_layouts_and_classes_name_the_same(name, kind):
    found = find_dataset(name)
    assert found is find_dataset(kind) is find_dataset(kind.lower())
    assert found is getattr(datasets, kind) is DATASETS.get(kind)
    assert found.synthetic_root() == f'data/synthetic/{name}'


@pytest.mark.parametrize('name', CLASSES)
def test_layout_is_shown_with_the_command_for_a_stand_in(name):
    shown = find_dataset(name).expected_layout('data/there')
    assert 'data/there/' in shown
    assert f'make_synthetic.py {name} data/there' in shown


def test_a_class_of_your_own(tmp_path, monkeypatch):
    (tmp_path / 'my_own_faces.py').write_text(
        'from clef_mm.datasets import FaceDataset\n'
        'from clef_mm.registry import DATASETS\n\n'
        '@DATASETS.register_module()\n'
        'class OwnFaces(FaceDataset):\n'
        '    def load_frames(self):\n'
        '        return []\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert find_dataset('OwnFaces', 'my_own_faces').__name__ == 'OwnFaces'


def test_unknown_names():
    with pytest.raises(UserError, match=r'bp4d_plus.* or a class of your own'):
        find_dataset('bp5d')
    with pytest.raises(UserError, match=r"No module named 'no_such'.*PYTHONPATH"):
        find_dataset('MyFaces', 'no_such')
