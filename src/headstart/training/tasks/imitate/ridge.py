"""Ridge regression from a window to the actions to come, its penalty chosen on episodes that were left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from headstart.core.contracts.probe import LinearFit

PENALTIES = tuple(10.0 ** (step / 2) for step in range(4, -11, -1))  # shares of the variance of a column
FOLDS = 5
_AT_ONCE, _LEAST = 1 << 14, 1e-6


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of some rows: their number, sums and products of features and targets."""

    n: float
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: float

    def plus(self, other: _Sums, sign: float = 1.0) -> _Sums:
        """Of both; with the sign -1 of those that are not among the others."""
        return _Sums(self.n + sign * other.n, self.x + sign * other.x, self.y + sign * other.y,
                     self.xx + sign * other.xx, self.xy + sign * other.xy, self.yy + sign * other.yy)  # fmt: skip

    def solved(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Eigenvectors [F, F] and values [F] of the correlations, the targets along them [F, K], and deviations."""
        mean = self.x / self.n
        product = self.xx / self.n - np.outer(mean, mean)
        deviation = np.sqrt(np.maximum(np.diag(product), 0))
        inverse = np.where(deviation > _LEAST, 1 / np.maximum(deviation, _LEAST), 0.0)
        values, vectors = np.linalg.eigh(product * np.outer(inverse, inverse))
        right = (self.xy / self.n - np.outer(mean, self.y / self.n)) * inverse[:, None]
        return vectors, np.maximum(values, 0), vectors.T @ right, inverse

    def error(self, weight: np.ndarray, bias: np.ndarray) -> float:
        """The mean squared error of a linear map on these rows."""
        products = (weight * (self.xx @ weight - 2 * self.xy)).sum() + self.yy
        return float(products + (bias * (2 * (self.x @ weight - self.y) + self.n * bias)).sum()) / self.n / len(bias)


def fit_actions(features: np.ndarray, targets: np.ndarray, episode: np.ndarray) -> LinearFit:
    """features [n, F], targets [n, K] with NaN where nothing is known, numbers of episodes [n] -> the linear map.

    Rows of one episode are alike, so that rows between others say little of a new one: whole episodes are left out to
    choose the penalty. At the end of an episode the last targets are not known: they are taken from a map of the other
    rows, so that the first ones are learned to the end.
    """
    from threadpoolctl import threadpool_limits

    whole = np.isfinite(targets).all(1)
    if not whole.any():
        whole = np.isfinite(targets).any(1)
    rows = np.flatnonzero(whole)
    with threadpool_limits(1 if features.size < 10_000_000 else None):
        fit = _fitted(features, targets, rows, folds_of(episode[rows]))
        part = np.flatnonzero(np.isfinite(targets).any(1) & ~whole)
        if not len(part):
            return fit
        said = features[part] @ fit.weight + fit.bias
        filled = targets.copy()
        filled[part] = np.where(np.isfinite(targets[part]), targets[part], said)
        return _fitted(features, filled, np.union1d(rows, part), None, fit.chosen)


def folds_of(episode: np.ndarray) -> np.ndarray:
    """Five parts of whole episodes, or of fewer where there are not as many; of one episode five parts in order."""
    names, number = np.unique(episode, return_inverse=True)
    return number % FOLDS if len(names) > 1 else np.arange(len(episode)) * FOLDS // max(1, len(episode))


def _fitted(
    features: np.ndarray, targets: np.ndarray, rows: np.ndarray, fold: np.ndarray | None,
    chosen: Mapping[str, float] = MappingProxyType({}),
) -> LinearFit:  # fmt: skip
    """The map of these rows; its penalty is what was `chosen`, or is chosen on each fold in turn."""
    shift = features[rows].mean(0, dtype=np.float64)  # the vectors of a network may lie far from 0
    folds = [rows] if fold is None else [rows[fold == one] for one in np.unique(fold)]
    parts = [_sums(features, targets, some, shift) for some in folds]
    total = parts[0]
    for part in parts[1:]:
        total = total.plus(part)
    if not chosen:
        chosen = _penalty(total, parts)
    weight, bias = _map(total, total.solved(), chosen["penalty"])
    return LinearFit(weight.astype(np.float32), (bias - shift @ weight).astype(np.float32), chosen)


def _penalty(total: _Sums, parts: Sequence[_Sums]) -> dict[str, float]:
    """That with the least error on parts that were left out, and the error."""
    outer = [(total.plus(part, -1.0), part) for part in parts] if len(parts) > 1 else [(total, total)]
    errors = np.zeros(len(PENALTIES))
    for learned, checked in outer:
        solution = learned.solved()
        errors += [checked.error(*_map(learned, solution, one)) * checked.n / total.n for one in PENALTIES]
    best = int(errors.argmin())
    return {"penalty": PENALTIES[best], "held_out_mse": float(errors[best])}


def _map(
    sums: _Sums, solution: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    vectors, values, along, inverse = solution
    weight = inverse[:, None] * (vectors @ (along / (values + penalty)[:, None]))
    return weight, (sums.y - sums.x @ weight) / sums.n


def _sums(features: np.ndarray, targets: np.ndarray, rows: np.ndarray, shift: np.ndarray) -> _Sums:
    """Block by block: rows of float32, sums of float64."""
    width, outputs = features.shape[1], targets.shape[1]
    found = _Sums(0.0, np.zeros(width), np.zeros(outputs), np.zeros((width, width)), np.zeros((width, outputs)), 0.0)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        x = features[some].astype(np.float64) - shift
        y = np.nan_to_num(targets[some].astype(np.float64))
        found = found.plus(_Sums(len(some), x.sum(0), y.sum(0), x.T @ x, x.T @ y, float(np.square(y).sum())))
    return found
