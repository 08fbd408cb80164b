"""Numbers as answers: one a row, or several, in the unit of the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from headstart.core.contracts.answer import Answer, HeadExport
from headstart.core.contracts.metric import Metric, negative
from headstart.core.errors import DataError
from headstart.core.formatting import readable
from headstart.data.labels.numbers import plain_number
from headstart.training.target_scale import LogScale

METRICS = (  # rows are minus squared errors
    Metric("rmse", lower_is_better=True, from_rows=lambda mean: np.sqrt(np.maximum(-mean, 0.0))),
    Metric("mae", lower_is_better=True, from_rows=negative),
    Metric("mse", lower_is_better=True, from_rows=negative),
    Metric("r2", fraction=True, hub="r_squared"),
    Metric("spearman", fraction=True, hub="spearmanr"),
    Metric("coverage", fraction=True),
    Metric("interval_width", lower_is_better=True),
)


class Values(Answer):
    """A number, or several, in the unit of the target."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], scaling: LogScale | None) -> None:
        super().__init__(METRICS)
        self._mean, self._std, self._scaling = list(mean), list(std), scaling

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        return float(answer["value"]) if isinstance(answer["value"], float) else None

    def numbers(self, answer: Mapping[str, Any]) -> Mapping[str, float]:
        value = answer["value"]
        return {"value": value} if isinstance(value, float) else {f"value {n}": one for n, one in enumerate(value, 1)}

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        value = side["value"] if "value" in side else side["label"]
        return ", ".join(map(readable, value if isinstance(value, list | tuple) else [value]))

    def pipeline(self, modality: str) -> str:
        return "tabular-regression" if modality == "table" else ""

    def export(self) -> HeadExport:
        if (scaling := self._scaling) is not None:
            return HeadExport(facts=scaling.facts, formula=scaling.formula, finish=scaling.leave)
        mean, std, facts = torch.tensor(self._mean), torch.tensor(self._std), {"mean": self._mean, "std": self._std}
        return HeadExport(facts=facts, formula="answers = outputs * std + mean", finish=lambda out: out * std + mean)


def _number(one: Any) -> float:
    """A number as it is, or as a text in the usual form; ValueError for any other text (1_0, 7,5)."""
    value = plain_number(one) if isinstance(one, str) else float(one)
    if value is None:
        raise ValueError(one)
    return value


def numbers_in(label: Any, where: str) -> list[float]:
    """The numbers of a label, one or several; DataError for anything else."""
    try:
        values = [_number(one) for one in (label if isinstance(label, list | tuple) else [label])]
    except (TypeError, ValueError) as cause:
        fix = "write plain numbers such as 1234.5 without units, or use --task classify for names"
        raise DataError(404, "target is not a number", where=where, found=repr(label), fix=fix) from cause
    if not np.isfinite(values).all():
        raise DataError(405, "target is not finite", where=where, found=repr(label), fix="correct or drop the row")
    return values
