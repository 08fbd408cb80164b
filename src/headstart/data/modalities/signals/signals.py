"""Whole series with a label each: recordings of sensors, gestures, machines -> values over time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError, RecipeError
from headstart.core.files import write_whole
from headstart.data.gaps import filled
from headstart.data.kept_settings import intact
from headstart.data.line_view import LineView
from headstart.data.modalities.signals.defaults import SignalDefaults
from headstart.data.modalities.signals.parts import Divided
from headstart.data.modalities.signals.records import Wholes
from headstart.data.modalities.signals.statistics import EACH, statistics
from headstart.data.records import Measured
from headstart.data.storage.gather import ragged_rows

if TYPE_CHECKING:
    from headstart.data.noise import Noise

_FILE = "signals.json"
LONGEST, MOST_STEPS = 4096, 1 << 16  # values of a row, unless asked for, and at most
_LEAST = 1e-9
Auto = Literal["auto"]


class Signals:
    """Whole series, each a row with a label of its own; they may have several channels and different lengths.

    length    values of a row that a network reads ("auto": the longest of the train rows, 4,096 at most); shorter rows
              are padded, of longer ones the first so many are read
    scale     "train": each channel has mean 0 and deviation 1 over all train rows, so that levels and sizes count;
              "row": over each row by itself, so that only shapes count
    features  "values" over time, or "statistics" of each channel, which linear models read unless set

    Gaps are filled with the last value before them. Stored: x float32 [T, C]. Batch and ready: x float32 [B, 1, C, L],
    keep bool [B, L]; or statistics x float32 [B, 14 C + 1].
    """

    layout: ClassVar[Layout] = "grid"  # one row of values for each channel, time along the width
    files: ClassVar = False
    name_groups: ClassVar = False
    columns = vocabulary = placement = duplicates = kinship = windows = pieces = audible = named_cells = None
    cell_columns = by_column = past = None
    plain: ClassVar[Mapping[str, Any]] = MappingProxyType({"features": "statistics"})
    defaults, divides = SignalDefaults(), Divided()
    timeline = Wholes()

    def __init__(
        self,
        *,
        length: int | Auto = "auto",
        scale: Literal["train", "row"] = "train",
        features: Literal["values", "statistics"] = "values",
    ) -> None:
        if isinstance(length, int) and not 1 <= length <= MOST_STEPS:
            expected = f"1 to {MOST_STEPS:,}"
            raise RecipeError(790, "rows of such a length cannot be", where="modality.length", found=length,
                              expected=expected, fix="leave it out")  # fmt: skip
        self.length, self.scale, self.features = length, scale, features
        self.names: tuple[str, ...] = ()
        self.channels, self.longest, self._rows = 0, 0, (0, 0, 0)
        self.mean, self.deviation = np.zeros(1), np.ones(1)  # of each channel
        self.usual, self.spread = np.zeros(EACH + 1), np.ones(EACH + 1)  # of statistics

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, Measured)

    def is_row(self, value: Any) -> bool:
        """One series: numbers [T], or [T, C] with as many channels as it has learned."""
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
            return False
        return value.shape[1:] == (self.channels,) or (value.ndim == 1 and self.channels <= 1)

    @property
    def told(self) -> Sequence[str]:
        """What was found, before anything is learned."""
        if not self.channels:
            return []
        rows, least, most = self._rows
        each = f"{least:,} to {most:,}" if least < most else f"{most:,}"
        channels = f"{self.channels:,} channel{'s' * (self.channels > 1)}"
        return [f"{rows:,} train rows of {each} values in {channels}"] if rows else []

    def fit(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        """Channels, and the length of rows."""
        lengths = list[int]()
        for example in examples:
            found = _measured(example["input"])
            if found is None:
                continue  # `read` says what is wrong with it
            if not lengths:
                self.channels, self.names = found.values.shape[1], found.names
            lengths.append(len(found.values))
        if lengths:
            self._rows = len(lengths), min(lengths), max(lengths)
            self.longest = self.length if isinstance(self.length, int) else min(max(lengths), LONGEST)

    def read(self, example: contracts.Example, budget: Budget) -> contracts.Example:
        origin, value = str(example.get("origin", "row")), example["input"]
        found = _measured(value)
        if found is None:
            if isinstance(value, DataError):
                raise value
            shape = f"{value.dtype} {list(value.shape)}" if isinstance(value, np.ndarray) else type(value).__name__
            raise DataError(791, "this is no series", where=origin, found=shape, expected="numbers [T] or [T, C]",
                            fix="give every row as numbers over time")  # fmt: skip
        if found.values.shape[1] != self.channels:
            count = f"{found.values.shape[1]} channels"
            raise DataError(792, "a series with other channels", where=origin, found=count, expected=self.channels,
                            fix="give every row the same channels")  # fmt: skip
        if np.isnan(found.values).all():
            raise DataError(793, "a series without a value", where=origin, found="gaps only", fix="remove it")
        return {**example, "input": found.values}

    def encode(self, example: contracts.Example) -> contracts.Columns:
        most = float(np.finfo(np.float32).max)
        return {"x": np.clip(example["input"], -most, most).astype(np.float32)}  # [T, C]

    def fit_stored(self, chunks: Iterable[contracts.Columns]) -> None:
        """Mean and deviation of each channel over the values of train rows, and of their statistics."""
        count, total, squares, found = np.zeros(self.channels), np.zeros(self.channels), np.zeros(self.channels), []
        for chunk in chunks:
            rows = list(ragged_rows(chunk, "x"))
            for row in rows:
                known = row.astype(np.float64)
                count += (~np.isnan(known)).sum(0)
                total += np.nansum(known, 0)
                squares += np.nansum(np.square(known), 0)
            found.append(statistics(rows))
        self.mean = total / np.maximum(count, 1)
        variance = np.maximum(squares / np.maximum(count, 1) - np.square(self.mean), 0)
        self.deviation = _steady(np.sqrt(variance), self.mean)
        every = np.concatenate(found)
        self.usual = every.mean(0, dtype=np.float64)
        self.spread = _steady(every.std(0, dtype=np.float64), self.usual)

    def derive(self, columns: contracts.Columns) -> contracts.Columns:
        return {}

    def collate(self, columns: contracts.Columns) -> contracts.Batch:
        import torch

        rows = list(ragged_rows(columns, "x"))
        if self.features == "statistics":
            return {"x": torch.from_numpy(((statistics(rows) - self.usual) / self.spread).astype(np.float32))}
        x = np.zeros((len(rows), 1, self.channels, self.longest), np.float32)
        lengths = np.array([min(len(row), self.longest) for row in rows], np.int64)
        for place, (row, length) in enumerate(zip(rows, lengths.tolist(), strict=True)):
            x[place, 0, :, :length] = self._scaled(row[:length]).T
        keep = np.arange(self.longest) < lengths[:, None]
        return {"x": torch.from_numpy(x), "keep": torch.from_numpy(keep)}

    def _scaled(self, row: np.ndarray) -> np.ndarray:
        """[T, C] without gaps; a channel without any value is at its mean."""
        there = ~np.isnan(row).all(0)
        values = np.where(there, filled(row.astype(np.float64)), self.mean)
        if self.scale == "train":
            return (values - self.mean) / self.deviation
        mean = values.mean(0)
        return (values - mean) / _steady(values.std(0), mean)

    def ready(self, batch: contracts.Batch) -> contracts.Batch:
        return batch

    def baseline_features(self, learned: contracts.Columns, asked: contracts.Columns) -> tuple[np.ndarray, np.ndarray]:
        """Statistics of each channel, each of mean 0 and deviation 1 over the learned rows."""
        one, other = (statistics(list(ragged_rows(columns, "x"))) for columns in (learned, asked))
        mean = one.mean(0)
        spread = _steady(one.std(0), mean)
        return (one - mean) / spread, (other - mean) / spread

    @property
    def spec(self) -> Spec:
        if not self.channels:
            raise DataError(794, "not one series can be read", expected="rows of numbers over time",
                            fix="name the columns of numbers with --input")  # fmt: skip
        key = {"channels": self.channels, "names": list(self.names)}
        empty = {"x": np.zeros((1, self.channels), np.float32)}
        if self.features == "statistics":
            return Spec("cells", {"columns": EACH * self.channels + 1}, key, empty, "")
        sizes = {"channels": 1, "height": self.channels, "width": self.longest}
        return Spec(self.layout, sizes, key, empty, "")

    @property
    def augment(self) -> type[Noise]:
        from headstart.data.noise import Noise

        return Noise

    @property
    def view(self) -> LineView:
        return LineView(self.channels, "channel")

    def with_settings(self, settings: Mapping[str, Any]) -> Signals:
        """The same with other settings; none of them decides what is stored."""
        made = Signals._of({**self._fields(), "settings": {**self._settings(), **settings}})
        if "length" in settings:
            wanted = settings["length"]
            made.longest = wanted if isinstance(wanted, int) else min(self._rows[2] or LONGEST, LONGEST)
        return made

    def _settings(self) -> dict[str, Any]:
        return {"length": self.length, "scale": self.scale, "features": self.features}

    def _fields(self) -> dict[str, Any]:
        return {
            "kind": "signals", "settings": self._settings(), "names": list(self.names), "channels": self.channels,
            "longest": self.longest, "rows": list(self._rows), "mean": self.mean.tolist(),
            "deviation": self.deviation.tolist(), "usual": self.usual.tolist(), "spread": self.spread.tolist(),
        }  # fmt: skip

    def save(self, directory: Path) -> None:
        write_whole(directory / _FILE, (json.dumps(self._fields()) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Signals:
        path = directory / _FILE
        with intact(DataError(795, "the settings of series with labels cannot be read", where=path)):
            return cls._of(json.loads(path.read_text("utf-8")))

    @classmethod
    def _of(cls, fields: Mapping[str, Any]) -> Signals:
        made = cls(**fields["settings"])
        made.names, made.channels = tuple(map(str, fields["names"])), int(fields["channels"])
        made.longest = int(fields["longest"])
        cls(length=max(1, made.longest))  # which refuses what no row has
        rows, least, most = map(int, fields["rows"])
        made._rows = rows, least, most
        made.mean, made.deviation = (np.array(fields[name], np.float64) for name in ("mean", "deviation"))
        made.usual, made.spread = (np.array(fields[name], np.float64) for name in ("usual", "spread"))
        return made


def _measured(value: Any) -> Measured | None:
    """A series as it was read, or an array [T] or [T, C], infinite values as gaps and without gaps at its end; None for
    anything else."""
    if not isinstance(value, Measured):
        try:
            value = Measured(np.asarray(value))
        except (ValueError, TypeError, OverflowError):  # rows of several lengths, numbers that are too large
            return None
    found = value.values
    if found.dtype.kind not in "iuf" or found.ndim not in (1, 2) or not found.size:
        return None
    values = found.astype(np.float64).reshape(len(found), -1)
    values = np.where(np.isfinite(values), values, np.nan)
    there = np.flatnonzero(~np.isnan(values).all(1))
    return Measured(values[: there[-1] + 1] if len(there) else values, value.names)


def _steady(spread: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Deviations to divide by: 1 where there is next to none."""
    return np.where(spread > _LEAST * np.maximum(1, np.abs(mean)), spread, 1.0)
