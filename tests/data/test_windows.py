"""Windows of long rows: all of them, each as a slow loop would cut it, in the order of any other rows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.contracts import Batch, Columns
from headstart.core.contracts.spec import Spec
from headstart.data.batches import Batches
from headstart.data.storage.gather import filled, ragged, stacked
from headstart.data.windows import WindowedRows


class Cut:
    """Windows of one column, x [T]."""

    def __init__(self, length: int, stride: int) -> None:
        self.length, self.stride = length, stride

    def cut(self, columns: Columns, rows: np.ndarray, starts: np.ndarray) -> Columns:
        values, offsets = ragged(columns, "x")
        begins = offsets[rows] + starts
        ends = np.minimum(begins + self.length, offsets[rows + 1])
        return stacked([{"x": values[a:b]} for a, b in zip(begins, ends, strict=True)])


class Held:
    """Rows in memory, as a store gives them."""

    def __init__(self, rows: list[np.ndarray]) -> None:
        self.held, self.read = rows, 0

    def feed(self, indices: np.ndarray) -> Columns:
        self.read += len(indices)
        return stacked([{"x": self.held[i]} for i in indices])

    def lengths(self, indices: np.ndarray, column: str) -> np.ndarray | None:
        lengths = np.array([len(self.held[i]) for i in indices])
        return None if (lengths == lengths[0]).all() else lengths

    def origins_of(self, rows: np.ndarray) -> list[str]:
        return [f"row {i}" for i in rows]


class Padded:
    """x [B, T], -1 where a row has ended."""

    spec = Spec("steps", {}, {}, {})

    def collate(self, columns: Columns) -> Batch:
        return {"x": torch.from_numpy(filled(*ragged(columns, "x"), -1))}


def slow(rows: list[np.ndarray], length: int, stride: int) -> list[list[int]]:
    """Every window by itself."""
    windows = []
    for row in rows:
        start = 0
        while start + length < len(row):
            windows.append(row[start : start + length].tolist())
            start += stride
        windows.append(row[max(0, len(row) - length) :].tolist())
    return windows


@pytest.mark.parametrize(("sizes", "length", "stride"), [
    ((3, 10, 4, 17), 4, 3), ((9, 9, 9), 4, 4), ((5, 2), 8, 2), ((100,), 10, 7), ((1, 50, 12), 12, 1), ((8, 8), 8, 8),
])  # fmt: skip
def test_windows_equal_those_of_a_slow_loop_and_leave_nothing_out(
    sizes: tuple[int, ...], length: int, stride: int
) -> None:
    rows = [np.arange(size) + 1000 * place for place, size in enumerate(sizes)]
    store: Any = Held(rows)
    windowed = WindowedRows(store, np.arange(len(rows)), Cut(length, stride), "x")
    columns = windowed.feed(np.arange(len(windowed)))
    values, offsets = ragged(columns, "x")
    assert [values[a:b].tolist() for a, b in itertools.pairwise(offsets)] == slow(rows, length, stride)
    lengths = windowed.lengths(np.arange(len(windowed)), "x")
    assert (np.diff(offsets) if lengths is None else lengths).tolist() == np.diff(offsets).tolist()
    assert set(values.tolist()) == set(np.concatenate(rows).tolist())


def test_a_long_row_is_read_once_a_batch() -> None:
    store: Any = Held([np.arange(1000)])
    windowed = WindowedRows(store, np.arange(1), Cut(10, 5), "x")
    store.read = 0
    windowed.feed(np.arange(len(windowed)))
    assert store.read == 1


def test_batches_of_windows_come_in_an_order_that_any_step_can_resume() -> None:
    store: Any = Held([np.arange(40), np.arange(100, 125)])
    windowed = WindowedRows(store, np.arange(2), Cut(6, 4), "x")
    modality: Any = Padded()
    batches = Batches(windowed, np.arange(len(windowed)), modality, batch=5, seed=3)
    again = Batches(windowed, np.arange(len(windowed)), modality, batch=5, seed=3)
    stream = batches.stream(0)
    first = [next(stream) for _ in range(7)]
    assert all(torch.equal(again.at(step)["x"], batch["x"]) for step, batch in enumerate(first))
    assert torch.equal(next(again.stream(4))["key"], first[4]["key"])
    epoch = np.concatenate([batch["x"][:, 0].numpy() for batch in batches.once(3)])
    assert sorted(epoch.tolist()) == sorted(row[0] for row in slow(store.held, 6, 4))
    assert batches.origins(0)[0].partition("@")[0] in ("row 0", "row 1")
