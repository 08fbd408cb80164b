"""How one score is read: its direction, its unit, and how it comes from the scores of rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def same(mean: np.ndarray) -> np.ndarray:
    """The mean of the rows is the score."""
    return mean


def negative(mean: np.ndarray) -> np.ndarray:
    """Rows are minus an error, and the score is the error."""
    return 0.0 - mean  # 0, not -0


def level(one: float, other: float) -> bool:
    """Are two scores the same, but for how floats are rounded?"""
    return math.isclose(one, other, rel_tol=1e-5)


@dataclass(frozen=True, slots=True)
class Metric:
    """One score by its usual name.

    lower_is_better  an error, a loss
    fraction         it lies in [0, 1] (or [-1, 1]), so that a difference of 0.01 is one point
    from_rows        means of row scores (larger is better) -> the score, whatever the array's shape; where rows are
                     counts, the last axis holds them
    right_and_wrong  rows are two counts, [right, wrong], and the score depends on their ratio only
    hub              the name by which a hub knows it, if that is another
    own              it is measured in what the model itself sees of rows, so that models do not compare by it
    log              of an objective's: the logged number that its rows are, if that has another name
    """

    name: str
    lower_is_better: bool = False
    fraction: bool = False
    from_rows: Callable[[np.ndarray], np.ndarray] = same
    right_and_wrong: bool = False
    hub: str = ""
    log: str = ""
    own: bool = False

    def of(self, row_scores: np.ndarray) -> float:
        """The score of some rows [n] or [n, C]."""
        return float(self.from_rows(np.asarray(row_scores, np.float64).mean(0)))

    @property
    def sign(self) -> float:
        """+1 where larger is better, -1 where lower is better."""
        return -1.0 if self.lower_is_better else 1.0
