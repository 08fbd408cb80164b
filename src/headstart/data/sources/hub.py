"""Data sets of the Hugging Face hub, and folders laid out like one, read by the `datasets` library."""

# pyright: reportMissingImports=false
# the library is optional
from __future__ import annotations

import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.errors import DataError, UsageError
from headstart.data.file_names import is_hub
from headstart.data.reading.folder_layout import split_of
from headstart.data.reading.in_memory import is_dataset
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example, label_of
from headstart.data.records import Blob

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_NAME = re.compile(r"hf:([\w.-]+(?:/[\w.-]+)?)(?:/([\w.-]+))?(?:@([\w./-]+))?")
_SHARD = re.compile(r"[\w.-]+-\d{5}-of-\d{5}[\w.-]*\.parquet")
_SHOWN = 200  # characters of what the library says
_HEADER = 1 << 16  # characters of a README in which its front matter ends


class Hub:
    """Rows of `hf:org/name[/config][@revision]`, of `hf:./folder`, or of a data set that a program holds.

    `input` and `target` name columns.
    Splits called train, valid or test, by any usual name, are parts; others are left out where there are such, else
    they are rows like any. Classes go by their names, pictures and sounds come as their bytes. Nothing in the data set
    is run as a program.
    """

    form: ClassVar = "table"
    order: ClassVar = -1

    def __init__(
        self, given: str | Path | Dataset | DatasetDict, access: Access, *, input: str | None = None,
        target: str | None = None, ask: Ask | None = None,
    ) -> None:  # fmt: skip
        self._name = given if isinstance(given, str) else given.name if isinstance(given, Path) else "the data set"
        loaded = _splits_of(given)
        self._splits = {split: rows for split, rows in loaded.items() if split_of(split) is not None} or loaded
        columns = next(iter(self._splits.values())).column_names
        rows = (row for name, one in self._splits.items() for row in _rows(one, self._where(name)))
        self.roles = choose(columns, input=input, target=target, where=self._name, ask=ask, rows=rows)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, Path):
            shards = (given / "data").iterdir() if (given / "data").is_dir() else ()
            named = any(_SHARD.fullmatch(path.name) for path in shards) or _names_files(given / "README.md")
            return given.is_dir() and named
        return is_dataset(given) or (isinstance(given, str) and is_hub(given))

    def account(self) -> Account:
        return self.roles.account()

    def _where(self, split: str) -> str:
        return f"{self._name} {split}".rstrip()

    def examples(self) -> Iterator[dict[str, Any]]:
        for name, rows in self._splits.items():
            names = _classes(rows)
            split = split_of(name)
            for number, values in enumerate(_rows(rows, self._where(name))):
                named = {column: _named(value, names.get(column)) for column, value in values.items()}
                made = example(named, self.roles, f"{self._where(name)}#{number}")
                yield made if split is None else {**made, "split": split}

    def labels(self) -> Iterator[Any]:
        wanted = list(self.roles.labels)
        for name, rows in self._splits.items() if wanted else ():
            names = _classes(rows)
            for values in _rows(rows.select_columns(wanted), self._where(name)):
                yield label_of({column: _named(values[column], names.get(column)) for column in wanted}, self.roles)


def _names_files(readme: Path) -> bool:
    """Does the front matter of the README say which files are the data?"""
    if not readme.is_file():
        return False
    head = Blob.file(readme, readme.name).read(_HEADER).decode("utf-8", "replace")
    header = re.match(r"---\s*\n(.*?)\n---", head, re.DOTALL)
    return header is not None and bool(re.search(r"^configs:", header[1], re.MULTILINE)) and "data_files" in header[1]


def _splits_of(given: str | Path | Dataset | DatasetDict) -> dict[str, Dataset]:
    """The rows of each split; those of a data set that a program holds as they are, under no name if it is only one."""
    if isinstance(given, str | Path):
        return _loaded(given if isinstance(given, str) else f"hf:{given.absolute()}")
    from datasets import DatasetDict

    held = given if isinstance(given, DatasetDict) else {"": given}
    return {str(split): _raw(rows) for split, rows in held.items()}


