"""The verdict over a scored model: better or worse than the simple model, in words and in style."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.contracts.metric import Metric
from headstart.evaluation.evaluate import Evaluation
from headstart.reports.answers import verdict

UP, DOWN = Metric("accuracy", fraction=True), Metric("rmse", lower_is_better=True)


@pytest.mark.parametrize(
    ("metric", "value", "low", "high", "simple", "tone", "words"),
    [
        (UP, 0.9, 0.85, 0.95, 0.8, "good", "better than the simple model"),
        (UP, 0.9, 0.75, 0.95, 0.8, "unsure", "not surely better"),
        (UP, 0.8, 0.75, 0.95, 0.8, "unsure", "no better"),
        (UP, 0.7, 0.65, 0.85, 0.8, "bad", "below the simple model, within"),
        (UP, 0.7, 0.65, 0.75, 0.8, "bad", "worse than the simple model"),
        (DOWN, 2.0, 1.5, 2.5, 3.0, "good", "better than the simple model"),
        (DOWN, 4.0, 3.5, 4.5, 3.0, "bad", "worse than the simple model"),
        (UP, 0.7, 0.65, 0.75, None, "plain", "accuracy 0.700"),
    ],
)
def test_a_score_is_told_against_the_simple_model(
    metric: Metric, value: float, low: float, high: float, simple: float | None, tone: str, words: str
) -> None:
    name = metric.name
    scores = {name: value, f"{name}_low": low, f"{name}_high": high}
    scores |= {f"baseline_{name}": simple} if simple is not None else {}
    told = verdict(
        Evaluation(
            split="test", rows=np.arange(50), headline=name, metric=metric, scores=scores, answers=[], examples=[]
        )
    )
    assert told.tone == tone
    assert words in told.verdict
    assert f"{value:.3f}" in told.sentence
    assert simple is None or f"simple model, which has no network, has {simple:.3f}" in told.sentence
