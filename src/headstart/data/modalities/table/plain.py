"""Cells of stored rows as numbers that linear models and networks read: filled, scaled, one place a category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Columns
from headstart.data.modalities.table.column import RARE, Column

_VALUES = 20_000_000  # stored numbers from which fills and scales are taken, evenly drawn from all chunks
_CLIP = 8.0  # deviations from the mean beyond which a number is no larger


@dataclass(frozen=True)
class Plain:
    """How stored rows x [B, cells] become features [B, F].

    A category is one place for each code it can have. A number is filled with its median where it is missing, and
    brought to mean 0 and deviation 1; where some are missing in train rows, one more place says so.

    codes    places of each category, in their order
    fill, mean, std   of each number;  gaps  numbers of those that are missing in some train rows
    """

    codes: tuple[int, ...]
    fill: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    gaps: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[Column], chunks: Iterable[Columns]) -> Plain:
        """Learned from stored rows."""
        codes = _codes(columns)
        width = sum(one.width for one in columns)
        rows = _thinned((chunk["x"] for chunk in chunks), max(1_000, _VALUES // max(1, width)), width)
        numbers = rows[:, len(codes) :].astype(np.float64)
        there = np.isfinite(numbers)
        fill = [float(np.median(column[known])) if known.any() else 0.0
                for column, known in zip(numbers.T, there.T, strict=True)]  # fmt: skip
        filled = np.where(there, numbers, fill)
        mean, std = filled.mean(0), filled.std(0)
        std = np.where(std > 1e-12 * (1 + abs(mean)), std, 1.0)
        gaps = tuple(np.flatnonzero(~there.all(0)).tolist())
        return cls(codes, tuple(fill), tuple(mean.tolist()), tuple(std.tolist()), gaps)

    @property
    def width(self) -> int:
        """F."""
        return sum(self.codes) + len(self.fill) + len(self.gaps)

    @cached_property
    def _begins(self) -> list[int]:
        return np.cumsum([0, *self.codes])[:-1].tolist()

    def features(self, x: Tensor) -> Tensor:
        """Stored rows [B, cells] -> [B, F]."""
        count, wide = len(self.codes), sum(self.codes)
        rows = x.shape[0]
        one_hot = x.new_zeros(rows, wide)
        if count:
            most = x.new_tensor(self.codes) - 1
            place = (torch.minimum(x[:, :count].clamp_min(0), most) + x.new_tensor(self._begins)).long()
            one_hot.scatter_(1, place, 1.0)
        numbers = x[:, count:].double()
        absent = ~torch.isfinite(numbers)
        fill, mean, std = (numbers.new_tensor(one) for one in (self.fill, self.mean, self.std))
        scaled = ((torch.where(absent, fill, numbers) - mean) / std).clamp(-_CLIP, _CLIP).float()
        return torch.cat([one_hot, scaled, absent[:, list(self.gaps)].float()], 1)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Plain:
        """ValueError, KeyError or TypeError for what `to_json` would not give."""
        fill, mean, std = (tuple(map(float, fields[name])) for name in ("fill", "mean", "std"))
        made = cls(tuple(map(int, fields["codes"])), fill, mean, std, tuple(map(int, fields["gaps"])))
        if not len(made.fill) == len(made.mean) == len(made.std):
            raise ValueError("numbers of differing length")
        if not np.isfinite([*fill, *mean, *std]).all() or not all(one > 0 for one in std):
            raise ValueError("a median, a mean or a deviation that no column has")
        if list(made.gaps) != sorted({gap for gap in made.gaps if 0 <= gap < len(made.fill)}):
            raise ValueError("missing numbers that there are not")
        return made

    def check(self, columns: Sequence[Column]) -> None:
        """ValueError unless it was learned from rows of these columns."""
        if self.codes != _codes(columns) or len(self.fill) != sum(
            one.width for one in columns if one.kind != "category"
        ):
            raise ValueError("numbers of other columns")


def _codes(columns: Sequence[Column]) -> tuple[int, ...]:
    """How many codes each category can have."""
    return tuple(len(one.words) + RARE + 1 for one in columns if one.kind == "category")


def _thinned(chunks: Iterable[np.ndarray], most: int, width: int) -> np.ndarray:
    """At most so many of the rows of all chunks (twice as many while they come in), evenly drawn."""
    kept, stride, count = list[np.ndarray](), 1, 0
    for chunk in chunks:
        kept.append(np.array(chunk[::stride]))
        count += len(kept[-1])
        if count > 2 * most:
            kept, stride = [np.concatenate(kept)[::2]], 2 * stride
            count = len(kept[0])
    return np.concatenate(kept) if kept else np.empty((0, width), np.float32)
