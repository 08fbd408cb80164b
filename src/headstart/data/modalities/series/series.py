"""Measured series: tables of moments, long or wide, and arrays -> windows of the past, and what came after."""

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
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.labels.readings import Reading
from headstart.data.modalities.series.defaults import SeriesDefaults
from headstart.data.modalities.series.forms import LEVELS, RETURNS
from headstart.data.modalities.series.grid import Grid
from headstart.data.modalities.series.parts import Divided
from headstart.data.modalities.series.records import Record, no_value, of_array, refused
from headstart.data.modalities.series.scales import Scales, measured
from headstart.data.modalities.series.statics import Static, added, fixed, found, from_json, laid_out, to_json
from headstart.data.modalities.series.stretches import (
    WHOLE,
    Runs,
    Stretch,
    Stretches,
    last_window,
    of_width,
    whole_series,
)
from headstart.data.modalities.series.view import SeriesView
from headstart.data.modalities.series.windows import known_places, normalised

if TYPE_CHECKING:
    from headstart.data.noise import Noise

_FILE = "series.json"
_STORED = ("window", "horizon", "stride", "known", "period", "asked", "returns")  # what the data decide or were cut by
MOST_ROWS, MOST_WINDOW, SHARE = 200_000, 512, 4  # rows of a store; steps of a window; of a series that it may be
MOST_STEPS = 1 << 16
SEASONS, FEW_SEASONS = 21, 4  # of a window: three weeks of hours; where every moment is judged
FEWEST, MOST_HORIZON = 12, 48  # steps that are forecast there
Auto = Literal["auto"]


