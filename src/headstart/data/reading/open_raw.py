"""The one door for raw data: paths, archives, tables, arrays and frames come in, a stream of examples goes out."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.core import catalog, contracts
from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.blocks import Block, Portion
from headstart.core.contracts.source import TABLE
from headstart.core.errors import DataError, UsageError
from headstart.data.file_names import conversion, is_no_path
from headstart.data.given_path import check_path
from headstart.data.reading.accounts import joined
from headstart.data.reading.column_blocks import as_given
from headstart.data.reading.described import described
from headstart.data.reading.folder_layout import split_of, split_of_file
from headstart.data.reading.folder_tables import are_of_pictures, files_of_parts, shards
from headstart.data.reading.gathered import gathered
from headstart.data.reading.holders import held, holders_of, with_pictures
from headstart.data.reading.in_memory import is_dataset, untensored
from headstart.data.reading.label_column import AS_WRITTEN, LabelReading, reading_as, reading_of
from headstart.data.reading.listed import found_picture
from headstart.data.reading.paths import Resolver, places_of
from headstart.data.reading.portions import portions_of, rows_of
from headstart.data.reading.readers import reader_of
from headstart.data.reading.roles import Ask, Learned, Roles
from headstart.data.reading.sniffing import LOOK, sniffed

_OF_PARTS = ("column start", "column end")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One source, the split of everything in it, where its paths begin, and the folder or archive its rows lie in."""

    source: contracts.Source
    split: str | None = None
    folder: Path | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Everything that was given, as one stream of examples that can be read again and again."""

    entries: tuple[_Entry, ...]
    modality: str
    description: tuple[str, ...]
    modality_class: type[contracts.Modality]
    labels: LabelReading = AS_WRITTEN
    access: Access = field(default_factory=Access)
    gather: bool = False
    timeline: contracts.Timeline | None = None
    asked: bool = False  # a model answers what comes after each record
    past: contracts.Past | None = None

    @property
    def roles(self) -> Roles | None:
        """What the columns of the table are for, that of the train rows where there are several; None without one."""
        tables = sorted(_tables(self.entries), key=lambda entry: entry.split not in (None, "train"))
        source: Any = tables[0].source if tables else None
        return None if source is None else source.roles

    @property
    def in_parts(self) -> bool:
        """Was every source given as a part: train, valid or test?"""
        return all(entry.split is not None for entry in self.entries)

    def account(self) -> Account:
        """What was taken of everything that was given; an input is called by the kind of data that it is."""
        whole = joined(entry.source.account() for entry in _rows_of(self.entries))
        if self.modality_class.pieces is not None:  # pyright: ignore[reportAttributeAccessIssue]  rows may be parts
            of_parts = tuple(one for one in whole.unused if one in _OF_PARTS)
            role = "when an event is heard" if self.gather else "part of the recording"
            told = tuple(Used(what=one, role=role) for one in of_parts)
            rest = tuple(one for one in whole.unused if one not in of_parts)
            whole = replace(whole, used=whole.used + told, unused=rest)
        return replace(
            whole, used=tuple(replace(one, role=self.modality) if one.role == "input" else one for one in whole.used)
        )

    def examples(self) -> Iterator[contracts.Example]:
        """All rows, in the order in which the sources were given, or the records that they are moments or events of."""
        if self.timeline is not None:
            return self.timeline.records(self._rows(), asked=self.asked)
        return gathered(self._rows()) if self.gather else self._rows()

    def portions(self) -> Iterator[Portion]:
        """The same rows of tables that are read whole, by columns where none of them is odd."""
        if self.timeline is not None or self.gather or self.past is not None:
            yield from portions_of(self.examples())
            return
        for entry, place in self._entries_of_rows():
            for portion in portions_of(entry.source.examples()):
                block = None
                if isinstance(portion, Block):
                    block = as_given(portion, self.labels, entry.split, place)
                yield block or list(self._as_given(rows_of(portion), entry, place))

    def _rows(self) -> Iterator[contracts.Example]:
        for entry, place in self._entries_of_rows():
            rows = self._as_given(entry.source.examples(), entry, place)
            yield from rows if self.past is None else self.past.rows(rows)

    def _entries_of_rows(self) -> Iterator[tuple[_Entry, str]]:
        """The sources of the rows, and what stands before the origin of each."""
        rows = _rows_of(self.entries)
        return zip(rows, places_of([entry.root for entry in rows]), strict=True)

    def _as_given(
        self, examples: Iterator[contracts.Example], entry: _Entry, place: str
    ) -> Iterator[contracts.Example]:
        # files of a table are looked for in the folders and archives that were given, those of its split first
        others = sorted(self.entries, key=lambda other: other.split != entry.split)
        holders: list[Any] = [other.source for other in others if other.source.form == "files"]
        resolver = Resolver(entry.folder, holders, self.access)
        for example in examples:
            row = dict(self.labels.example(example))
            if entry.split is not None:
                row["split"] = entry.split
            if isinstance(row["input"], Mapping) and self.modality_class.columns is None:
                row["input"] = list(row["input"].values())
            if entry.source.form == TABLE and self.modality_class.files:
                if isinstance(row["input"], str) and row["input"]:
                    row["origin"] = row["input"]  # a file is known by its own name, a text by its line
                row = found_picture(row, _file(row["input"], resolver))
            row["origin"] = f"{place}{row['origin']}"
            yield row


def open_raw(given: Any, *, modality: str, input: str | None, target: str | None, ask: Ask | None = None) -> Raw:
    """Find the reader for everything that was given, and the modality if it is "auto"."""
    given, access = untensored(given), Access(follow=ask is not None and ask.follow)
    if modality != "auto":
        cls = catalog.load("modalities", modality)
        ask = replace(ask or Ask(), whole=cls.columns is not None).of_records(cls().timeline)
    entries = tuple(_entries(given, access, {"input": input, "target": target, "ask": ask}))
    if not entries:
        raise UsageError(321, "no source was given", fix="name a folder, archive, table or array")
    if not _tables(entries):
        check_no_columns(Ask(input=input, id=None if ask is None else ask.id))
    told = tuple(described(given))
    with quiet_decoders():
        kind = modality
        if modality == "auto":
            tables: list[Any] = [entry.source for entry in _tables(entries)]
            whole = any(source.roles is not None and source.roles.named for source in tables)
            kind = sniffed(_first_rows(entries, access), ", ".join(told), whole=whole)
    cls: type[contracts.Modality] = catalog.load("modalities", kind)
    labels, gather = _labels_of(entries, ask, target, spans=not cls.files), ask is not None and ask.gather
    return Raw(entries, kind, told, cls, labels, access, gather, cls().timeline)


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """No warnings of oddities that decoders can read all the same; set once around all threads, for they share it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.filterwarnings("ignore", message=r"Reading `\.npy`")  # as Python 2 wrote it
        log = logging.getLogger("tifffile")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            log.setLevel(level)


