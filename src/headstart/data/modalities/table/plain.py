"""Cells of stored rows as numbers that linear models and networks read: filled, scaled, ranked, a place a category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.data.modalities.table.column import RARE, Column

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.core.contracts import Columns

_VALUES = 5_000_000  # stored numbers from which fills and scales are taken, evenly drawn from all chunks
_AT_ONCE = 8_192  # rows whose features are made together
_CLIP = 8.0  # deviations from the mean beyond which a number is no larger
_PARTS = 64  # equal parts of the train rows by which numbers are ranked


@dataclass(frozen=True)
class Plain:
    """How stored rows x [B, cells] become features [B, F].

    A category is one place for each code it can have. A number is filled with its median where it is missing, and
    brought to mean 0 and deviation 1; where some are missing in train rows, one more place says so.

    codes    places of each category, in their order
    fill, mean, std   of each number;  gaps  numbers of those that are missing in some train rows
    knots    of each number two or more rising values between which equally many train rows lie, as far as that can be
    """

    codes: tuple[int, ...]
    fill: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    gaps: tuple[int, ...]
    knots: tuple[tuple[float, ...], ...]

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
        knots = tuple(_knots(column[known]) for column, known in zip(numbers.T, there.T, strict=True))
        return cls(codes, tuple(fill), tuple(mean.tolist()), tuple(std.tolist()), gaps, knots)

    def usual(self, columns: Sequence[Column]) -> np.ndarray:
        """The most frequent code of each category, the mean of each number, float32 [cells]."""
        codes = [float(RARE + 1 if one.words else RARE) for one in columns if one.kind == "category"]
        return np.array([*codes, *self.mean], np.float32)

    @property
    def width(self) -> int:
        """F."""
        return sum(self.codes) + len(self.fill) + len(self.gaps)

    @cached_property
    def _begins(self) -> list[int]:
        return np.cumsum([0, *self.codes])[:-1].tolist()

    def features(self, x: Tensor) -> Tensor:
        """Stored rows [B, cells] -> [B, F]."""
        import torch

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

    def features_of(self, x: np.ndarray) -> np.ndarray:
        """The same of very many rows [n, cells] in memory, a portion at a time: [n, F]."""
        import torch

        made = np.empty((len(x), self.width), np.float32)
        for start in range(0, len(x), _AT_ONCE):
            part = torch.from_numpy(np.array(x[start : start + _AT_ONCE], np.float32))
            made[start : start + len(part)] = self.features(part).numpy()
        return made

    def ranks(self, x: Tensor) -> Tensor:
        """Stored rows [B, cells] -> the rank of each number among train rows, from 0 to 1, [B, numbers]; NaN where it
        is missing. Between two knots it grows evenly."""
        import torch

        numbers = x[:, len(self.codes) :].double().T.contiguous()  # [numbers, B]
        knots, counts = (numbers.new_tensor(one) for one in self._rising)
        if torch.compiler.is_exporting():  # ONNX has no binary search
            wide = (knots[:, 1:] - knots[:, :-1]).nan_to_num(1.0)
            passed = ((numbers[..., None] - knots[:, None, :-1].nan_to_num(0.0)) / wide[:, None]).clamp(0, 1)
            real = torch.arange(knots.shape[1] - 1, device=x.device) < counts[:, None]
            return ((passed * real[:, None]).sum(2) / counts[:, None]).T.float()
        last = counts.long()[:, None]
        place = (torch.searchsorted(knots.nan_to_num(float("inf")), numbers, right=True) - 1).clamp_min(0)
        place = torch.minimum(place, last - 1)
        low, high = knots.gather(1, place), knots.gather(1, place + 1)
        return ((place + ((numbers - low) / (high - low)).clamp(0, 1)) / last).T.float()

    @cached_property
    def _rising(self) -> tuple[np.ndarray, np.ndarray]:
        """The knots of every number, filled up with NaN [numbers, most], and how many parts lie between them."""
        most = max((len(one) for one in self.knots), default=2)
        knots = np.full((len(self.knots), most), np.nan)
        for number, one in enumerate(self.knots):
            knots[number, : len(one)] = one
        return knots, np.array([len(one) - 1.0 for one in self.knots])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Plain:
        """ValueError, KeyError or TypeError for what `to_json` would not give."""
        fill, mean, std = (tuple(map(float, fields[name])) for name in ("fill", "mean", "std"))
        knots = tuple(tuple(map(float, one)) for one in fields["knots"])
        made = cls(tuple(map(int, fields["codes"])), fill, mean, std, tuple(map(int, fields["gaps"])), knots)
        if not len(made.fill) == len(made.mean) == len(made.std) == len(knots):
            raise ValueError("numbers of differing length")
        if not np.isfinite([*fill, *mean, *std]).all() or not all(one > 0 for one in std):
            raise ValueError("a median, a mean or a deviation that no column has")
        if list(made.gaps) != sorted({gap for gap in made.gaps if 0 <= gap < len(made.fill)}):
            raise ValueError("missing numbers that there are not")
        if not all(2 <= len(one) <= _PARTS + 1 and np.isfinite(one).all() and all(np.diff(one) > 0) for one in knots):
            raise ValueError("quantiles that do not rise")
        return made

    def check(self, columns: Sequence[Column]) -> None:
        """ValueError unless it was learned from rows of these columns."""
        if self.codes != _codes(columns) or len(self.fill) != sum(
            one.width for one in columns if one.kind != "category"
        ):
            raise ValueError("numbers of other columns")


def _codes(columns: Sequence[Column]) -> tuple[int, ...]:
    """How many codes each category can have."""
    return tuple(one.codes for one in columns if one.kind == "category")


def _knots(values: np.ndarray) -> tuple[float, ...]:
    """Quantiles of values [n], each once."""
    found = np.unique(np.quantile(values, np.linspace(0, 1, _PARTS + 1))) if len(values) else np.zeros(1)
    return tuple(found.tolist()) if len(found) > 1 else (float(found[0]), float(found[0]) + 1.0)


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
