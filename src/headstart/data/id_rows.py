"""Stored rows of ids as batches: marks at their ends, padding behind them, longer ones cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.data.storage.gather import filled, ragged

if TYPE_CHECKING:
    from headstart.core.contracts import Batch, Columns


@dataclass(frozen=True, slots=True)
class Ends:
    """The ids before and after a row, and the one that fills it up."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int

    @property
    def count(self) -> int:
        """Marks of a row."""
        return len(self.before) + len(self.after)


def room_of(columns: Columns, length: int, ends: Ends) -> np.ndarray:
    """Ids without marks that each row may keep, int64 [B]: who answers word by word reads rows in windows, so those
    that came in words stay whole."""
    _, offsets = ragged(columns, "x")
    _, starts = ragged(_with_words(columns), "begin")
    return np.where(np.diff(starts) > 0, np.diff(offsets), length - ends.count)


def collated(columns: Columns, room: np.ndarray, ends: Ends) -> Batch:
    """Ragged rows x cut to `room` [B], with marks, padded to the longest: x int64 [B, T] and keep bool [B, T].

    Where rows came in words also begin int64 [B, W], the place of the first id of each, and mark int64 [B, P], the
    numbers of the words that are asked about, both filled up with -1.
    """
    import torch

    values, offsets = ragged(columns, "x")
    columns = _with_words(columns)
    begins, starts = ragged(columns, "begin")
    before, after = ends.before, ends.after
    lengths = np.minimum(np.diff(offsets), room)  # [B]
    longest = int(lengths.max(initial=1))
    there = np.arange(longest) < lengths[:, None]  # [B, T - marks]
    rows = np.full((len(lengths), len(before) + longest + len(after)), ends.pad, np.int64)
    rows[:, : len(before)] = before
    body = rows[:, len(before) : len(before) + longest]
    body[there] = values[(offsets[:-1, None] + np.arange(longest))[there]]
    for place, mark in enumerate(after):
        rows[np.arange(len(rows)), len(before) + lengths + place] = mark
    keep = np.arange(rows.shape[1]) < (lengths + ends.count)[:, None]
    batch = {"x": torch.from_numpy(rows), "keep": torch.from_numpy(keep)}
    if len(begins):
        marked, stops = ragged(columns, "mark")
        batch["begin"] = torch.from_numpy(filled((begins + len(before)).astype(np.int64), starts, -1))
        batch["mark"] = torch.from_numpy(filled(marked.astype(np.int64), stops, -1))
    return batch


def cut_to(batch: Batch, length: int) -> Batch:
    """Rows of ids are ready as they are; longer ones are cut, and stay whole beside that for who reads windows."""
    if batch["x"].shape[1] <= length:
        return batch
    cut = {name: batch[name][:, :length] for name in ("x", "keep")}
    return {**batch, **cut, "whole": batch["x"], "there": batch["keep"]}


def ragged_column(name: str, rows: Sequence[Sequence[int]], kind: type[np.integer]) -> Columns:
    """Rows of numbers as values one behind the other, and their offsets."""
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return {name: np.fromiter((one for row in rows for one in row), kind, int(offsets[-1])), f"{name}.offsets": offsets}


def _with_words(columns: Columns) -> Columns:
    """Rows that say of words where they begin; data prepared by version 0.1 say nothing of them."""
    if "begin" in columns:
        return columns
    none = np.zeros((len(ragged(columns, "x")[1]) - 1, 0), np.int32)
    return {**columns, "begin": none, "mark": none}