def raw_for(modality: contracts.Modality, given: Any, ask: Ask = Ask(), *, kind: str = "") -> Raw:
    """Everything that was given, for a modality that was fitted; `kind` is its name, where an account is asked for."""
    given, access = untensored(given), Access(follow=ask.follow)
    ask = ask.of_records(timeline := modality.timeline)
    if modality.columns is not None:
        learned = ask.learned or Learned(inputs=())
        ask = replace(ask, whole=True, learned=replace(learned, inputs=tuple(modality.columns), needed=True))
    entries = tuple(_entries(given, access, {"input": ask.input, "target": ask.target, "ask": ask}))
    if entries and not _tables(entries):
        check_no_columns(ask)
    return Raw(entries, kind, (), type(modality), access=access, timeline=timeline, asked=True,
               past=modality.past)  # fmt: skip


def check_no_columns(ask: Ask) -> None:
    """UsageError for options that name columns of what is no table."""
    named = {"input": ask.input, "id": ask.id}
    found = ", ".join(f"--{option} {name}" for option, name in named.items() if name is not None)
    if found:
        raise UsageError(322, "only a table has columns", found=found, fix="leave it out")


def _labels_of(entries: Sequence[_Entry], ask: Ask | None, target: str | None, *, spans: bool) -> LabelReading:
    """What the labels of all tables with columns mean together, or what the model that is asked has learned of them."""
    learned = None if ask is None or target is not None else ask.learned
    known = reading_as(learned.labels) if learned is not None and learned.labelled else None
    if known is not None and _tables(entries):
        return known
    sources: list[Any] = [entry.source for entry in _tables(entries)]
    return reading_of([source.labels() for source in sources if source.roles is not None], spans=spans,
                      by_name=ask is not None and ask.by_name)  # fmt: skip


