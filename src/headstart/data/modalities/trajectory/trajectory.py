"""Recorded episodes of somebody who acts, such as a robot -> windows of the past, and the actions that followed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.spec import Layout as Ordered
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError, RecipeError
from headstart.core.files import write_whole
from headstart.data.gaps import filled
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.labels.readings import Step
from headstart.data.line_view import LineView
from headstart.data.modalities.trajectory.defaults import TrajectoryDefaults
from headstart.data.modalities.trajectory.layout import Layout, laid_out, layout_of
from headstart.data.modalities.trajectory.parts import Divided
from headstart.data.modalities.trajectory.scales import Scales, measured
from headstart.data.modalities.trajectory.steps import Runs, Steps, Stretch, number_of, window_before
from headstart.data.modalities.trajectory.windows import cut
from headstart.data.records import Episode

if TYPE_CHECKING:
    from headstart.data.noise import Noise

_FILE = "trajectory.json"
_STORED = ("window", "horizon", "stride", "actions")  # what the data decide or were cut by
MOST_ROWS, MOST_STEPS = 200_000, 1 << 12  # rows of a store; steps of a window, or to come
PAST, AHEAD, STEPS = 1 / 3, 1.0, 10  # seconds that are read and said; steps of both where no rate is known
_PART = 4  # of an episode neither is longer than such a part
Auto = Literal["auto"]


class Trajectory:
    """Episodes: what was observed at every step, and the action that was then taken. A row is a step, with the window
    of the past up to it, and the actions from it on.

    window   steps that a model reads, the last of them now ("auto": a third of a second, 10 where no rate is known)
    horizon  steps whose actions a model says, the first of them now ("auto": one second, 10 where no rate is known)
    stride   steps from row to row ("auto": 1, more where there were more than 200,000 rows)
    actions  the actions of the steps before are read, too. A model then often repeats the last one: it scores well on
             recorded episodes and does worse when it acts (de Haan et al. 2019)
    reads    what a window holds of the steps before now: the "changes" from then to now, each in its own deviations, so
             that small movements count as much as places; or their "values", from which forward models are learned

    Stored: x float32 [k, S + A] of k steps; place, the number of the first one in its episode; episode, a number that
    follows from its content. Batch and ready: x float32 [B, 1, C, window], y float32 [B, horizon, A], known
    bool [B, horizon], base float32 [B, A]: see `windows.cut`; place and episode int64 [B].
    """

    layout: ClassVar[Ordered] = "grid"  # one row of values for each column, time along the width
    files: ClassVar = False
    name_groups: ClassVar = False
    columns = vocabulary = placement = duplicates = kinship = windows = audible = named_cells = cell_columns = None
    by_column = past = None
    plain: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    defaults, divides = TrajectoryDefaults(), Divided()

    def __init__(
        self, *, window: int | Auto = "auto", horizon: int | Auto = "auto", stride: int | Auto = "auto",
        actions: bool = False, reads: Literal["changes", "values"] = "changes",
    ) -> None:  # fmt: skip
        for name, value in (("window", window), ("horizon", horizon), ("stride", stride)):
            if isinstance(value, int) and not 1 <= value <= MOST_STEPS:
                raise RecipeError(870, "so many steps cannot be", where=f"trajectory.{name}", found=value,
                                  expected=f"1 to {MOST_STEPS:,}", fix="leave it out")  # fmt: skip
        self.window, self.horizon, self.stride, self.actions = window, horizon, stride, actions
        self.reads: Literal["changes", "values"] = reads
        self.form = Layout()
        self.read_steps, self.after, self.steps = 1, 1, 1
        self.scales = Scales.blank(0, 0, 1)
        self._episodes = (0, 0, 0, 0)  # of train: how many, shortest, longest, steps of all

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, Episode | Step)

    def is_row(self, value: Any) -> bool:
        return isinstance(value, Episode)

    @property
    def told(self) -> Sequence[str]:
        """What was found, before anything is learned."""
        count, least, most, steps = self._episodes
        if not count:
            return []
        form, scales = self.form, self.scales
        rate = f" at {form.rate:.4g} a second" if form.rate else ""
        each = f"{least:,} to {most:,}" if least < most else f"{most:,}"
        acts = f"one of {form.discrete} actions" if form.discrete else f"{len(form.acts)} values"
        said = [f"{count:,} episodes of {each} steps{rate}, {steps:,} in all: {len(form.observes)} values observed, "
                f"{acts} done"]  # fmt: skip
        if scales.still:
            names = [(*form.observes, *form.acts)[place] for place in scales.still]
            said.append(f"columns that do not move: {', '.join(names)}")
        follow = int((scales.follows >= 0).sum())
        if follow:
            said.append(
                f"{follow} of {len(form.acts)} actions are places of an observed value: their change is learned"
            )
        past = " with the actions done" if self.actions else ""
        return [*said, f"windows of {self.read_steps} steps{past}, the actions of {self.after} to come"]

    @property
    def before(self) -> int:
        """Steps that lie in front of a row."""
        return self.read_steps - 1 + self.actions

    @property
    def timeline(self) -> Runs:
        return Runs(self.before, self.after)

    @property
    def pieces(self) -> Steps:
        return Steps(self.form, self.before, self.steps)

    def fit(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        """The columns and rate that most episodes have, and the lengths of windows that suit them."""
        found, lengths = list[Layout](), list[int]()
        for example in examples:
            if isinstance(example["input"], Episode):
                found.append(layout_of(example["input"]))
                lengths.append(len(example["input"].observed))
        if not found:
            return  # `read` says what is wrong with them
        self.form = Layout.of(found)
        self._episodes = len(lengths), min(lengths), max(lengths), sum(lengths)
        most = max(1, int(np.median(lengths)) // _PART)
        past, ahead = (
            max(1, round(seconds * self.form.rate)) if self.form.rate else STEPS for seconds in (PAST, AHEAD)
        )
        self.read_steps = self.window if isinstance(self.window, int) else min(past, most)
        self.after = self.horizon if isinstance(self.horizon, int) else min(ahead, most)
        self.steps = self.stride if isinstance(self.stride, int) else max(1, sum(lengths) // MOST_ROWS)
        self.scales = Scales.blank(len(self.form.observes), len(self.form.acts), self.read_steps)

    def read(self, example: contracts.Example, budget: Budget) -> contracts.Example:
        """A stretch as it was cut; of a whole episode its last step: what is to be done there is asked."""
        value, where = example["input"], str(example.get("origin", "episode"))
        if isinstance(value, Stretch):
            return example
        if not isinstance(value, Episode):
            found = f"{type(value).__name__}"
            raise DataError(877, "this is no episode", where=where, found=found, expected="an Episode",
                            fix="give episodes, or a file or folder of them")  # fmt: skip
        values, repaired = laid_out(value, self.form, where, asked=True)
        last = len(values) - 1
        stretch = Stretch(window_before(values, last, self.before), last, number_of(values))
        return {**example, "input": stretch, **({"repaired": repaired} if repaired else {})}

    def columns_now(self, values: np.ndarray, lengths: np.ndarray) -> contracts.Columns:
        """What `read` and `encode` make of the last steps of B episodes that go on, at once: see `Acting.columns`."""
        known = np.where(np.isinf(values), np.nan, values)
        observed = known[:, :, : len(self.form.observes)]
        blind = np.isnan(observed).all((1, 2))
        if blind.any():
            raise DataError(874, "an episode without one observed value", where=f"episode {int(blind.argmax())}",
                            fix="observe at least one value")  # fmt: skip
        there = ~np.isnan(observed).all(1, keepdims=True)
        past = np.arange(values.shape[1]) >= values.shape[1] - lengths[:, None]  # [B, T]
        whole = filled(observed.swapaxes(0, 1)).swapaxes(0, 1)
        known[:, :, : len(self.form.observes)] = np.where(there & past[..., None], whole, np.nan)
        most = float(np.finfo(np.float32).max)
        last = np.minimum(lengths - 1, self.before)
        return {"x": np.clip(known, -most, most).astype(np.float32), "place": last, "episode": np.zeros_like(last)}

    def encode(self, example: contracts.Example) -> contracts.Columns:
        stretch, most = example["input"], float(np.finfo(np.float32).max)
        return {
            "x": np.clip(stretch.values, -most, most).astype(np.float32),
            "place": np.array(stretch.place, np.int64), "episode": np.array(stretch.episode, np.int64),
        }  # fmt: skip

    def fit_stored(self, chunks: Iterable[contracts.Columns]) -> None:
        """Mean and deviation of every column in train steps, and which actions are places that are observed."""
        form = self.form
        self.scales = measured(chunks, len(form.observes), len(form.acts), self.read_steps, form.discrete)

    def derive(self, columns: contracts.Columns) -> contracts.Columns:
        return {}

    def collate(self, columns: contracts.Columns) -> contracts.Batch:
        import torch

        found = cut(columns["x"], columns["place"], self.form, self.scales, window=self.read_steps, before=self.before,
                    after=self.after, actions=self.actions, changes=self.reads == "changes")  # fmt: skip
        arrays = {**found, "place": columns["place"], "episode": columns["episode"]}
        return {name: torch.from_numpy(values) for name, values in arrays.items()}

    def ready(self, batch: contracts.Batch) -> contracts.Batch:
        return batch

    def baseline_features(self, learned: contracts.Columns, asked: contracts.Columns) -> tuple[np.ndarray, np.ndarray]:
        """The values of the window."""
        return tuple(self.collate(columns)["x"].flatten(1).numpy() for columns in (learned, asked))  # pyright: ignore[reportReturnType]

    @property
    def spec(self) -> Spec:
        form = self.form
        if not form.observes:
            raise DataError(878, "not one episode can be read", expected="episodes with observed values and actions",
                            fix="name the columns that are observed, and those that are done")  # fmt: skip
        empty = {"x": np.zeros((self.before + 1, form.width), np.float32), "place": np.array(self.before, np.int64),
                 "episode": np.array(0, np.int64)}  # fmt: skip
        key = {"window": self.read_steps, "horizon": self.after, "actions": self.actions,
               "observes": list(form.observes), "acts": list(form.acts)}  # fmt: skip
        height = len(form.observes) + self.actions * (form.discrete or len(form.acts))
        return Spec(self.layout, {"channels": 1, "height": height, "width": self.read_steps}, key, empty, "")

    @property
    def augment(self) -> type[Noise]:
        from headstart.data.noise import Noise

        return Noise

    @property
    def view(self) -> LineView:
        return LineView(self.spec.sizes["height"], "column")

    def with_settings(self, settings: Mapping[str, Any]) -> Trajectory:
        """The same with other `reads`; every other setting decides what is stored or learned with the data."""
        for name, value in settings.items():
            if name in _STORED and value not in (self._settings()[name], self._fixed().get(name)):
                raise stored_otherwise(name, value)
        reads = {name: value for name, value in settings.items() if name == "reads"}
        return Trajectory._of({**self._fields(), "settings": {**self._settings(), **reads}})

    def _settings(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in (*_STORED, "reads")}

    def _fixed(self) -> dict[str, int]:
        return {"window": self.read_steps, "horizon": self.after, "stride": self.steps}

    def _fields(self) -> dict[str, Any]:
        form = self.form
        return {
            "kind": "trajectory", "settings": self._settings(), "fixed": self._fixed(), "observes": list(form.observes),
            "acts": list(form.acts), "units": list(form.units), "rate": form.rate, "discrete": form.discrete,
            "episodes": list(self._episodes), "scales": self.scales.to_json(),
        }  # fmt: skip

    def save(self, directory: Path) -> None:
        write_whole(directory / _FILE, (json.dumps(self._fields()) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Trajectory:
        path = directory / _FILE
        with intact(DataError(879, "the settings of trajectories cannot be read", where=path)):
            return cls._of(json.loads(path.read_text("utf-8")))

    @classmethod
    def _of(cls, fields: Mapping[str, Any]) -> Trajectory:
        made, fixed = cls(**fields["settings"]), fields["fixed"]
        window, horizon, stride = (int(fixed[name]) for name in ("window", "horizon", "stride"))
        cls(window=window, horizon=horizon, stride=stride)  # which refuses what no episode has
        made.read_steps, made.after, made.steps = window, horizon, stride
        observes, acts, units = (tuple(map(str, fields[name])) for name in ("observes", "acts", "units"))
        made.form = Layout(observes, acts, units, float(fields["rate"]), int(fields["discrete"]))
        count, least, most, steps = map(int, fields["episodes"])
        made._episodes = count, least, most, steps
        made.scales = Scales.from_json(fields["scales"], made.form.width, len(acts))
        return made
