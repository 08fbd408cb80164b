"""Whole series -> the stretches that are stored, one behind the other, and the windows that are read of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.timeline import MOMENT, STEPS
from headstart.data.modalities.series.forms import Form
from headstart.data.modalities.series.records import PARTS, Record, gathered, refused
from headstart.data.modalities.series.statics import Static, laid_out
from headstart.data.records import Opened
from headstart.data.storage.gather import ragged_rows

WHOLE = -1  # the place of a row that is a whole series, whose moments a model answers
_FIRST = 4  # a series lends no more than this part of it to its first window


@dataclass(frozen=True, slots=True)
class Stretch(Opened):
    """Steps of a series that are stored as one row: values [k, C], those before it, its moment."""

    name: str
    values: np.ndarray
    place: int
    at: float

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


@dataclass(frozen=True, slots=True)
class Stretches:
    """How a series is cut: first what only lies before others, then a row every `stride` steps."""

    before: int
    after: int
    stride: int
    form: Form
    statics: Sequence[Static] = ()

    def of(self, example: contracts.Example, budget: Budget) -> Iterator[contracts.Example]:
        """The stretches of a series, in order; a series that a model answers comes as it is."""
        record = example["input"]
        if not isinstance(record, Record) or record.asked:
            yield example
            return
        error = refused(record, self.form, str(example["origin"]))
        if error is not None:
            yield {**example, "input": error}
            return
        record = laid_out(record, self.statics)
        for number, (begin, end) in enumerate(self._edges(record)):
            at = record.grid.at(record.start, begin)
            stretch = Stretch(record.name, record.values[begin:end], begin, at)
            part = None if record.parts is None or record.parts[begin] < 0 else PARTS[record.parts[begin]]
            facts = {"origin": f"{example['origin']} {record.grid.text(at)}", MOMENT: at, STEPS: end - begin,
                     "block": f"{part or ''}{self._block(record, at, begin)}"}  # fmt: skip
            more = {"repaired": example["repaired"]} if number == 0 and example.get("repaired") else {}
            yield {"input": stretch, **facts, **({} if part is None else {"split": part}), **more}

    def _edges(self, record: Record) -> Iterator[tuple[int, int]]:
        length = len(record.values)
        first = min(self.before, max(1, length // _FIRST))
        cuts = {0, length, *range(first, length, self.stride)}
        if record.parts is not None:
            cuts |= set((np.flatnonzero(np.diff(record.parts)) + 1).tolist())
        edges = sorted(cuts)
        return pairwise(edges)

    def _block(self, record: Record, at: float, place: int) -> int:
        """A number that moments near each other share, in all series: their errors are not independent."""
        regular = record.grid.unit in ("seconds", "numbers")
        return int((at / record.grid.every if regular else place) // max(1, self.after))


@dataclass(frozen=True, slots=True)
class Runs:
    """How stretches of series lie in a store (`core/contracts/timeline.py`)."""

    before: int
    after: int
    tensors: str
    column: str = "x"
    place: str = "place"
    whole: bool = False
    edges: bool = False
    unit: str = ""
    acting: bool = False
    around: frozenset[str] = frozenset(("y", "known", "shift", "scale", "series", "at"))

    def records(self, rows: Iterable[contracts.Example], *, asked: bool) -> Iterator[contracts.Example]:
        return gathered(rows, asked=asked)


def of_width(values: np.ndarray, width: int) -> np.ndarray:
    """Values [k, C] with so many columns: without the labels of moments behind them, or with gaps for labels."""
    lacking = max(0, width - values.shape[1])
    return np.pad(values[:, :width], ((0, 0), (0, lacking)), constant_values=np.nan) if lacking else values[:, :width]


def last_window(record: Record, before: int, after: int) -> tuple[np.ndarray, int]:
    """What a model reads of a series to say what comes after it, [before + after, C], and how many steps lie before
    that: NaN where nothing is known. Behind the last value of what is forecast, columns beside it may be known."""
    there = np.flatnonzero(~np.isnan(record.values[:, 0]))
    end = int(there[-1]) + 1 if len(there) else 0
    window = np.full((before + after, record.values.shape[1]), np.nan)
    known, ahead = record.values[max(0, end - before) : end], record.values[end : end + after]
    window[before - len(known) : before] = known
    window[before : before + len(ahead)] = ahead
    return window, end


def whole_series(columns: contracts.Columns, series: np.ndarray) -> contracts.Batch:
    """Whole series of these numbers [B] -> whole float64 [B, T, C], NaN behind the end of each, and their lengths."""
    import torch

    rows = list(ragged_rows(columns, "x"))
    lengths = np.array([len(row) for row in rows], np.int64)
    whole = np.full((len(rows), int(lengths.max()), rows[0].shape[1]), np.nan)
    for place, row in enumerate(rows):
        whole[place, : len(row)] = row
    arrays = {"whole": whole, "lengths": lengths, "series": series.astype(np.int64), "at": columns["at"]}
    return {name: torch.from_numpy(values) for name, values in arrays.items()}