def _tables(entries: Sequence[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if entry.source.form == TABLE]


def _rows_of(entries: Sequence[_Entry]) -> Sequence[_Entry]:
    """Those whose rows are the data: the tables, if there are any, for the rest are files that they name."""
    return _tables(entries) or entries


def _entries(given: Any, access: Access, options: Mapping[str, Any], split: str | None = None) -> Iterator[_Entry]:
    if isinstance(given, Mapping) and not is_dataset(given):
        for name, value in given.items():
            if split_of(name) is None:
                raise UsageError(323, "unknown split", found=f"'{name}'", expected="train, valid or test")
            yield from _entries(value, access, options, split_of(name))
    elif isinstance(given, str | Path) and not is_no_path(str(given)):
        yield from _of_path(Path(given), access, options, split)
    elif (reader := reader_of(given, access)) is not None:
        yield _entry(reader, given, access, options, split)
    elif isinstance(given, Sequence):
        names = [split_of_file(Path(g).name) if isinstance(g, str | Path) else None for g in given]
        in_parts = len(given) > 1 and all(names)  # train.csv test.csv
        holders = holders_of(given, access)
        for one, name in zip(given, names, strict=True):
            if isinstance(one, str | Path) and (holder := holders.get(Path(one))) is not None:
                yield _Entry(holder, split, Path(one).parent)
            else:
                wanted = with_pictures(one, options, list(holders.values()), access)
                yield from _entries(one, access, wanted, name if in_parts and split is None else split)
    else:
        expected = "a path, an array, (x, y) arrays, a DataFrame, a list of these, or {'train': ..., 'test': ...}"
        raise UsageError(324, "not a source of data", found=type(given).__name__, expected=expected)


def _of_path(path: Path, access: Access, options: Mapping[str, Any], split: str | None) -> Iterator[_Entry]:
    check_path(path)
    reader = reader_of(path, access, below=0)
    parts = files_of_parts(path, access) if reader is None and path.is_dir() and split is None else {}
    if parts and are_of_pictures(path, [*parts], access):
        reader, parts = reader_of(path, access), {}
    if parts:
        for file, part in parts.items():
            yield from _of_path(file, access, options, part)
        return
    pieces = shards(path, access) if reader is None and path.is_dir() else []
    if pieces:
        for file in pieces:
            yield from _of_path(file, access, options, split or split_of_file(file.name))
        return
    reader = reader or reader_of(path, access)
    if reader is None:
        expected = "a folder or one of " + ", ".join(catalog.kinds("sources"))
        found, fix = f"'{path.suffix}'", conversion(path.name)
        raise DataError(203, "no reader for this file", where=path, found=found, expected=expected, fix=fix)
    yield _entry(reader, path, access, options, split)


def _entry(reader: type[Any], given: Any, access: Access, options: Mapping[str, Any], split: str | None) -> _Entry:
    known = catalog.defaults(reader)
    source = reader(given, access, **{name: value for name, value in options.items() if name in known})
    path = given if isinstance(given, Path) else None
    root = path if path is None or source.form == "files" or path.is_dir() else path.parent
    return _Entry(source, split, None if path is None else path.parent, root)


def _file(value: Any, resolver: Resolver) -> Any:
    """What a table says of a file -> the file, or the error to report when the row is read."""
    if value is None or isinstance(value, str):
        try:
            return resolver.blob(value or "")
        except DataError as error:
            return error
    return value


def _first_rows(entries: Sequence[_Entry], access: Access) -> list[contracts.Example]:
    """A few rows of each source, with the files that were given beside tables."""
    holders: list[Any] = [entry.source for entry in entries if entry.source.form == "files"]
    found: list[contracts.Example] = []
    for entry in _rows_of(entries):
        source: Any = entry.source
        rows = islice(source.examples(), LOOK)
        found += (
            [held(row, entry.folder, holders, source.roles, access) for row in rows] if source.form == TABLE else rows
        )
    return found
