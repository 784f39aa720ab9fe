"""Package CLEF-MM with its configs, prompt banks and split lists."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def read_requirements(name: str) -> list[str]:
    """Return the lines of requirements/NAME.txt."""
    return (ROOT / 'requirements' / f'{name}.txt').read_text().split('\n')[:-1]


def read_version() -> str:
    """Return the version without importing the package."""
    source = (ROOT / 'clef_mm' / '__init__.py').read_text()
    return re.search(r"__version__ = '(.+)'", source)[1]


def config_packages() -> list[str]:
    """Return the folders of configs/ as packages: clef_mm/configs in a wheel."""
    files = (path.relative_to(ROOT) for path in (ROOT / 'configs').rglob('*.py'))
    folders = {'.'.join(path.parent.parts) for path in files}
    return [f'clef_mm.{name}' for name in sorted(folders | {'configs'})]


setup(
    name='clef-mm',
    version=read_version(),
    description='CLEF: text-driven contrastive learning of facial behaviour',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['clef_mm', 'clef_mm.*']) + config_packages(),
    package_dir={'clef_mm.configs': 'configs'},
    package_data={
        'clef_mm': [
            'datasets/**/*.json',
            'evaluation/published/*.csv',
            'evaluation/published/*.yaml',
            'prompts/banks/*.yaml',
        ]
    },
    install_requires=read_requirements('runtime'),
    extras_require={
        'prepare': read_requirements('prepare'),
        'optional': read_requirements('optional'),
        'tests': [
            requirement
            for name in ('prepare', 'optional', 'tests')
            for requirement in read_requirements(name)
        ],
        'docs': read_requirements('docs'),
    },
)
