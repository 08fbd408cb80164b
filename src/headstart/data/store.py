"""Prepared data on disk: rows are taken by number, all at once, without decoding anything."""

from __future__ import annotations

import hashlib
import importlib
import json
import webbrowser
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core import catalog
from headstart.core.errors import StorageError
from headstart.core.overview import Overview
from headstart.core.sealed import Sealed
from headstart.core.shown import Shown, Unscored
from headstart.data.storage import apart
from headstart.data.storage import manifest as manifests
from headstart.data.storage.gather import column, lengths, taken
from headstart.data.storage.reach import Reach, cut, reaching

if TYPE_CHECKING:
    import pyarrow as pa

    from headstart.core.contracts import Columns, Example, Modality

SPLITS = ("train", "valid", "test")


class Store(Shown, Unscored):
    """A prepared directory: encoded rows of all splits in the order of their source, with labels and origins.

    A row is known by its number, 0 .. rows - 1. Fixed columns come as [B, *shape]; ragged ones as their values one
    behind the other, with `<name>.offsets` [B + 1].
    """

    def __init__(self, directory: Path, manifest: dict[str, Any]) -> None:
        self.directory, self.manifest = directory, manifest
        self.sealed = Sealed(directory, manifest["files"])
        self._columns = {name: column(directory, name, about) for name, about in manifest["columns"].items()}
        self._fed = [self._columns[name] for name in manifest.get("settled") or self._columns]

    @classmethod
    def open(cls, directory: Path | str) -> Store:
        """Open a prepared directory; StorageError if it is not one, or is damaged."""
        opened = cls(Path(directory), manifests.read(Path(directory)))
        opened.sealed.check()
        return opened

    @property
    def hash(self) -> str:
        """SHA-256 over the checksums of all files: the identity of the data."""
        return manifests.content_hash(self.manifest)

    @cached_property
    def modality(self) -> Modality:
        """The modality as it was when the data were prepared."""
        return catalog.load_saved("modalities", self.manifest["modality"]).load(self.directory)

    @property
    def splits(self) -> dict[str, int]:
        """Rows in each split there is."""
        return dict(self.manifest["splits"])

    @property
    def has_given_parts(self) -> bool:
        """Did the source say which rows are train, valid and test? Older preparations count as such."""
        return self.manifest.get("parts", "given") == "given"

    @property
    def grouped_by(self) -> str | None:
        """What the rows of one part share where parts were made of whole groups: "speaker", "similarity"."""
        return None if self.has_given_parts else self.manifest.get("rules", {}).get("group")

    @property
    def roles(self) -> dict[str, Any] | None:
        """What the columns of the table were for; None for rows of no table, and in older preparations."""
        try:
            return self.manifest["table"]
        except KeyError:
            return None

    @property
    def taken(self) -> dict[str, list[str]]:
        """What was taken of the raw data ("used") and what was not ("unused"); empty for older preparations."""
        return {name: list(self.manifest[name]) for name in ("used", "unused") if name in self.manifest}

    @property
    def warnings(self) -> list[str]:
        """What somebody who uses the data should know."""
        return list(self.manifest["warnings"])

    def overview(self) -> Overview:
        """How many rows there are in each split, what was left out, and where it lies."""
        about, left = self.manifest, self.manifest["rejected"]
        counts = ", ".join(f"{name} {count:,}" for name, count in self.splits.items())
        facts = {
            "source": ", ".join(map(str, about["source"]["given"])),
            "left out": ", ".join(f"{reason} {count:,}" for reason, count in left.items()),
            **{name: ", ".join(taken) for name, taken in self.taken.items()},
            "directory": str(self.directory),
        }
        title = f"prepared data ({about['modality']})"
        return Overview(title=title, sentence=f"{counts} rows", facts=facts, warnings=self.warnings)

    def show(self) -> Path:
        """Write a page of what a model will see of the rows, open it in the browser, and return its path."""
        verb = importlib.import_module("headstart.commands.show")  # by its name: it lies above data
        page = Path(verb.show(self, batch=True)["page"])
        webbrowser.open(page.resolve().as_uri())
        return page

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of a split, ascending, int64; empty if there is no such split.

        Rows that are moments of a record and have no whole window in their split are only read as what lies around
        others.
        """
        of_split = self._splits == split
        return np.flatnonzero(of_split if self._reach is None else of_split & self._reach.whole)

    def take(self, indices: np.ndarray) -> Columns:
        """The rows of these numbers, in this order, as fresh arrays. indices [B] int64."""
        return self._around(taken(self._columns.values(), np.asarray(indices, np.int64)), indices)

    def feed(self, indices: np.ndarray) -> Columns:
        """The same, but only the columns that `collate` reads: the derived ones, where there are any."""
        return self._around(taken(self._fed, np.asarray(indices, np.int64)), indices)

    def bytes_of(self, indices: np.ndarray) -> int:
        """How much memory `feed` of these rows needs."""
        stored = sum(one.bytes_of(np.asarray(indices, np.int64)) for one in self._fed)
        return stored if self._reach is None else stored + self._reach.row_bytes * len(indices)

    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None:
        """Stored length of a column in each row, int64 [n]; None where all rows have one shape."""
        if self._reach is not None and column == self._reach.column:
            return None
        return lengths(self._fed, column, np.asarray(indices, np.int64))

    def labels(self, split: str) -> list[Any]:
        """Labels as they were given: text, numbers or lists; None where there is none."""
        return self.labels_of(self.rows(split))

    def labels_of(self, rows: np.ndarray) -> list[Any]:
        """The same of the rows of these numbers, [n] int64."""
        texts = self._column("label", rows)
        try:
            known = {text: json.loads(text) for text in set(texts) if text is not None}
        except (ValueError, RecursionError) as cause:
            raise self._damaged("rows.parquet", cause) from cause
        return [None if text is None else known[text] for text in texts]

    def origins(self, split: str) -> list[str]:
        """Where each row came from."""
        return self.origins_of(self.rows(split))

    def origins_of(self, rows: np.ndarray) -> list[str]:
        """The same of the rows of these numbers, [n] int64."""
        return self._column("origin", rows)

    def hashes_of(self, rows: np.ndarray) -> list[bytes]:
        """16 bytes a row, equal for equal content. rows [n] int64."""
        return self._column("hash", rows)

    @property
    def in_wholes(self) -> bool:
        """Are rows parts of records that are never to be divided?"""
        return bool((self.manifest.get("timeline") or {}).get("unit"))

    @property
    def unit(self) -> str:
        """What is never to be divided: "row", or what such a record is called."""
        return self.manifest["timeline"]["unit"] if self.in_wholes else "row"

    def wholes_of(self, rows: np.ndarray) -> list[bytes]:
        """16 bytes a row, equal for rows that are never to be divided: those of one record, where parts are made of
        whole records, else for equal content. rows [n] int64."""
        if not self.in_wholes:
            return self.hashes_of(rows)
        return [hashlib.blake2b(name.encode(), digest_size=16).digest() for name in self._column("group", rows)]

    def examples(self, split: str) -> list[Example]:
        """What is known of each row besides its content: origin, split; label, group and time where there are any."""
        return self.examples_of(self.rows(split))

    def examples_of(self, rows: np.ndarray) -> list[Example]:
        """The same of the rows of these numbers, [n] int64."""
        names = ("origin", "split", "group", *(("time",) if "time" in self._rows.column_names else ()))
        known = [self.labels_of(rows), *(self._column(name, rows) for name in names)]
        found = [dict(zip(("label", *names), row, strict=True)) for row in zip(*known, strict=True)]
        return [{k: v for k, v in row.items() if v is not None} for row in found]

    def apart(self, rows: np.ndarray) -> dict[str, apart.Apart]:
        """Cells beside those that models see, by column; {} where there are none, and in older preparations. rows [n]
        int64."""
        if apart.NAME not in self.manifest["files"]:
            return {}
        return apart.of_table(self._table(apart.NAME), np.asarray(rows, np.int64))

    def rejected(self) -> list[dict[str, str]]:
        """Rows that were left out: origin, reason, detail."""
        return self._table("rejected.parquet").to_pylist()

    def places_of(self, rows: np.ndarray) -> np.ndarray | None:
        """How many places of its record lie before each row [n], int64; None where rows stand alone."""
        if self._reach is None:
            return None
        return taken([self._columns[self.manifest["timeline"]["place"]]], np.asarray(rows, np.int64))[
            self.manifest["timeline"]["place"]
        ]

    @property
    def ahead(self) -> int:
        """Places from its first one on that a row reaches over; 0 where rows stand alone."""
        return 0 if self._reach is None else int(self.manifest["timeline"]["after"])

    @cached_property
    def _reach(self) -> Reach | None:
        """The windows of its rows, where they are moments of longer records."""
        return reaching(self.manifest.get("timeline"), self._columns, self._splits)

    def _around(self, columns: Columns, rows: np.ndarray) -> Columns:
        return columns if self._reach is None else cut(self._reach, columns, np.asarray(rows, np.int64))

    @cached_property
    def _splits(self) -> np.ndarray:
        return np.asarray(self._rows.column("split").to_pylist(), dtype="U5")

    @cached_property
    def _rows(self) -> pa.Table:
        found = self._table("rows.parquet")
        wanted, count = {"origin", "label", "split", "hash", "group"}, sum(self.splits.values())
        if set(found.column_names) - {"time"} != wanted or found.num_rows != count:
            raise self._damaged("rows.parquet", f"{found.num_rows} rows of {', '.join(found.column_names)}")
        return found

    def _column(self, name: str, rows: np.ndarray) -> list[Any]:
        import pyarrow as pa

        # as buffers: an array of NumPy would load pandas, half a second
        places = pa.py_buffer(np.ascontiguousarray(rows, np.int64))
        return self._rows.column(name).take(pa.Array.from_buffers(pa.int64(), len(rows), [None, places])).to_pylist()

    def _table(self, name: str) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.directory / name) as file:  # read_table would load pandas, half a second
                found = file.read()
            found.validate(full=True)
            return found
        except (OSError, ValueError, MemoryError, pa.ArrowException) as cause:
            raise self._damaged(name, cause) from cause

    def _damaged(self, name: str, found: object) -> StorageError:
        fix = "prepare the data again"
        return StorageError(214, "a table cannot be read", where=self.directory / name, found=found, fix=fix)
