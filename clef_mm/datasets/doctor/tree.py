"""A dataset's folder as the checks see it, each part read once and when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clef_mm.datasets.doctor.facts import Fact, load_facts
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.prepared_index import IndexFileError, has_index, read_header
from clef_mm.datasets.synthetic_marker import find_marker
from clef_mm.errors import UserError

# What a damaged file or an index without a column raises.
READING_ERRORS = (UserError, OSError, ValueError, KeyError)


def describe_error(error: Exception) -> str:
    """Return the message of one of ``READING_ERRORS``."""
    return f'there is no {error}' if isinstance(error, KeyError) else str(error)


class OptionsError(UserError, ValueError):
    """Options that are none of the dataset."""


class UnreadableError(Exception):
    """What a check needs cannot be read, which another check reports already."""


@dataclass(frozen=True)
class LabelRows:
    """What the label files say, with or without images.

    Attributes:
        table: Columns ``subject``, ``sequence``, ``frame`` and labels.
        errors: One message for each file that is not as documented.
        headers: Header cells of each file that has a header, by name.
    """

    table: FrameTable
    errors: tuple[str, ...] = ()
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Tree:
    """The folder under examination.

    Args:
        dataset_class: Reads it.
        root: The folder, as released or as prepared.
        read_labels: Reads the labels of a release file by file; None to take what the
            dataset class makes of them.
        options: Arguments of the dataset class.
    """

    def __init__(
        self,
        dataset_class: type[FaceDataset],
        root: str | Path,
        read_labels: Callable[[Tree], LabelRows] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.dataset_class = dataset_class
        self.root = Path(root)
        self.read_labels = read_labels
        self.options = dict(options or {})
        self.facts: dict[str, Fact] = load_facts(dataset_class.__name__)
        self.synthetic = find_marker(self.root) is not None
        self.prepared = has_index(self.root)

    @property
    def name(self) -> str:
        """Name of the dataset, such as ``'BP4D'``."""
        return self.dataset_class.METAINFO['dataset']

    @cached_property
    def header(self) -> dict[str, Any]:
        """How the tree was prepared; empty for one as released."""
        return read_header(self.root)

    @cached_property
    def reader(self) -> FaceDataset:
        """The dataset with its options, not loaded.

        Raises:
            OptionsError: If it does not take these options.
        """
        with self._blaming_options(TypeError, ValueError, UserError):
            return self._build({**self._kept_options(), **self.options})

    def is_read_with(self, options: Mapping[str, Any]) -> bool:
        """Return whether the dataset has these options, given or by default."""
        return all(
            getattr(self.reader, name) == value for name, value in options.items()
        )

    def options_text(self, before: str) -> str:
        """Return the options as on a command line behind a text; empty if none."""
        given = [f'{name}={value}' for name, value in self.options.items()]
        return before + ' '.join(given) if given else ''

    @cached_property
    def loading_error(self) -> str:
        """Why the dataset class cannot read the folder; empty if it can.

        Raises:
            OptionsError: If it is for the options.
        """
        try:
            self._loaded  # noqa: B018 - read for its error
        except OptionsError:
            raise
        except READING_ERRORS as error:
            return describe_error(error)
        return ''

    @property
    def dataset(self) -> FaceDataset:
        """Everything that the dataset class uses.

        Raises:
            UnreadableError: If it cannot read the folder.
        """
        if self.loading_error:
            raise UnreadableError
        return self._loaded

    @property
    def frames(self) -> FrameTable:
        """Every image with what the disk says of it, before any labelling.

        Raises:
            UnreadableError: If the dataset class cannot read the folder.
        """
        if self.loading_error:
            raise UnreadableError
        return self._loaded.source_frames()

    @cached_property
    def labels(self) -> LabelRows:
        """The labels; of images only, unless there is a reader of label files.

        Raises:
            UnreadableError: If the dataset class cannot read the folder.
        """
        if self.read_labels is None or self.prepared:
            return LabelRows(self.dataset.data_list)
        return self.read_labels(self)

    @property
    def label_rows(self) -> FrameTable:
        """The table of the labels.

        Raises:
            UnreadableError: If there is not one row.
        """
        if not len(self.labels.table):
            raise UnreadableError
        return self.labels.table

    @cached_property
    def _loaded(self) -> FaceDataset:
        dataset = self.reader
        with self._blaming_options(TypeError):
            frames = dataset.source_frames()
            # The disk is read once: what follows takes the frames as they are here.
            dataset.source_frames = lambda: frames
            dataset.full_init()
        return dataset

    def _kept_options(self) -> dict[str, Any]:
        """Return the options without which a prepared tree cannot be read."""
        usual = self._build({})
        made_with = self.header.get('source_options', {})
        return {
            name: made_with[name]
            for name, value in usual.source_options().items()
            if name in made_with
            and made_with[name] != value
            and not usual.serves(name, made_with[name])
        }

    def _build(self, options: Mapping[str, Any]) -> FaceDataset:
        return self.dataset_class(str(self.root), lazy_init=True, **options)

    @contextmanager
    def _blaming_options(self, *kinds: type[Exception]) -> Iterator[None]:
        """Turn errors of some kinds into an :class:`OptionsError`, if it can be one."""
        try:
            yield
        except kinds as error:
            if not self.options or isinstance(error, IndexFileError):
                raise
            raise OptionsError(f'{self.options_text("options ")}: {error}') from error
