"""Scores that belong to no task: those of objectives. A task's own are its `answer.metrics`."""

import numpy as np

from headstart.core.contracts.metric import Metric, negative


def _exponent_of_negative(mean: np.ndarray) -> np.ndarray:
    """Rows are log-likelihoods, natural logarithm."""
    return np.exp(-mean)


_METRICS = (
    Metric("accuracy", fraction=True),
    Metric("bits_per_byte", lower_is_better=True, from_rows=negative),
    Metric("perplexity", lower_is_better=True, from_rows=_exponent_of_negative),
)


def metric_of(name: str) -> Metric:
    """The metric of a score by its usual name; an unknown name is read as "larger is better", without points."""
    return next((metric for metric in _METRICS if metric.name == name), Metric(name))