class Series:
    """Series measured over time, each stored once; a row is a moment, with the window before it and what came after.

    window   steps of the past that a model reads ("auto": 21 seasons, 512 at most, of short series a fourth)
    horizon  steps that are forecast ("auto": as is usual for series with such steps; hourly 48, daily 14, monthly 18)
    stride   steps from row to row ("auto": 1, more where there were more than 200,000 rows)
    known    columns beside what is forecast whose future is known, such as promotions, with commas
    period   steps after which the series repeat ("auto": found by their autocorrelation in train steps)
    asked    what a model answers of new series: what comes after their "end", or "all" of their moments
    returns  what is forecast are prices above 0, of which log returns are learned and scored

    Stored: x float64 [k, C] of a stretch, NaN where nothing was measured, behind its columns labels of moments where
    there are some, for scores alone; place, series, at. Batch and ready: x float32 [B, 1, C, window],
    y float32 [B, horizon], known bool [B, horizon], shift and scale float64 [B]: see
    `windows.normalised`.
    """

    layout: ClassVar[Layout] = "grid"  # one row of values for each column, time along the width
    files: ClassVar = False
    name_groups: ClassVar = False
    columns = vocabulary = placement = duplicates = kinship = windows = audible = named_cells = cell_columns = None
    plain: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    by_column, past, defaults, divides = None, None, SeriesDefaults(), Divided()

    def __init__(
        self, *, window: int | Auto = "auto", horizon: int | Auto = "auto", stride: int | Auto = "auto",
        known: str = "", period: int | Auto = "auto", asked: Literal["end", "all"] = "end", returns: bool = False,
    ) -> None:  # fmt: skip
        for name, value in (("window", window), ("horizon", horizon), ("stride", stride), ("period", period)):
            if isinstance(value, int) and not 1 <= value <= MOST_STEPS:
                raise RecipeError(520, "so many steps cannot be", where=f"series.{name}", found=value,
                                  expected=f"1 to {MOST_STEPS:,}")  # fmt: skip
        self.window, self.horizon, self.stride, self.known, self.period = window, horizon, stride, known, period
        self.asked: Literal["end", "all"] = asked
        self.returns, self.form = returns, LEVELS if not returns else RETURNS
        self.names: dict[str, int] = {}
        self.beside: tuple[str, ...] = ()
        self.grid, self.time_name = Grid("rows"), "time"
        self.before, self.after, self.steps = 1, 1, 1
        self.statics = list[Static]()
        self.scales, self.strangers, self.marked = Scales.blank(1), False, False

    @classmethod
    def of_strangers(cls, window: int, horizon: int) -> Series:
        """For a model that knows no series by name: each is read as it is, in its own unit."""
        made = cls(window=window, horizon=horizon)
        made.before, made.after, made.strangers = window, horizon, True
        return made

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, Reading | Record)

    def is_row(self, value: Any) -> bool:
        """One series: numbers [T], or [T, C] with what is forecast first."""
        return isinstance(value, np.ndarray) and value.ndim in (1, 2) and value.dtype.kind in "iuf"

    @property
    def told(self) -> Sequence[str]:
        """What was found, before anything is learned."""
        if not self.names:
            return []
        said = [f"{len(self.names):,} series, {self.grid.words}"]
        if self.scales.period > 1:
            said.append(f"they repeat after {self.scales.period} steps")
        said += [one.words for one in self.statics]
        return [*said, f"windows of {self.before} steps, {self.after} forecast"]

    @property
    def width(self) -> int:
        """Columns of a series: what is forecast, and what stands beside it."""
        return self.scales.mean.shape[1]

    @property
    def timeline(self) -> Runs:
        return Runs(self._reach, self.after, self.form.tensors)

    @property
    def pieces(self) -> Stretches:
        return Stretches(self._reach, self.after, self.steps, self.form, self.statics)

    @property
    def _reach(self) -> int:
        """Steps that are read before a row."""
        return self.before + self.form.lead

    def fit(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        """The names of the series, their grid and columns, and the lengths of windows that suit them."""
        lengths, same, width = list[int](), list[dict[str, str | float]](), 1
        for example in examples:
            if isinstance(example["input"], DataError):
                continue
            record = self._record(example)
            if not lengths:
                self.grid, self.beside, self.time_name = record.grid, record.beside, record.time_name
                self.marked, width = record.marked, record.values.shape[1] - record.marked
            self.names.setdefault(record.name, len(self.names))
            lengths.append(len(record.values))
            same.append(fixed(record))
        if not lengths:
            return  # `read` says what is wrong with them
        shortest = int(np.median(lengths))
        every = self.asked == "all"  # what happened is forgotten sooner, and judged over a season
        steps = max(FEWEST, min(self.grid.season, MOST_HORIZON)) if every else self.grid.horizon
        self.after = self.horizon if isinstance(self.horizon, int) else max(1, min(steps, shortest // 10))
        usual = max((FEW_SEASONS if every else SEASONS) * self.grid.season, (FEW_SEASONS if every else 2) * self.after)
        fits = max(2, min(usual, max(MOST_WINDOW, 2 * self.after), shortest // SHARE))
        self.before = self.window if isinstance(self.window, int) else fits
        self.steps = self.stride if isinstance(self.stride, int) else max(1, sum(lengths) // MOST_ROWS)
        self.statics = found(same, self.beside, [name.strip() for name in self.known.split(",")])
        self.beside = tuple(name for name in self.beside if name not in {one.name for one in self.statics})
        self.scales = Scales.blank(width - len(self.statics) + added(self.statics))
        self._known()

    def _known(self) -> tuple[int, ...]:
        """Places of the columns whose future is known; RecipeError for one that is not there."""
        return known_places(self.known, self.beside)

    @property
    def _ahead(self) -> int:
        """Steps to come that are stored of a series which a model answers: columns beside it may be known there."""
        return self.after if self.known else 0

    def _record(self, example: contracts.Example) -> Record:
        value = example["input"]
        return value if isinstance(value, Record) else of_array(value, str(example.get("origin", "series")), asked=True)

    def read(self, example: contracts.Example, budget: Budget) -> contracts.Example:
        if isinstance(example["input"], Stretch):
            return example
        record, where, width = laid_out(self._record(example), self.statics), str(example.get("origin", "")), self.width
        if record.values.shape[1] - record.marked != width:
            many = f"{record.values.shape[1]} columns"
            raise DataError(523, "a series with other columns", where=where, found=many, expected=width)
        if np.isnan(record.values[:, 0]).all():
            raise no_value(where)
        error = refused(record, self.form, where)
        if error is not None:
            raise error
        return {**example, "input": record}

    def encode(self, example: contracts.Example) -> contracts.Columns:
        value = example["input"]
        number = np.array(self.names.get(value.name, len(self.names)), np.int32)
        if isinstance(value, Stretch):
            x, place, at = value.values, value.place, value.at
        elif self.asked == "all":
            x, place, at = value.values, WHOLE, value.start
        else:
            x, place = last_window(value, self._reach, self._ahead)
            at = value.grid.at(value.start, place)
        asked = not isinstance(value, Stretch)  # what is answered needs no labels
        x = of_width(x, self.width + (self.marked and not asked))
        return {"x": x, "place": np.array(place, np.int64), "series": number, "at": np.array(at, np.float64)}

    def fit_stored(self, chunks: Iterable[contracts.Columns]) -> None:
        """Mean, deviation and period of the series from their train steps alone."""
        period = self.period if isinstance(self.period, int) else None
        self.scales = measured(chunks, len(self.names), self.width, period, self.form, added(self.statics))

    def derive(self, columns: contracts.Columns) -> contracts.Columns:
        return {}

    def collate(self, columns: contracts.Columns) -> contracts.Batch:
        import torch

        series = np.minimum(columns["series"], len(self.names))
        if (columns["place"] == WHOLE).any():
            return whole_series(columns, series)
        values = columns["x"][..., : self.width]  # labels of moments stand behind them
        cut = normalised(values, series, self.scales, self.form, self.before, self.after, self._known())
        arrays = {**cut, "series": series.astype(np.int64), "at": columns["at"]}
        return {name: torch.from_numpy(values) for name, values in arrays.items()}

    def ready(self, batch: contracts.Batch) -> contracts.Batch:
        return batch

    def baseline_features(self, learned: contracts.Columns, asked: contracts.Columns) -> tuple[np.ndarray, np.ndarray]:
        """The values of the window."""
        return tuple(self.collate(columns)["x"].flatten(1).numpy() for columns in (learned, asked))  # pyright: ignore[reportReturnType]

    @property
    def spec(self) -> Spec:
        if not self.names and not self.strangers:
            raise DataError(525, "not one series can be read", expected="a table with a column of numbers over time")
        blank = np.full((self._reach + self._ahead, self.width + self.marked), float(self.returns))
        empty = {"x": blank, "place": np.array(self.before, np.int64),
                 "series": np.array(0, np.int32), "at": np.array(0.0)}  # fmt: skip
        key = {"window": self.before, "horizon": self.after, "known": self.known, "returns": self.returns}
        return Spec(self.layout, {"channels": 1, "height": self.width, "width": self.before}, key, empty, "")

    @property
    def augment(self) -> type[Noise]:
        from headstart.data.noise import Noise

        return Noise

    @property
    def view(self) -> SeriesView:
        return SeriesView()

    def with_settings(self, settings: Mapping[str, Any]) -> Series:
        """The same; every setting decides what is stored or learned with the data."""
        for name, value in settings.items():
            if name in _STORED and value not in (self._settings()[name], self._fixed().get(name)):
                raise stored_otherwise(name, value)
        return Series._of(self._fields())

    def _settings(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in _STORED}

    def _fixed(self) -> dict[str, int]:
        return {"window": self.before, "horizon": self.after, "stride": self.steps, "period": self.scales.period}

    def _fields(self) -> dict[str, Any]:
        return {
            "kind": "series", "settings": self._settings(), "fixed": self._fixed(), "names": list(self.names),
            "beside": list(self.beside), "grid": [self.grid.unit, self.grid.every], "time": self.time_name,
            "width": self.width, "marked": self.marked, "scales": self.scales.to_json(),
            "statics": to_json(self.statics),
        }  # fmt: skip

    def save(self, directory: Path) -> None:
        write_whole(directory / _FILE, (json.dumps(self._fields()) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Series:
        path = directory / _FILE
        with intact(DataError(526, "the settings of series cannot be read", where=path)):
            return cls._of(json.loads(path.read_text("utf-8")))

    @classmethod
    def _of(cls, fields: Mapping[str, Any]) -> Series:
        made, fixed = cls(**fields["settings"]), fields["fixed"]
        window, horizon, stride = (int(fixed[name]) for name in ("window", "horizon", "stride"))
        cls(window=window, horizon=horizon, stride=stride)  # which refuses what no series has
        made.before, made.after, made.steps = window, horizon, stride
        made.names = {str(name): number for number, name in enumerate(fields["names"])}
        made.beside, made.time_name = tuple(map(str, fields["beside"])), str(fields["time"])
        made.marked = fields.get("marked", False) is True
        made.grid = Grid(fields["grid"][0], float(fields["grid"][1]))
        made.statics = from_json(fields.get("statics", ()))
        made.scales = Scales.from_json(fields["scales"], int(fields["width"]))
        return made
