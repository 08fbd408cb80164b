"""Numbers or texts in memory, numbers in .npy and .npz files: one row an example, with labels if there are any."""

from __future__ import annotations

import math
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.lib import format as npy

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import arrays
from headstart.data.opening.archives import Zip, unpacked_members
from headstart.data.opening.arrays import UNREADABLE
from headstart.data.reading.folder_layout import split_of
from headstart.data.reading.in_memory import are_rows, in_memory
from headstart.data.reading.table_rows import plain
from headstart.data.records import example_of

_INPUTS = ("x", "images", "image", "data", "input", "inputs", "arr_0")
_TARGETS = ("y", "labels", "label", "target", "targets", "arr_1")
_BLOCK = 1 << 24  # bytes looked at together when the range of values is found
_LARGEST = 1 << 30  # bytes of one row, or of all labels together
_FIX = "save it with numpy.save or numpy.savez"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Inputs and labels of one split. The rows are asked for anew in every pass."""

    name: str
    split: str | None
    x: np.ndarray | _Member
    y: np.ndarray | None


class Array:
    """An array [n, ...], a pair (x, y), or a .npy or .npz file; pickled objects are refused, texts in memory are not.

    In a .npz the names x, y (images, labels) are looked for, also as x_train, y_train, x_test, y_test. Each example
    carries `range`, the lowest and highest value of the whole array, so that every row is scaled alike.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, data: Any, access: Access) -> None:
        self._pairs, self._unused = _opened(data, access.budget)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, Path):
            return given.is_file() and given.suffix.lower() in (".npy", ".npz")
        several = given if isinstance(given, tuple) else (given,)
        return in_memory(given) is not None or any(isinstance(one, np.ndarray) for one in several)

    def account(self) -> Account:
        read = [Used(what=pair.name, role="input") for pair in self._pairs]
        labelled = [
            Used(what=f"the array beside {pair.name}", role="label") for pair in self._pairs if pair.y is not None
        ]
        return Account(used=(*read, *labelled), unused=tuple(self._unused))

    def examples(self) -> Iterator[dict[str, Any]]:
        for pair in self._pairs:
            limits = _limits(pair.x)
            for index, value in enumerate(_rows(pair.x)):
                label = None if pair.y is None else plain(pair.y[index])
                row = example_of(value, f"{pair.name}#{index}", label, pair.split)
                yield row if isinstance(value, str) else {**row, "range": limits}


