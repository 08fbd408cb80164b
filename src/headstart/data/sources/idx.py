"""IDX files, the format of MNIST: images and labels as raw numbers behind a short header, plain or gzipped."""

import math
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.compressed import BROKEN, is_plain, open_bytes
from headstart.data.reading.folder_layout import split_of
from headstart.data.records import example_of

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_FIX = "fetch the file again"
_DIMENSIONS = 8
_LARGEST = 1 << 28  # bytes of one row


class Idx:
    """Images with the labels that lie beside them: a `*-images-idx3-ubyte[.gz]` file or a folder of such.

    In a folder the file `train-images...` is the split "train" and `t10k-images...` is "test".
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._budget = path, access.budget
        self._files = _images(path) if path.is_dir() else [path]

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, Path) and given.is_dir():
            return bool(_images(given))
        return isinstance(given, Path) and given.is_file() and _is_idx(given)

    def account(self) -> Account:
        labels = [beside.name for file in self._files if (beside := _labels_of(file)) is not None]
        read = [Used(what=file.name, role="input") for file in self._files]
        return Account(used=(*read, *(Used(what=name, role="label") for name in labels)))

    def examples(self) -> Iterator[dict[str, Any]]:
        for file in self._files:
            split = split_of(file.name.split("-")[0]) if self.path.is_dir() else None
            beside = _labels_of(file)
            rows = (
                ((row, None) for row in _rows(file, self._budget))
                if beside is None
                else _labelled(file, beside, self._budget)
            )
            for index, (value, label) in enumerate(rows):
                yield example_of(value, f"{file.name}#{index}", label, split)


def _is_idx(path: Path) -> bool:
    return "idx" in path.name.lower() and path.name.lower().removesuffix(".gz").endswith("ubyte")


def _images(folder: Path) -> list[Path]:
    """Image files, train before t10k."""
    found = [p for p in folder.iterdir() if p.is_file() and _is_idx(p) and "images" in p.name]
    return sorted(found, key=lambda p: (split_of(p.name.split("-")[0]) != "train", p.name))


def _labels_of(file: Path) -> Path | None:
    stem = file.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    beside = [file.with_name(stem), file.with_name(stem + ".gz")]
    return next((p for p in beside if p.name != file.name and p.is_file()), None)


def _labelled(file: Path, beside: Path, budget: Budget) -> Iterator[tuple[np.ndarray, int | float]]:
    try:
        for row, label in zip(_rows(file, budget), _rows(beside, budget), strict=True):
            if label.ndim:
                found = f"{label.ndim + 1} dimensions"
                raise DataError(
                    236, "labels must be one number per row", where=beside.name, found=found, expected="one"
                )
            yield row, label.item()
    except ValueError as cause:
        raise DataError(232, "images and labels differ in number", where=f"{file.name} and {beside.name}") from cause


def _rows(path: Path, budget: Budget) -> Iterator[np.ndarray]:
    """One array a row, read as it is asked for: memory does not grow with the file."""
    with open_bytes(path, budget) as file:
        try:
            shape, dtype, start = _header(file, path)
            size = math.prod(shape[1:]) * dtype.itemsize
            if not 0 < size <= _LARGEST:
                expected = f"rows of 1 to {_LARGEST:,} bytes"
                raise DataError(235, "rows of an unusable size", where=path.name, found=list(shape), expected=expected)
            there = path.stat().st_size
            budget.check_rows(shape[0], there, path.name)
            if is_plain(file) and there < start + shape[0] * size:
                raise _cut(path, there, start + shape[0] * size)
            for index in range(shape[0]):
                data = file.read(size)
                if len(data) < size:
                    raise _cut(path, start + index * size + len(data), start + shape[0] * size)
                yield np.frombuffer(data, dtype).reshape(shape[1:])
            if file.read(1):
                where, found, expected = path.name, "more bytes behind the last row", f"{shape[0]:,} rows"
                raise DataError(237, "the file is longer than it states", where=where, found=found, expected=expected)
        except BROKEN as cause:
            raise DataError(233, "the gzip file is broken", where=path.name, found=str(cause), fix=_FIX) from cause


def _header(file: BufferedIOBase, path: Path) -> tuple[list[int], np.dtype[Any], int]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= _DIMENSIONS:
        expected = "two zero bytes, a type and the number of dimensions"
        raise DataError(231, "not an IDX file", where=path.name, found=f"first bytes {magic!r}", expected=expected)
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise _cut(path, 4 + len(sizes), 4 + 4 * magic[3])
    return [int(n) for n in np.frombuffer(sizes, ">u4")], np.dtype(_TYPES[magic[2]]), 4 + len(sizes)


def _cut(path: Path, found: int, whole: int) -> DataError:
    where, found_of = f"{path.name}@{found}", f"{found} of {whole} bytes"
    return DataError(234, "the file ends too early", where=where, found=found_of, fix=_FIX)
