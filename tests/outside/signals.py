"""A modality from outside: several named columns of numbers, of unequal length, cut into windows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Augment, Batch, Columns, Example, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from headstart.core.random import normal
from headstart.data.storage.gather import filled, ragged


class Signals:
    """Rows of named number columns, each of its own length, as steps in time.

    Stored: one float32 column a name, [T]. Batch: x [B, T, C], keep [B, T]; shorter columns end with zeros.
    """

    files = name_groups = False
    columns: Sequence[str] = ()
    layout = "steps"
    vocabulary = placement = duplicates = kinship = pieces = audible = timeline = named_cells = cell_columns = None
    by_column = past = divides = None
    told = ()
    plain: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, *, columns: Sequence[str] = (), length: int = 12, stride: int = 6) -> None:
        self.columns, self.length, self.stride = tuple(columns), length, stride
        self.mean, self.std = [0.0] * len(self.columns), [1.0] * len(self.columns)

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, Mapping) and all(np.ndim(column) == 1 for column in value.values())

    def is_row(self, value: Any) -> bool:
        return self.recognises(value, "")

    @property
    def spec(self) -> Spec:
        empty = {name: np.zeros(self.length, np.float32) for name in self.columns}
        sizes = {"channels": len(self.columns), "length": self.length}
        return Spec(self.layout, sizes, {"columns": list(self.columns)}, empty, length_of=self.columns[0])

    @property
    def augment(self) -> type[Augment]:
        return Jitter

    @property
    def defaults(self) -> Defaults:
        return Defaults()

    @property
    def view(self) -> Plain:
        return Plain()

    @property
    def windows(self) -> Cut:
        return Cut(self.length, self.stride, self.columns)

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        self.columns = self.columns or tuple(next(iter(examples))["input"])

    def read(self, example: Example, budget: Budget) -> Example:
        columns = {name: np.asarray(example["input"][name], np.float32) for name in self.columns}
        if any(len(column) == 0 or not np.isfinite(column).all() for column in columns.values()):
            raise DataError(9001, "a signal needs finite numbers", where=str(example.get("origin", "")))
        return {**example, "input": columns}

    def encode(self, example: Example) -> Columns:
        return dict(example["input"])

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        values = [np.concatenate(parts) for parts in zip(*(self._values(chunk) for chunk in chunks), strict=True)]
        self.mean, self.std = [float(v.mean()) for v in values], [float(v.std()) + 1e-6 for v in values]

    def derive(self, columns: Columns) -> Columns:
        return {}

    def collate(self, columns: Columns) -> Batch:
        rows = [ragged(columns, name) for name in self.columns]
        padded = [filled(values, offsets, 0) for values, offsets in rows]
        lengths = np.diff(rows[0][1])
        x = np.zeros((len(lengths), int(lengths.max()), len(rows)), np.float32)
        for place, column in enumerate(padded):
            width = min(column.shape[1], x.shape[1])
            x[:, :width, place] = column[:, :width]
        keep = np.arange(x.shape[1]) < lengths[:, None]
        return {"x": torch.from_numpy(x), "keep": torch.from_numpy(keep)}

    def ready(self, batch: Batch) -> Batch:
        mean, std = batch["x"].new_tensor(self.mean), batch["x"].new_tensor(self.std)
        return {**batch, "x": (batch["x"] - mean) / std * batch["keep"][..., None]}

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[np.ndarray, np.ndarray]:
        return self._last(learned), self._last(asked)

    def with_settings(self, settings: Mapping[str, Any]) -> Signals:
        same = Signals(columns=self.columns, **{"length": self.length, "stride": self.stride, **settings})
        same.mean, same.std = self.mean, self.std
        return same

    def save(self, directory: Path) -> None:
        (directory / "signals.json").write_text(json.dumps(vars(self)))

    @classmethod
    def load(cls, directory: Path) -> Signals:
        saved = json.loads((directory / "signals.json").read_text())
        modality = cls(columns=saved["columns"], length=saved["length"], stride=saved["stride"])
        modality.mean, modality.std = saved["mean"], saved["std"]
        return modality

    def _values(self, columns: Columns) -> list[np.ndarray]:
        return [columns[name].reshape(-1) for name in self.columns]

    def _last(self, columns: Columns) -> np.ndarray:
        """The last but one value of every column, [n, C]."""
        rows = [ragged(columns, name) for name in self.columns]
        return np.stack([values[np.maximum(offsets[1:] - 2, offsets[:-1])] for values, offsets in rows], 1)


class Jitter(Augment):
    """Noise on every value, a function of the row's key."""

    def __init__(self, modality: Modality, *, noise: float = 0.05) -> None:
        super().__init__()
        self.modality, self.noise = modality, noise

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        ready = self.modality.ready(batch)
        if not self.training or not self.noise:
            return ready
        x = ready["x"]
        noise = normal(batch["key"], x[0].numel(), 90 + view).view_as(x)
        return {**ready, "x": x + self.noise * noise * (ready["keep"][..., None] if "keep" in ready else 1.0)}


class Defaults:
    """What suits these data where the user says nothing."""

    tasks: Sequence[str] = ()
    advice: Mapping[str, Any] = MappingProxyType({})

    def learner(self, about: Circumstances, backbone: str) -> Choice:
        return Choice("tests.outside.parts:Denoise", "noise is what sensors add")

    def backbone(self, about: Circumstances, learner: str) -> Choice:
        return Choice("tests.outside.parts:Steps", "it reads steps in time")

    def batch(self, advised: int, about: Circumstances) -> int:
        return min(advised, 16)


class Plain:
    """Rows as lines of numbers."""

    note = ""

    def render(self, x: Tensor) -> list[str]:
        return [" ".join(f"{value:.1f}" for value in row.reshape(-1)[:6].tolist()) for row in x]

    def denormalise(self, x: Tensor) -> Tensor:
        return x


class Cut:
    """Windows of `length` steps, every `stride` steps one."""

    def __init__(self, length: int, stride: int, columns: Sequence[str]) -> None:
        self.length, self.stride, self._columns = length, stride, columns

    def cut(self, columns: Mapping[str, np.ndarray], rows: np.ndarray, starts: np.ndarray) -> Columns:
        """One window each: from place `starts` [B] on of row `rows` [B]."""
        windows: Columns = {}
        for name in self._columns:
            values, offsets = ragged(columns, name)
            begins = np.minimum(offsets[rows] + starts, offsets[rows + 1])
            ends = np.minimum(begins + self.length, offsets[rows + 1])
            windows[name] = np.concatenate([values[a:b] for a, b in zip(begins, ends, strict=True)])
            windows[f"{name}.offsets"] = np.concatenate([[0], np.cumsum(ends - begins)])
        return windows
