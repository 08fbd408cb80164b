"""Answers in order of time: what they lose, period by period, and what a rule that acts on them would have earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Trades:
    """A rule that takes positions by what answers say, in order of time, and holding all the time.

    words    what the rule is, and what a turn costs
    periods  [m] the name of the period of each step
    rule     [m] returns after costs
    hold     [m] returns of holding
    turned   [m] how much was bought or sold, as a share of the capital
    yearly   steps a year; 1 where steps are not dated
    """

    words: str
    periods: Sequence[str]
    rule: np.ndarray
    hold: np.ndarray
    turned: np.ndarray
    yearly: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """Scored answers in order of time; what several rows say of one moment is a mean.

    of_rows  the name of the period of each scored row, such as a year, in their order
    periods  [n] that of each moment
    span     moments in a row whose losses are not independent
    metric   what losses are called: "mse"
    losses   [n] each, smaller is better, by who answers: the model first, then answers that need none
    trades   what a rule would have earned, where one is asked for
    apart    moments that are told beside all of them, bool [n], by what they are
    """

    of_rows: Sequence[str]
    periods: Sequence[str]
    span: int
    metric: str
    losses: Mapping[str, np.ndarray]
    trades: Trades | None = None
    apart: Mapping[str, np.ndarray] = field(default_factory=dict)
