"""Anomalies as people read them: a line with what came and what was forecast, and a table with a row a stretch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.core.contracts.answer import Answer
from headstart.core.contracts.metric import Metric, negative
from headstart.core.formatting import readable
from headstart.training.over_series import Grid
from headstart.training.tasks.anomalies import labelled

if TYPE_CHECKING:
    from headstart.core.contracts import Example, Modality

METRICS = (
    Metric("mse", lower_is_better=True, from_rows=negative), Metric("alarm_rate", fraction=True), *labelled.METRICS
)  # fmt: skip


class AnomaliesAnswer(Answer):
    """Of a row its score, and of a whole series the stretches whose score is above 1."""

    legend: ClassVar[str] = "orange: forecast; blue: measured"

    def __init__(self, before: int, grid: Grid, time_name: str) -> None:
        super().__init__(METRICS)
        self._before, self._grid, self._time_name = before, grid, time_name

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        return float(answer["score"])

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        if "score" not in side:
            return "what came"
        return f"score {readable(side['score'])}{', an alarm' * (side['score'] > 1)}"

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        from headstart.data.modalities.series.view import drawn

        if "row" not in example or "forecast" not in answer:
            return picture
        window = np.asarray(example["row"]["x"])[:, 0]
        past, said = window[: self._before], np.array(answer["forecast"])
        return drawn(past[-3 * len(said) :], said, None, None, window[self._before :])

    def lines(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """A row a stretch: where it begins and ends, its score, and the moment of its peak."""
        if "anomalies" not in answer:
            return [{name: value for name, value in answer.items() if name not in ("forecast", "error", "peak")}]
        rest = {name: value for name, value in answer.items() if name not in ("anomalies", "at", "score")}
        named = (("from", 0), ("to", 1), ("score", 2), ("peak", 3))
        return [
            {**rest, **{name: one[place] if name == "score" else self._text(answer["at"], one[place])
                        for name, place in named}}
            for one in answer["anomalies"]
        ]  # fmt: skip

    def _text(self, start: float, step: int) -> str | float:
        return self._grid.text(self._grid.at(start, step))
