"""Ridge regression from windows to what comes after them, its penalties chosen on rows that come later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.ridge import fit_ridge

SHARES = tuple(10.0 ** (step / 2) for step in range(-3, -14, -1))  # penalties of weights, strongest first
RHYTHMS = (0.0, *(10.0 ** (step / 2) for step in range(-3, -8, -1)))  # of differences of weights a period apart
_FEW = 1000  # rows up to which each is left out by itself
_KEPT = 6000  # errors of rows that were left out
_LATER = (1 / 2, 2 / 3, 5 / 6, 1.0)  # of the rows: what comes before each is learned, up to the next is checked


@dataclass(frozen=True, slots=True)
class WindowFit:
    """The linear map, and of rows that were left out of a fit their features [m, F], what came [m, H] and how far it
    was off [m, H]."""

    linear: LinearFit
    rows: np.ndarray
    came: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True, slots=True)
class Lags:
    """Features that begin with the values of a window: so many steps of each column, column after column, which repeat
    after a period (1: they do not)."""

    columns: int
    steps: int
    period: int

    def apart(self, features: int) -> np.ndarray | None:
        """The quadratic form [F, F] that sums squared differences of weights one period apart; None without a period
        that lies in the window."""
        values = self.columns * self.steps
        if not 1 < self.period < self.steps or values > features:
            return None
        one = np.eye(self.steps)
        change = one[self.period :] - one[: -self.period]
        form = np.zeros((features, features))
        form[:values, :values] = np.kron(np.eye(self.columns), change.T @ change)
        return form


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of some rows: their number, sums and products, x [F], y [H], xx [F, F], xy [F, H], yy [H]."""

    n: float
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, targets: np.ndarray) -> _Sums:
        yy = np.square(targets).sum(0)
        return cls(len(rows), rows.sum(0), targets.sum(0), rows.T @ rows, rows.T @ targets, yy)

    def plus(self, other: _Sums, sign: float = 1.0) -> _Sums:
        """Of both; with the sign -1 of those that are not among the others."""
        n, x, y = self.n + sign * other.n, self.x + sign * other.x, self.y + sign * other.y
        return _Sums(n, x, y, self.xx + sign * other.xx, self.xy + sign * other.xy, self.yy + sign * other.yy)

    def solved(self, share: float, rhythm: float, apart: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The ridge solution, weight [F, H] and bias [H]; penalties are shares of the rows' whole variance."""
        from scipy.linalg import cho_factor, cho_solve

        mean, product = self.x / self.n, self.xx - np.outer(self.x, self.x) / self.n
        whole = max(float(np.trace(product)), 1e-12)
        product[np.diag_indices(len(product))] += share * whole
        if apart is not None and rhythm:
            product += rhythm * whole * apart
        right = self.xy - np.outer(mean, self.y)
        weight = cho_solve(cho_factor(product, overwrite_a=True, check_finite=False), right)
        return weight, self.y / self.n - mean @ weight

    def error(self, weight: np.ndarray, bias: np.ndarray) -> float:
        """The mean squared error of a linear map on these rows."""
        products = ((self.xx @ weight - 2 * self.xy) * weight).sum() + self.yy.sum()
        return float(products + (bias * (2 * (self.x @ weight - self.y) + self.n * bias)).sum()) / self.n / len(bias)


def fit_windows(features: np.ndarray, targets: np.ndarray, at: np.ndarray, lags: Lags | None = None) -> WindowFit:
    """features [n, F] and targets [n, H], NaN where nothing was measured, of moments [n] -> the linear map.

    Two penalties: one on weights, and where the series repeat one on differences of weights that lie a period apart,
    as what a value says of the next days is much what the value of a day before says (without it 24 hours times three
    weeks are learned one by one). Both are chosen by rolling origin: what comes before a moment is learned, and rows
    behind it are checked (Tashman 2000), as of rows between others a map learns too much that does not last.
    """
    from threadpoolctl import threadpool_limits

    known = np.isfinite(targets).all(1) if np.isfinite(targets).all(1).any() else np.isfinite(targets).any(1)
    order = np.flatnonzero(known)[np.argsort(at[known], kind="stable")]
    rows, wanted = features[order].astype(np.float64), np.nan_to_num(targets[order].astype(np.float64))
    mean = rows.mean(0)
    rows -= mean
    with threadpool_limits(1 if rows.size < 10_000_000 else None):
        if len(rows) <= _FEW:
            fit = fit_ridge(rows, wanted)
            weight, bias, came, errors = fit.weight, fit.bias, wanted, wanted - fit.left_out
            chosen = {"penalty": fit.penalty, "held_out_mse": fit.error}
        else:
            edges = _edges(len(rows))
            parts = [_Sums.of(rows[a:b], wanted[a:b]) for a, b in edges]
            before = [_sum(parts[:count]) for count in range(1, len(parts) + 1)]
            apart = None if lags is None else lags.apart(rows.shape[1])
            share, rhythm, error = _penalties(before[:-1], parts[1:], apart)
            weight, bias = before[-1].solved(share, rhythm, apart)
            came = wanted[edges[1][0] :]
            earlier = [one.solved(share, rhythm, apart) for one in before[:-1]]
            said = [rows[a:b] @ past + level for (a, b), (past, level) in zip(edges[1:], earlier, strict=True)]
            errors = came - np.concatenate(said)
            chosen = {"penalty": share, "penalty_apart": rhythm, "held_out_mse": error}
    bias = bias - mean @ weight
    linear = LinearFit(weight.astype(np.float32), bias.astype(np.float32), chosen, missed=chosen["held_out_mse"])
    some = np.unique(np.linspace(0, len(came) - 1, min(len(came), _KEPT)).astype(int))
    return WindowFit(linear, features[order[len(order) - len(came) + some]], came[some], errors[some])


def _edges(count: int) -> list[tuple[int, int]]:
    ends = [0, *(round(count * share) for share in _LATER)]
    return list(pairwise(ends))


def _sum(parts: Sequence[_Sums]) -> _Sums:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.plus(part)
    return whole


def _penalties(before: Sequence[_Sums], after: Sequence[_Sums], apart: np.ndarray | None) -> tuple[float, float, float]:
    """The two penalties with the least error on what comes after the rows that are learned, and that error: the first
    alone, then the second beside it, then the first again."""

    def error(share: float, rhythm: float) -> float:
        solved = [one.solved(share, rhythm, apart) for one in before]
        return float(np.mean([part.error(*fit) for part, fit in zip(after, solved, strict=True)]))

    share = min(SHARES, key=lambda one: error(one, 0.0))
    rhythm = 0.0 if apart is None else min(RHYTHMS, key=lambda one: error(share, one))
    if rhythm:
        share = min(SHARES, key=lambda one: error(one, rhythm))
    return share, rhythm, error(share, rhythm)
