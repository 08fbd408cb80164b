"""A modality from outside: plain vectors, one a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from headstart.core.contracts import Augment, Batch, Columns, Example
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from tests.outside.signals import Defaults, Jitter, Plain


class Vectors:
    """Rows of a table of numbers, brought to mean 0 and deviation 1. Stored: x float32 [F]. Ready: x [B, F]."""

    files = name_groups = False
    columns = None
    told = ()
    layout = "cells"
    vocabulary = placement = duplicates = kinship = windows = pieces = audible = timeline = named_cells = None
    cell_columns = by_column = past = divides = None
    plain: Mapping[str, Any] = MappingProxyType({})

    def __init__(self) -> None:
        self.mean, self.std = [0.0], [1.0]

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        return isinstance(value, np.ndarray) and value.ndim == 1

    def is_row(self, value: Any) -> bool:
        return self.recognises(value, "")

    @property
    def spec(self) -> Spec:
        width = len(self.mean)
        return Spec(self.layout, {"columns": width}, {"width": width}, {"x": np.zeros(width, np.float32)})

    @property
    def augment(self) -> type[Augment]:
        return Jitter

    @property
    def defaults(self) -> Defaults:
        return Defaults()

    @property
    def view(self) -> Plain:
        return Plain()

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        width = len(np.asarray(next(iter(examples))["input"]))
        self.mean, self.std = [0.0] * width, [1.0] * width

    def read(self, example: Example, budget: Budget) -> Example:
        row = np.asarray(example["input"], np.float32)
        if row.shape != (len(self.mean),) or not np.isfinite(row).all():
            raise DataError(
                9002, "a row needs as many finite numbers as the others", where=str(example.get("origin", ""))
            )
        return {**example, "input": row}

    def encode(self, example: Example) -> Columns:
        return {"x": example["input"]}

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        rows = np.concatenate([chunk["x"] for chunk in chunks])
        self.mean, self.std = rows.mean(0).tolist(), (rows.std(0) + 1e-6).tolist()

    def derive(self, columns: Columns) -> Columns:
        return {}

    def collate(self, columns: Columns) -> Batch:
        return {"x": torch.from_numpy(np.array(columns["x"]))}

    def ready(self, batch: Batch) -> Batch:
        mean, std = batch["x"].new_tensor(self.mean), batch["x"].new_tensor(self.std)
        return {**batch, "x": (batch["x"] - mean) / std}

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[np.ndarray, np.ndarray]:
        return learned["x"], asked["x"]

    def with_settings(self, settings: Mapping[str, Any]) -> Vectors:
        return self

    def save(self, directory: Path) -> None:
        (directory / "vectors.json").write_text(json.dumps(vars(self)))

    @classmethod
    def load(cls, directory: Path) -> Vectors:
        modality = cls()
        vars(modality).update(json.loads((directory / "vectors.json").read_text()))
        return modality
