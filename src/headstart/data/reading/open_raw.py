"""The one door for raw data: paths, archives, tables, arrays and frames come in, a stream of examples goes out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core import catalog
from headstart.core.errors import DataError, UsageError, nearest
from headstart.data.modalities.image.channel_order import NPY
from headstart.data.modalities.image.pixels import HEAD, header
from headstart.data.modalities.text.words import Words
from headstart.data.preparing.decoding import quiet_decoders
from headstart.data.reading.folder_layout import IMAGES, MEDIA, SOUNDS, is_hub, is_text_file, part, part_of_file
from headstart.data.reading.in_memory import in_memory
from headstart.data.reading.paths import HOLDERS, Resolver
from headstart.data.records import Blob

if TYPE_CHECKING:
    from headstart.core.contracts import Example, Source

# kinds of source with columns to choose from, whose rows may name files that lie elsewhere
_TABLES = ("csv", "jsonl", "parquet", "frame", "conll", "conllu", "hub", "coco")
_LAST = ("archive", "file", "folder")  # asked last, for they take anything
_OF_FILES = ("image", "audio")  # modalities for which a text in the input column is a path
_LOOK = 20  # examples looked at to tell the modality


@dataclass(frozen=True, slots=True)
class _Entry:
    """One source, its kind, the split that everything in it has, and where paths in it begin."""

    source: Source
    kind: str
    split: str | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Everything that was given, as one stream of examples that can be read again and again."""

    entries: tuple[_Entry, ...]
    modality: str
    description: tuple[str, ...]

    def examples(self) -> Iterator[Example]:
        """All rows, in the order in which the sources were given."""
        tables = [entry for entry in self.entries if entry.kind in _TABLES]
        for entry in tables or self.entries:
            resolver = Resolver(entry.folder, self._holders(entry))
            for example in entry.source.examples():
                made = dict(example) if entry.split is None else {**example, "split": entry.split}
                if entry.kind in _TABLES and self.modality in _OF_FILES:
                    if isinstance(made["input"], str) and made["input"]:
                        made["origin"] = made["input"]  # a file is known by its own name, a text by its line
                    made["input"] = _file(made["input"], resolver)
                yield made

    def _holders(self, table: _Entry) -> list[Any]:
        """Folders and archives in which files of a table are looked for, those of the same part first."""
        found = [entry for entry in self.entries if entry.kind in HOLDERS]
        return [entry.source for entry in sorted(found, key=lambda entry: entry.split != table.split)]


def open_raw(given: Any, *, modality: str, input: str | None, target: str | None) -> Raw:
    """Find the reader for everything that was given, and the modality if it is "auto"."""
    options = {"input": input, "target": target}
    entries = tuple(_entries(given, options))
    if not entries:
        raise UsageError(321, "no source was given", fix="name a folder, archive, table or array")
    if input is not None and all(entry.kind not in _TABLES for entry in entries):
        raise UsageError(322, "only a table has columns", found=f"--input {input}", fix="leave it out")
    described = tuple(_described(given))
    with quiet_decoders():
        return Raw(entries, _sniffed(entries, described) if modality == "auto" else modality, described)


def _entries(given: Any, options: Mapping[str, str | None], split: str | None = None) -> Iterator[_Entry]:
    if isinstance(given, Mapping):
        for name, value in given.items():
            if part(name) is None:
                raise UsageError(323, "unknown split", found=f"'{name}'", expected="train, valid or test")
            yield from _entries(value, options, part(name))
    elif isinstance(given, str) and is_hub(given):
        yield _Entry(catalog.load("sources", "hub")(given, **options), "hub", split)
    elif isinstance(given, str | Path):
        yield from _of_path(Path(given), options, split)
    elif _is_frame(given):
        yield _Entry(catalog.load("sources", "frame")(given, **options), "frame", split)
    elif (texts := in_memory(given)) is not None:
        yield _Entry(catalog.load("sources", "array")(texts), "array", split)
    elif isinstance(given, np.ndarray) or (isinstance(given, tuple) and any(isinstance(g, np.ndarray) for g in given)):
        yield _Entry(catalog.load("sources", "array")(given), "array", split)
    elif isinstance(given, Sequence):
        names = [part_of_file(Path(g).name) if isinstance(g, str | Path) else None for g in given]
        in_parts = len(given) > 1 and all(names)  # train.csv test.csv
        for one, name in zip(given, names, strict=True):
            yield from _entries(one, options, name if in_parts and split is None else split)
    else:
        expected = "a path, an array, (x, y) arrays, a DataFrame, a list of these, or {'train': ..., 'test': ...}"
        raise UsageError(324, "not a source of data", found=type(given).__name__, expected=expected)


def _of_path(path: Path, options: Mapping[str, str | None], split: str | None) -> Iterator[_Entry]:
    check_exists(path)
    folder = path.is_dir() and not catalog.load("sources", "hub").accepts(path)
    parts = _files_of_parts(path) if folder and split is None else []
    if parts:
        for file in parts:
            yield from _of_path(file, options, part_of_file(file.name))
        return
    kind = _kind(path)
    if kind is None:
        expected = "a folder or one of " + ", ".join(catalog.kinds("sources"))
        raise DataError(203, "no reader for this file", where=path, found=f"'{path.suffix}'", expected=expected)
    reader = catalog.load("sources", kind)
    known = catalog.defaults(reader)
    yield _Entry(reader(path, **{k: v for k, v in options.items() if k in known}), kind, split, path.parent)


