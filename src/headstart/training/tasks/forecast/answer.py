"""Forecasts as people read them: a line with its band over time, and a table with a row a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.formatting import readable
from headstart.training.over_series import Grid
from headstart.training.tasks.forecast.scores import METRICS

if TYPE_CHECKING:
    from headstart.core.contracts import Example, Modality


class ForecastAnswer(Answer):
    """Values of the steps to come, each with its band."""

    legend: ClassVar[str] = "orange: forecast; shaded: its band; blue: measured"

    def __init__(self, before: int, grid: Grid, time_name: str) -> None:
        super().__init__(METRICS)
        self._before, self._grid, self._time_name = before, grid, time_name

    def export(self) -> HeadExport:
        return HeadExport(note="Answers are differences from the last value, a step each, in deviations of the series.")

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        return float(np.mean(answer["forecast"]))

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """The mean of all steps, and each of them."""
        if "forecast" not in answer:
            return ()
        steps = [Aspect(f"step {n + 1}", lambda other, n=n: float(other["forecast"][n]))
                 for n in range(len(answer["forecast"]))]  # fmt: skip
        return [Aspect("mean", lambda other: float(np.mean(other["forecast"]))), *steps]

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        if "forecast" not in side:
            return "what came"
        values = side["forecast"]
        if len(values) == 1:
            return readable(values[0])
        return f"{readable(values[0])} ... {readable(values[-1])} in {len(values)} steps"

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        from headstart.data.modalities.series.view import drawn

        window = np.asarray(example["row"]["x"])[:, 0] if "row" in example else np.full(1, np.nan)
        low, high = (np.array(answer[name]) if name in answer else None for name in ("low", "high"))
        shown = window[: self._before][-3 * len(answer["forecast"]) :]
        return drawn(shown, np.array(answer["forecast"]), low, high, window[self._before :])

    def lines(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """A row a step, with the moment it is about."""
        if "forecast" not in answer:
            return [answer]
        steps = {name: answer[name] for name in ("forecast", "low", "high", "return") if name in answer}
        rest = {name: value for name, value in answer.items() if name not in (*steps, "at")}
        moments = [self._grid.text(self._grid.at(answer["at"], step)) for step in range(len(answer["forecast"]))]
        return [
            {**rest, self._time_name: moment, **{name: values[step] for name, values in steps.items()}}
            for step, moment in enumerate(moments)
        ]
