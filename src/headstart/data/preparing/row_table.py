"""What is known of each row besides its content, kept compactly while the data are prepared."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.blocks import Block, ReadBlock
from headstart.core.contracts.duplicates import Fingerprint
from headstart.core.contracts.timeline import STEPS
from headstart.data.labels.moments import moments
from headstart.data.labels.numbers import MANY, plain_number
from headstart.data.labels.spelling import cleaned, is_no_label, spelled
from headstart.data.preparing.apart_cells import ApartCells
from headstart.data.preparing.origins import Origins, int64
from headstart.data.preparing.repairs import Repairs
from headstart.data.preparing.split import NAMES, ORDER, UNKNOWN, repeat
from headstart.data.reading.table_rows import plain

_DIGITS = 15  # longer numbers are names


class RowTable:
    """One line a row that could be read. Labels are kept once each, as JSON, and rows hold their number."""

    def __init__(
        self, group: Callable[[contracts.Example], Any] | None = None, time: str | None = None, *, parted: bool = True
    ) -> None:
        self._group, self._time, self._parted = group, time, parted  # not `parted`: given parts are not looked at
        self.parts_unused = 0
        self._texts: dict[str, int] = {}
        self._labels, self._parts = array("q"), array("b")
        self._exact, self._near = bytearray(), bytearray()
        self.origins = Origins()
        self.groups: list[str] = []
        self.times: list[Any] = []
        self._moments: np.ndarray | None = None
        self.steps = array("q")  # moments that each row stands for, where rows are such
        self.words: Counter[tuple[str, str]] = Counter()  # other names of parts, and the part that each is
        self.ungrouped = 0
        self._last_of: dict[str, int] = {}  # the last row of every record that was cut
        self._neighbours = array("q")
        self.repairs = Repairs()
        self.apart = ApartCells()

    def __len__(self) -> int:
        return len(self.origins)

    def add(self, example: contracts.Example, identity: Fingerprint) -> None:
        """The facts of one row; `example` need not hold its content any more."""
        self._labels.append(self._coded(example.get("label")))
        split = example.get("split")
        self.parts_unused += split is not None and not self._parted
        self._parts.append(UNKNOWN if split is None or not self._parted else NAMES.index(split))
        self.apart.add(example)
        self._exact += identity.exact
        self._near += identity.near or b""
        self.origins.append(readable(str(example["origin"])))
        if self._group is not None:
            self.groups.append(self._grouped(plain(self._group(example)), self.origins[-1]))
        if (word := example.get("part")) is not None:
            self.words[word, split or ""] += 1
        if self._time is not None:
            self.times.append(self._moment(example))
        if (steps := example.get(STEPS)) is not None:
            self.steps.append(steps)
        if (record := example.get("record")) is not None:
            before = self._last_of.setdefault(record, len(self.origins) - 1)
            self._neighbours.extend((before, len(self.origins) - 1) if before < len(self.origins) - 1 else ())
            self._last_of[record] = len(self.origins) - 1
        self.repairs.add(example.get("repaired", {}), self.origins[-1])

    def add_block(self, block: Block, read: ReadBlock) -> None:
        """The facts of many rows of a table, which their modality has read."""
        count, facts, known = len(block), block.facts, dict[str, int]()
        for label in facts.get("label", [None] * count):
            code = known.get(label) if type(label) is str else self._coded(label)
            if code is None:
                code = known[label] = self._coded(label)
            self._labels.append(code)
        splits, words = facts.get("split", [None] * count), facts.get("part", [None] * count)
        self.parts_unused += sum(split is not None for split in splits) * (not self._parted)
        self._parts.extend([UNKNOWN if not self._parted or one is None else NAMES.index(one) for one in splits])
        self.words.update((word, split or "") for word, split in zip(words, splits, strict=True) if word is not None)
        self.apart.add_block(read.apart, facts)
        self._exact += read.exact
        begin = len(self.origins)
        self.origins.extend(map(readable, facts["origin"]))
        if self._group is not None or self._time is not None:
            self._add_apart(block)
        for number in sorted(read.repaired):
            self.repairs.add(read.repaired[number], self.origins[begin + number])

    def _add_apart(self, block: Block) -> None:
        """The groups and moments of rows whose origins are known."""
        begin = len(self.origins) - len(block)
        for number, facts in enumerate(block.facts_of_rows()):
            if self._group is not None:
                self.groups.append(self._grouped(plain(self._group(facts)), self.origins[begin + number]))
            if self._time is not None:
                self.times.append(self._moment(facts))

    def _moment(self, facts: Mapping[str, Any]) -> Any:
        """Of the column that was asked for; the place of the row where it is the order and no column is called so."""
        return facts.get(ORDER, len(self.times)) if self._time == ORDER else facts[self._time or ""]

    def moments(self, written: str | None = None) -> np.ndarray:
        """When every row was, float64 [n], numbers or seconds since 1970; `written` says how dates are spelled."""
        if self._moments is None:
            self._moments = moments(self.times, self._time or "", self.origins, written)
        return self._moments

    def _coded(self, label: Any) -> int:
        """The number of a label, -1 for none."""
        label = plain(label)
        text = None if label is None else json.dumps(label, sort_keys=True)
        return -1 if text is None else self._texts.setdefault(text, len(self._texts))

    def _grouped(self, group: Any, origin: str) -> str:
        """The name of a row's group, one for 7, "7.0" and "07"; without one the row is a group of its own."""
        text = cleaned(str(group))
        if group is None or is_no_label(text):
            self.ungrouped += 1
            return f"{origin} alone"
        number = plain_number(text) if len(text) <= _DIGITS else None
        return readable(text if number is None else spelled(number))

    @property
    def pieces(self) -> np.ndarray:
        """Pairs of rows that are pieces of one record, int64 [p, 2]."""
        return np.array(self._neighbours, np.int64).reshape(-1, 2)

    @property
    def texts(self) -> list[str]:
        """Every label that occurs, as JSON."""
        return list(self._texts)

    @property
    def labels(self) -> np.ndarray:
        """Number of each row's label in `texts`, -1 without one, int64 [n]."""
        return np.array(self._labels, np.int64)

    @property
    def parts(self) -> np.ndarray:
        """Given split of each row: -1 none, 0 train, 1 valid, 2 test, int8 [n]."""
        return np.array(self._parts, np.int8)

    @property
    def exact(self) -> np.ndarray:
        """uint64 [n, 2]."""
        return np.frombuffer(bytes(self._exact), "<u8").reshape(-1, 2)

    @property
    def near(self) -> np.ndarray | None:
        """uint64 [n, words]; None if the modality gives no near hash, or not to every row."""
        width = len(self._near) // max(1, len(self))
        whole = width > 0 and width % 8 == 0 and width * len(self) == len(self._near)
        return np.frombuffer(bytes(self._near), "<u8").reshape(-1, width // 8) if whole else None

    def are_classes(self) -> bool:
        """Are the labels classes, rather than measured numbers, lists, or texts of their own?"""
        values = [json.loads(text) for text in self._texts]
        labelled = int((self.labels >= 0).sum())
        if labelled == len(values) > 2 and all(isinstance(value, str) and " " in value for value in values):
            return False  # sentences, none of which comes again, however few
        whole = [value for value in values if type(value) is int]
        if len(whole) == len(values) > MANY and max(whole) - min(whole) >= 2 * len(values):
            return False  # whole numbers far apart, such as prices: nobody numbers classes so
        return repeat(len(values), labelled) and all(isinstance(value, str | int) for value in values)

    def are_nested(self) -> bool:
        """Are they lists, or objects with parts?"""
        return any(text[:1] in "[{" for text in self._texts)

    def write(self, path: Path, rows: np.ndarray, parts: np.ndarray, times: np.ndarray | None = None) -> None:
        """rows.parquet: the kept rows with their split, and when they were. rows int64 [k], parts int8 [k], times
        float64 [k]."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        count, codes = len(rows), self.labels[rows]
        labels = pa.array([*self.texts, None], pa.string()).take(int64(np.where(codes < 0, len(self.texts), codes)))
        groups = pa.array([self.groups[row] for row in rows], pa.string()) if self.groups else None
        table = pa.table(
            {
                "origin": self.origins.of_rows(rows),
                "label": labels,
                "split": pa.array(NAMES, pa.string()).take(int64(parts)),
                "hash": pa.Array.from_buffers(pa.binary(16), count, [None, pa.py_buffer(self.exact[rows].tobytes())]),
                "group": groups if groups is not None else pa.nulls(count, pa.string()),
            }
        )
        if times is not None:
            table = table.append_column("time", pa.array(times, pa.float64()))
        pq.write_table(table, path)


def write_rejected(path: Path, rejected: Sequence[tuple[str, str, str]]) -> None:
    """rejected.parquet: origin, reason and detail of every row that was left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("origin", "reason", "detail")
    columns = {name: pa.array([row[place] for row in rejected], pa.string()) for place, name in enumerate(names)}
    pq.write_table(pa.table(columns), path)


def readable(text: str) -> str:
    """Text that can be stored as UTF-8: what is not (odd file names) is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def class_counts(labels: np.ndarray, parts: np.ndarray, texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """Rows of each class in each split."""
    counts: dict[str, dict[str, int]] = {}
    for number, name in enumerate(NAMES):
        codes: Counter[int] = Counter(labels[(parts == number) & (labels >= 0)].tolist())
        if codes:
            counts[name] = {str(json.loads(texts[code])): codes[code] for code in sorted(codes)}
    return counts
