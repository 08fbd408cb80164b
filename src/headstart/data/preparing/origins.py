"""Where rows came from, kept as bytes: a Python text a row would take four times as much memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


class Origins(Sequence[str]):
    """Texts that can be stored as UTF-8, by the number of their row."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(row)
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode()

    def append(self, text: str) -> None:
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))

    def extend(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.append(text)

    def of_rows(self, rows: np.ndarray) -> pa.Array[pa.StringScalar]:
        """Those of the rows of these numbers, [n] int64."""
        import pyarrow as pa

        ends = pa.py_buffer(np.frombuffer(self._ends, np.int64).copy())
        every = pa.LargeStringArray.from_buffers(len(self), ends, pa.py_buffer(bytes(self._bytes)))
        return every.take(int64(rows)).cast(pa.string())


def int64(values: np.ndarray) -> pa.Array[pa.Int64Scalar]:
    """An Arrow array of whole numbers; made of a buffer, as one of NumPy would load pandas, half a second."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values, np.int64))])
