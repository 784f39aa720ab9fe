"""docs/safety.md: linked, short, and true of the files that it names."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/safety.md').read_text(encoding='utf-8')


def test_the_page_is_linked_and_short():
    assert 'docs/safety.md' in (ROOT / 'README.md').read_text(encoding='utf-8')
    assert len(PAGE.splitlines()) <= 40


def test_the_limits_that_it_states():
    from clef_mm import array_archive
    from clef_mm.datasets.reading import image_archives

    assert f'{array_archive._MOST // 2**30} GiB' in PAGE
    assert f'{image_archives._LARGEST_IMAGE // 2**20} MiB' in PAGE


def test_the_tests_that_it_names():
    assert 'tests/test_hostile_files.py' in PAGE
    assert (ROOT / 'tests/test_hostile_files.py').is_file()
    assert 'test_garbage_*' in PAGE
    assert len(list((ROOT / 'tests').rglob('test_garbage_*.py'))) >= 5
    assert (ROOT / 'tools/model_converters/inspect.py').is_file()