def _loaded(name: str) -> dict[str, Dataset]:
    try:
        from datasets import DatasetDict, load_dataset
    except ImportError as cause:
        fix = 'pip install "headstart[hub]"'
        raise UsageError(326, "datasets is not installed", where=name, found=str(cause), fix=fix) from cause
    place, config, revision = _address(name)
    try:
        with _quiet():
            found = load_dataset(place, config, revision=revision)
    except _refusals() as cause:
        said = cause.__cause__ or cause  # "an error occurred while generating the dataset" says nothing
        fix = "check the name hf:org/name[/config][@revision] and the network, or give the files themselves"
        raise DataError(286, "the data set cannot be loaded", where=name, found=_short(said), fix=fix) from cause
    assert isinstance(found, DatasetDict)
    return {str(split): _raw(rows) for split, rows in found.items()}


def _address(name: str) -> tuple[str, str | None, str | None]:
    given = name.removeprefix("hf:")
    if given.startswith((".", "/", "~")):
        folder = Path(given).expanduser()
        if not folder.is_dir():
            raise UsageError(327, "no such folder of a data set", where=name, fix="check the path")
        return str(folder.absolute()), None, None
    found = _NAME.fullmatch(name)
    if found is None:
        expected = "hf:org/name, hf:org/name/config, hf:org/name@revision or hf:./folder"
        raise UsageError(328, "this is not the name of a data set", found=f"'{name}'", expected=expected)
    return found[1], found[2], found[3]


def _refusals() -> tuple[type[Exception], ...]:
    """What datasets, and the libraries below it, raise for files that are damaged, missing or of an unknown kind."""
    import pyarrow as pa
    import yaml
    from datasets.exceptions import DatasetsError

    return (OSError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, ImportError, EOFError,
            StopIteration, zipfile.BadZipFile, zlib.error, yaml.YAMLError, pa.ArrowException,
            DatasetsError)  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars and lines that datasets writes; they belong to the whole process and are put back."""
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    loggers = [logging.getLogger(name) for name in ("datasets", "huggingface_hub")]
    levels, shown = [logger.level for logger in loggers], not are_progress_bars_disabled()
    disable_progress_bars()
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if shown:
            enable_progress_bars()


def _rows(rows: Dataset, where: str) -> Iterator[dict[str, Any]]:
    """Row by row; DataError for one that has no value in Python, such as a date before the year 1."""
    reader = iter(rows)
    for number in range(len(rows)):
        try:
            values = dict(next(reader))
        except _refusals() as cause:
            fix = "correct the row, or give the files themselves"
            where, found = f"{where}#{number}", _short(cause)
            raise DataError(287, "a row of the data set cannot be read", where=where, found=found, fix=fix) from cause
        yield values


def _raw(rows: Dataset) -> Dataset:
    """Pictures and sounds as the bytes they are stored as, not decoded."""
    from datasets import Audio, Image

    for name, kind in rows.features.items():
        if isinstance(kind, Image | Audio):
            rows = rows.cast_column(name, type(kind)(decode=False))
    return rows


def _classes(rows: Dataset) -> dict[str, list[str]]:
    """Names of the classes of every column of numbers that stand for them, one a row or a list a row."""
    from datasets import ClassLabel, LargeList, List

    kinds = {name: kind.feature if isinstance(kind, List | LargeList) else kind for name, kind in rows.features.items()}
    return {name: list(kind.names) for name, kind in kinds.items() if isinstance(kind, ClassLabel)}


def _named(value: Any, names: list[str] | None) -> Any:
    """Numbers of classes as their names; -1 stands for a class that nobody knows."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if 0 <= value < len(names) else None


def _short(cause: BaseException) -> str:
    """What the library says, as far as a line holds it."""
    said = " ".join(str(cause).split()) or type(cause).__name__
    return (said if len(said) <= _SHOWN else f"{said[:_SHOWN]}...").rstrip(".")
