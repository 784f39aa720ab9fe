"""TorchScript archives, as OpenAI released CLIP in, read without running them.

An archive is a zip of the tensors' bytes, of a pickle that says which module holds
which tensor, and of program code. ``torch.jit.load`` compiles that code and runs the
parts of it that restore a module. Here code is never compiled: the tensors' bytes are
read, and the pickle, which can make nothing but inert records of what it asks for.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_REBUILD = 'torch._utils._rebuild_tensor_v2'
_DTYPES = {
    'torch.DoubleStorage': torch.float64,
    'torch.FloatStorage': torch.float32,
    'torch.HalfStorage': torch.float16,
    'torch.BFloat16Storage': torch.bfloat16,
    'torch.LongStorage': torch.int64,
    'torch.IntStorage': torch.int32,
    'torch.ShortStorage': torch.int16,
    'torch.CharStorage': torch.int8,
    'torch.ByteStorage': torch.uint8,
    'torch.BoolStorage': torch.bool,
}
# What a pickle may name; 'torch.jit._pickle' restores the types of attributes.
_KNOWN_NAMES = {_REBUILD, 'collections.OrderedDict', *_DTYPES}
_KNOWN_MODULES = re.compile(r'(__torch__(\..*)?|torch\.jit\._pickle)')
# A module's attributes that are weights, as its code declares them.
_DECLARATION = re.compile(
    r'^class (\w+)\(Module\):\n  __parameters__ = \[(.*)\]\n  __buffers__ = \[(.*)\]',
    re.MULTILINE,
)
_LARGEST_CODE = 2**20  # bytes: code is deflated, a bomb must not fill the memory
# Modules that hold each other would never end, or end after ages.
_MOST_ATTRIBUTES = 2 * 10**5
_LONGEST_NAME = 1000


def is_archive(path: Path) -> bool:
    """Tell whether a file is a TorchScript archive; other files of torch have no code.

    Both are zips, but only an archive has constants.
    """
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any(name.endswith('/constants.pkl') for name in file.namelist())


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Return what ``torch.jit.load(path).state_dict()`` would, on the CPU.

    Raises:
        ValueError, pickle.UnpicklingError, zipfile.BadZipFile: If the archive is
            damaged, or its pickle asks for anything but modules and tensors.
    """
    with zipfile.ZipFile(path) as file:
        archive = _Archive(file)
        root = _RecordUnpickler(io.BytesIO(archive.stored('data.pkl'))).load()
        return dict(_weights(root, archive))


class _Record:
    """Stands for anything that a pickle asks to be made; does nothing."""

    path = ''
    args: tuple[Any, ...]
    state: Any

    def __new__(cls, *args: Any) -> _Record:
        record = super().__new__(cls)
        record.args, record.state = args, {}
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _RecordUnpickler(pickle.Unpickler):
    """Unpickles records only: no function or class of any library is looked up."""

    def find_class(self, module: str, name: str) -> type[_Record]:
        path = f'{module}.{name}'
        if path not in _KNOWN_NAMES and not _KNOWN_MODULES.fullmatch(module):
            raise pickle.UnpicklingError(f'it asks for {path}')
        return type('_NamedRecord', (_Record,), {'path': path})

    def persistent_load(self, pid: Any) -> Any:
        return pid  # ('storage', kind, name, device, length), resolved by _Archive


class _Archive:
    """The parts of an open zip, by the names that TorchScript gives them."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        marker = 'constants.pkl'
        names = [name for name in file.namelist() if name.endswith(f'/{marker}')]
        self._folder = min(names, key=len).removesuffix(marker)
        self._storages: dict[str, Tensor] = {}
        self._declared: dict[str, dict[str, set[str]]] = {}

    def stored(self, name: str) -> bytes:
        """Return a part that is not compressed, and so no larger than the file."""
        info = self._file.getinfo(self._folder + name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f'{info.filename} is compressed')
        return self._file.read(info)

    def tensor(self, record: _Record) -> Tensor:
        """Return the tensor that a record describes, a view of its storage."""
        (_, kind, name, *_), offset, size, stride = record.args[:4]
        if name not in self._storages:
            data = bytearray(self.stored(f'data/{name}'))
            dtype = _DTYPES[kind.path]
            self._storages[name] = (
                torch.frombuffer(data, dtype=dtype)
                if data
                else torch.empty(0, dtype=dtype)
            )
        storage = self._storages[name]
        if math.prod(size) > len(storage):
            raise ValueError(f'a tensor {size} of {len(storage)} stored numbers')
        return storage.as_strided(size, stride, offset)

    def declared(self, path: str) -> set[str] | None:
        """Return the weights that a module class declares; None if its code is gone."""
        module, _, name = path.rpartition('.')
        if module not in self._declared:
            self._declared[module] = self._declarations(module)
        return self._declared[module].get(name)

    def _declarations(self, module: str) -> dict[str, set[str]]:
        part = f'{self._folder}code/{module.replace(".", "/")}.py'
        if part not in self._file.namelist():
            return {}
        with self._file.open(part) as stream:
            code = stream.read(_LARGEST_CODE).decode()
        return {
            name: set(re.findall(r'"([^"]+)"', parameters + buffers))
            for name, parameters, buffers in _DECLARATION.findall(code)
        }


def _weights(root: _Record, archive: _Archive) -> Iterator[tuple[str, Tensor]]:
    pending, seen = [('', root)], 0
    while pending:
        prefix, module = pending.pop()
        if not isinstance(module.state, dict):
            raise ValueError(f'{module.path} is restored by code of its own')
        seen += len(module.state)
        if seen > _MOST_ATTRIBUTES or len(prefix) > _LONGEST_NAME:
            raise ValueError('its modules hold each other without end')
        declared = archive.declared(module.path)
        for name, value in module.state.items():
            if not isinstance(value, _Record):
                continue
            if value.path.startswith('__torch__.'):
                pending.append((f'{prefix}{name}.', value))
            elif value.path == _REBUILD and (declared is None or name in declared):
                yield prefix + name, archive.tensor(value)