@dataclass(frozen=True, slots=True)
class _Member:
    """One array inside a .npz file, read row by row."""

    path: Path
    name: str
    budget: Budget

    def header(self, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with arrays.old_headers():
            shape, fortran, dtype = read(file)
        if fortran or dtype.hasobject:
            raise _refused(f"{self.path.name}:{self.name}", dtype)
        return shape, dtype

    def shape(self) -> tuple[int, ...]:
        """Of an array that the archive holds as a whole, as it says itself."""
        with Zip(self.path, self.budget) as archive, archive.open(self.name) as file:
            shape, dtype = self.header(file)
            size, there = math.prod(shape) * dtype.itemsize, archive.getinfo(self.name).file_size - file.tell()
        if size != there:
            raise ValueError(f"{there:,} bytes of {self.name}, where its header promises {size:,}")
        return shape

    def rows(self) -> Iterator[np.ndarray]:
        try:
            with Zip(self.path, self.budget) as archive, archive.open(self.name) as file:
                shape, dtype = self.header(file)
                size = math.prod(shape[1:]) * dtype.itemsize
                for _ in range(shape[0]):
                    yield np.frombuffer(file.read(size), dtype).reshape(shape[1:])
        except UNREADABLE as cause:
            raise _broken(f"{self.path.name}:{self.name}", cause) from cause


def _rows(x: np.ndarray | _Member) -> Iterator[np.ndarray]:
    if isinstance(x, _Member):
        return x.rows()
    return iter(x.tolist() if x.dtype.kind in "OU" and x.ndim == 1 else x)


def _opened(data: Any, budget: Budget) -> tuple[list[_Pair], list[str]]:
    """What is read, and the names of what is not."""
    if isinstance(data, Path):
        try:
            if data.suffix.lower() == ".npz":
                return _zipped(data, budget)
            return [_pair("", data.name, None, arrays.mapped(data), None)], []
        except UNREADABLE as cause:
            raise _broken(data.name, cause) from cause
    rows = in_memory(data)
    data = data if rows is None else rows
    x, y = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
    return [_pair("array", "array", None, np.asarray(x), None if y is None else np.asarray(y))], []


def _broken(where: str, cause: BaseException) -> DataError:
    found = str(cause).rstrip(".")
    if "pickle" in found:
        found = "pickled Python objects, or not a NumPy file"
    if isinstance(cause, tokenize.TokenError | SyntaxError):
        found = "an invalid header"
    return DataError(241, "not a readable NumPy file", where=where, found=found, fix=_FIX)


def _zipped(path: Path, budget: Budget) -> tuple[list[_Pair], list[str]]:
    with Zip(path, budget) as archive:
        keys = {name.removesuffix(".npy"): name for name in unpacked_members(archive, path, budget)}
    pairs, left = [], dict(keys)
    for key, name in keys.items():
        base, _, suffix = key.lower().rpartition("_")
        split = split_of(suffix) if base else None
        stem = base if split else key.lower()
        if stem not in _INPUTS:
            continue
        target = next((k for k in keys if k.lower() in {f"{t}_{suffix}" if split else t for t in _TARGETS}), None)
        y = None if target is None else _labels(_Member(path, keys[target], budget))
        left = {name: member for name, member in left.items() if name not in (key, target)}
        pairs.append(_pair(key, f"{path.name}:{key}", split, _Member(path, name, budget), y))
    if not pairs:
        found, expected = "arrays " + ", ".join(keys), "an array called " + ", ".join(_INPUTS)
        raise DataError(242, "no input array", where=path.name, found=found, expected=expected)
    return pairs, [f"array {name}" for name in left]


def _labels(member: _Member) -> np.ndarray:
    shape = member.shape()
    if not shape:
        raise ValueError(f"{member.name} is a single number")
    with Zip(member.path, member.budget) as archive, archive.open(member.name) as file:
        _, dtype = member.header(file)
        if math.prod(shape) * dtype.itemsize > _LARGEST:
            raise ValueError(f"{member.name} has more than {_LARGEST:,} bytes")
        return np.frombuffer(file.read(), dtype).reshape(shape)


def _pair(key: str, name: str, split: str | None, x: np.ndarray | _Member, y: np.ndarray | None) -> _Pair:
    shape = x.shape() if isinstance(x, _Member) else x.shape
    if not isinstance(x, _Member) and x.dtype.hasobject and not (x.ndim == 1 and are_rows(x.tolist())):
        raise _refused(name, x.dtype)
    if not shape:
        raise DataError(243, "a single number is not a data set", where=name or key)
    if not 0 < math.prod(shape[1:]) * (1 if isinstance(x, _Member) else x.dtype.itemsize) <= _LARGEST:
        expected = f"rows of 1 to {_LARGEST:,} bytes"
        raise DataError(246, "rows of an unusable size", where=name, found=list(shape), expected=expected)
    if y is not None and y.shape[:1] != shape[:1]:
        found = f"{shape[0]} rows and {len(y) if y.ndim else 0} labels"
        raise DataError(244, "inputs and labels differ in number", where=name, found=found)
    return _Pair(name, split, x, y)


def _refused(name: str, dtype: np.dtype[Any]) -> DataError:
    fix = "save plain numbers of one shape in C order"
    return DataError(
        245, "the array holds Python objects or lies in Fortran order", where=name, found=str(dtype), fix=fix
    )


def _limits(x: np.ndarray | _Member) -> tuple[float, float] | None:
    """Lowest and highest value, found block by block; None for bytes and booleans, whose range is known."""
    low, high = np.inf, -np.inf
    if isinstance(x, np.ndarray) and x.dtype.hasobject:
        blocks: Iterator[np.ndarray] = iter(x.tolist() if all(isinstance(one, np.ndarray) for one in x) else ())
    elif isinstance(x, _Member):
        blocks = x.rows()
    else:
        step = max(1, _BLOCK // max(1, x[:1].nbytes))
        blocks = (x[start : start + step] for start in range(0, len(x), step))
    for block in blocks:
        if block.dtype.kind not in "iuf" or block.dtype.itemsize == 1:
            return None
        finite = block[np.isfinite(block)]  # a row with NaN is refused when it is read, by its own number
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else None