def _kind(path: Path) -> str | None:
    # Pascal VOC has boxes of all its pictures, and masks of some
    kinds = sorted(catalog.kinds("sources"), key=lambda kind: (kind in _LAST, kind == "masks"))
    return next((kind for kind in kinds if catalog.load("sources", kind).accepts(path)), None)


def _files_of_parts(folder: Path) -> list[Path]:
    """train.csv, valid.csv and test.csv (or .npz, .zip, ...) in a folder; UsageError if a part is there twice."""
    named = [p for p in sorted(folder.iterdir()) if p.is_file() and part_of_file(p.name)]
    files = [p for p in named if p.suffix.lower() not in MEDIA and _kind(p) is not None]
    for before, after in pairwise(files):
        if before.name.split(".")[0] == after.name.split(".")[0] and _kind(before) != _kind(after):
            found, fix = (
                f"{before.name} and {after.name}",
                "name the files: headstart prepare --train FILE --valid FILE --test FILE",
            )
            raise UsageError(325, "a file of the data is there in two formats", where=folder, found=found, fix=fix)
    return files


def check_exists(path: Path) -> None:
    """UsageError with the nearest name there is, if nothing lies at the path."""
    if path.exists():
        return
    known = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    fix = nearest(path.name, known) if len(known) < 20 or path.name in known else _closest(path.name, known)
    raise UsageError(301, "no such file or folder", where=path, fix=fix if known else "check the path")


def _closest(name: str, known: Sequence[str]) -> str:
    advice = nearest(name, known)
    return advice if advice.startswith("did you mean") else "check the path"


def _is_frame(given: Any) -> bool:
    pandas = sys.modules.get("pandas")  # who holds a frame has imported pandas
    return pandas is not None and isinstance(given, pandas.DataFrame)


def _described(given: Any) -> Iterator[str]:
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield from (f"{name}: {line}" for line in _described(value))
    elif isinstance(given, str | Path):
        yield str(given) if is_hub(str(given)) else Path(given).name
    elif isinstance(given, np.ndarray):
        yield f"array {list(given.shape)} {given.dtype}"
    elif (texts := in_memory(given)) is not None:
        yield f"{len(texts[0] if isinstance(texts, tuple) else texts):,} texts"
    elif _is_frame(given):
        yield f"frame of {len(given)} rows with columns " + ", ".join(str(c) for c in given.columns)
    else:
        for one in given:
            yield from _described(one)


def _file(value: Any, resolver: Resolver) -> Any:
    """What a table says of a file -> the file, or the error to report when the row is read."""
    if value is None or isinstance(value, str):
        try:
            return resolver.blob(value or "")
        except DataError as error:
            return error
    return value


def _sniffed(entries: Sequence[_Entry], described: Sequence[str]) -> str:
    """The modality, as the first examples show it."""
    tables = [entry for entry in entries if entry.kind in _TABLES]
    where, fix = ", ".join(described), "prepare with --modality " + " or ".join(catalog.kinds("modalities"))
    looked = [example for entry in tables or entries for example in islice(entry.source.examples(), _LOOK)]
    if not looked:
        raise no_rows(where)
    found = Counter(_modality_of(example["input"], example["origin"]) for example in looked)
    del found[None]
    unread = next((example["input"] for example in looked if isinstance(example["input"], DataError)), None)
    if not found:
        raise unread or DataError(204, "cannot tell what kind of data these are", where=where, fix=fix)
    modality = found.most_common(1)[0][0] or ""
    if modality not in catalog.kinds("modalities"):
        raise DataError(205, "this version cannot read such data", where=where, found=modality, fix="leave them out")
    return modality


def no_rows(where: str = "") -> DataError:
    """The error for a source that holds nothing."""
    return DataError(331, "the source has no rows", where=where, fix="give a source with at least one row")


def _modality_of(value: Any, origin: str) -> str | None:
    if isinstance(value, str):
        return _of_name(value) or ("text" if value.strip() else None)
    if isinstance(value, Words):
        return "text"
    if isinstance(value, list | tuple):  # several columns of a table
        return "text" if any(isinstance(one, str) for one in value) else None
    if isinstance(value, Blob | bytes) and (found := _of_name(origin)) is not None:
        return found
    if isinstance(value, Blob):
        try:
            value = value.read(HEAD)
        except DataError:
            return None
    if isinstance(value, bytes):
        return "image" if value.startswith(NPY) or header(value) is not None else None
    if isinstance(value, np.ndarray):
        return "image" if value.ndim in (2, 3) else None
    return "image" if type(value).__module__.startswith("PIL.") else None


def _of_name(name: str) -> str | None:
    """The modality of a file with such a name."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in IMAGES:
        return "image"
    if suffix in SOUNDS:
        return "audio"
    return "text" if is_text_file(name) else None
