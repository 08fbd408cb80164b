"""Blocks of rows of a table, learned from and read by columns: the results are those of single rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from headstart.core.contracts.blocks import Arrow, Block, Portion, ReadBlock
from headstart.data.modalities.table.column import RARE, Column, spelled
from headstart.data.modalities.table.copies import RowCopies
from headstart.data.modalities.table.kinds import BLOCK, Counts
from headstart.data.modalities.table.numbers import finite, moments, named

CELLS = 200_000  # cells of the first rows that are looked at for copies
Learn = Callable[[Mapping[str, Counts], int, Sequence[Mapping[str, Any]]], None]


@dataclass(frozen=True, slots=True)
class RowsByColumn:
    """`columns`, `apart` and `rare` names are those of the table, `learn` takes what was counted of train rows: the
    counts of each column, how many rows there are, and the first of them."""

    columns: Sequence[Column]
    apart: Sequence[str]
    rare: Mapping[str, frozenset[str]]
    copies: RowCopies
    learn: Learn

    def fit_portions(self, portions: Iterable[Portion]) -> None:
        first = list[Mapping[str, Any]]()
        self.learn(*_counted(_parts(portions, first)), first)

    def read_block(self, block: Block) -> ReadBlock | None:
        if not all(one.name in block.cells for one in self.columns):
            return None
        x = np.empty((len(block), sum(one.width for one in self.columns)), np.float32)
        lacking = [None] * len(block)
        beside: dict[str, Sequence[Any] | np.ndarray] = {n: block.values.get(n, lacking) for n in self.apart}
        repaired: dict[int, dict[str, int | str]] = {}
        begin = 0
        for column in self.columns:
            made = _read(column, block.cells[column.name])
            for row in np.flatnonzero(made.unfit).tolist():
                what = f"cells of column {column.name} are no {column.kind} and count as missing"
                repaired.setdefault(row, {})[what] = 1
            if column.kind == "category" and column.name in self.rare:
                self._note_new(column, block, made.numbers[:, 0] == RARE, repaired)
            elif column.kind == "date":
                beside[column.name] = moments(made.numbers[:, 0])
            x[:, begin : begin + column.width] = finite(made.numbers)
            begin += column.width
        return ReadBlock({"x": x}, self._identities(x, block.facts["origin"]), beside, repaired)

    def _note_new(
        self, column: Column, block: Block, rare: np.ndarray, repaired: dict[int, dict[str, int | str]]
    ) -> None:
        """Names that no train row had."""
        values, known = block.values[column.name], self.rare[column.name]
        for row in np.flatnonzero(rare).tolist():
            if (name := spelled(values[row])) not in known:
                repaired.setdefault(row, {})[f"cells of column {column.name} are names never seen in training"] = name

    def _identities(self, x: np.ndarray, origins: Sequence[Any]) -> bytes:
        data, width = x.tobytes(), 4 * x.shape[1]
        rows = (data[begin : begin + width] for begin in range(0, len(data), width))
        if not self.copies.distinct:
            rows = (str(place).encode("utf-8", "replace") + row for place, row in zip(origins, rows, strict=True))
        return b"".join([hashlib.blake2b(row, digest_size=16).digest() for row in rows])


@dataclass(frozen=True, slots=True)
class _Made:
    """numbers float64 [n, width] of the cells of a column, and unfit bool [n]: those that it does not hold."""

    numbers: np.ndarray
    unfit: np.ndarray


def _read(column: Column, cells: Arrow) -> _Made:
    import pyarrow as pa

    if column.kind == "number":
        numbers = None
        if pa.types.is_string(cells.type) and column.form == (".", "", ""):
            numbers = _plain_numbers(column, cells)
        elif pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type):
            numbers = _Made(_of_numbers(cells)[:, None], np.zeros(len(cells), bool))
        if numbers is not None:
            return numbers
    return _by_distinct(column, cells)


def _of_numbers(cells: Arrow) -> np.ndarray:
    """Numbers of an Arrow column float64 [n], NaN where there is none."""
    import pyarrow as pa

    if cells.null_count == 0 or pa.types.is_floating(cells.type):
        return cells.to_numpy(zero_copy_only=False).astype(np.float64)
    known = cells.is_valid().to_numpy(zero_copy_only=False)
    return np.where(known, cells.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64), np.nan)


def _plain_numbers(column: Column, cells: Arrow) -> _Made:
    """Texts of which most are numbers as programs write them; the others are read one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False)
        if np.isfinite(numbers).all():
            return _Made(numbers[:, None], np.zeros(len(cells), bool))
    except pa.ArrowInvalid:
        pass
    pattern = pc.MatchSubstringOptions(r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$")
    plain = pc.call_function("match_substring_regex", [cells], pattern).fill_null(False)
    texts = pc.call_function("if_else", [plain, cells, pa.scalar("0")])
    numbers = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False).copy()
    others = np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
    read = _by_distinct(column, cells.take(pa.array(others)))
    numbers[others] = read.numbers[:, 0]
    unfit = np.zeros(len(cells), bool)
    unfit[others] = read.unfit
    return _Made(numbers[:, None], unfit)


def _by_distinct(column: Column, cells: Arrow) -> _Made:
    """Each different cell read once."""
    import pyarrow as pa

    if pa.types.is_string(cells.type) or pa.types.is_integer(cells.type) or pa.types.is_temporal(cells.type):
        coded = cells.dictionary_encode(null_encoding="encode")
        values, places = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
    else:
        values, places = cells.to_pylist(), np.arange(len(cells))
    made = [column.read(value) for value in values]
    numbers = np.array([column.absent if one is None else one for one in made], np.float64)
    unfit = np.array([one is None for one in made], bool)
    return _Made(numbers.reshape(-1, column.width)[places], unfit[places])


_Part = tuple[Mapping[str, Sequence[Any]], int]


def _parts(portions: Iterable[Portion], first: list[Mapping[str, Any]]) -> Iterator[_Part]:
    """The cells of rows by columns, and how many rows they are; the first rows are kept."""
    for portion in portions:
        if isinstance(portion, Block):
            width = len(portion.cells)
            if len(first) * width < CELLS:
                rows = (example["input"] for example in portion.examples())
                first.extend(row for row, _ in zip(rows, range(-(-CELLS // max(1, width)) - len(first)), strict=False))
            yield portion.values, len(portion)
            continue
        for names, alike in groupby(filter(None, (named(one["input"]) for one in portion)), key=tuple):
            rows = list(alike)
            first.extend(row for row in rows if len(first) * len(names) < CELLS)
            yield {name: [row[name] for row in rows] for name in names}, len(rows)


def _counted(parts: Iterable[_Part]) -> tuple[dict[str, Counts], int]:
    """The counts of every column, and how many rows there were; rows are counted in the blocks of single ones."""
    found = dict[str, Counts]()
    held, count, total = list[_Part](), 0, 0
    for columns, size in parts:
        begin = 0
        while begin < size:
            end = min(size, begin + BLOCK - count)
            held.append(({name: cells[begin:end] for name, cells in columns.items()}, end - begin))
            count, total, begin = count + end - begin, total + end - begin, end
            if count == BLOCK:
                _add(found, held)
                held, count = [], 0
    _add(found, held)
    return found, total


def _add(found: dict[str, Counts], parts: Sequence[_Part]) -> None:
    for name in dict.fromkeys(name for columns, _ in parts for name in columns):
        cells = [cell for columns, size in parts for cell in columns.get(name) or [None] * size]
        found.setdefault(name, Counts()).add(cells)
