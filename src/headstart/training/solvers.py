"""Linear models by scikit-learn on cached features, with the penalty chosen inside the given rows only.

Features are standardised, and where there are more features than rows they are first rotated onto the rows' span: an
L2-penalised solution lies there anyway, so the result is the same and the work shrinks from F to n dimensions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.contracts import LinearFit

FEW_ROWS = 5_000  # up to here the penalty is chosen by k folds, beyond by one held-out tenth
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


def fit_classes(features: np.ndarray, targets: np.ndarray, classes: int, *, solver: str, seed: int) -> LinearFit:
    """Class scores from features [n, F] and class numbers targets [n]; absent classes get a very low score."""
    present, renumbered = np.unique(targets, return_inverse=True)
    weight, bias = np.zeros((features.shape[1], classes), np.float32), np.full(classes, -20.0, np.float32)
    if len(present) == 1:
        bias[present[0]] = 0.0
        return LinearFit(weight, bias, {"penalty": 0.0})
    space = _Space.of(features)
    x = space.enter(features)

    def build(strength: float) -> Any:
        from sklearn.linear_model import LogisticRegression, RidgeClassifier
        from sklearn.svm import LinearSVC

        if solver == "logistic":
            return LogisticRegression(C=strength, max_iter=100, tol=1e-3)
        if solver == "ridge":
            return RidgeClassifier(alpha=1.0 / strength)
        return LinearSVC(C=strength / 10, max_iter=2_000, tol=1e-3, random_state=seed)

    strength, score = _choose(build, x, renumbered, seed=seed, stratified=True)
    model = _fit(build(strength), x, renumbered)
    coefficients, intercept = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    if len(coefficients) == 1:  # two classes: one column of scores for the second class
        coefficients, intercept = np.vstack([-coefficients, coefficients]) / 2, np.hstack([-intercept, intercept]) / 2
    weight[:, present], bias[present] = space.leave(coefficients.T, intercept)
    return LinearFit(weight, bias, {"penalty": strength, "inner_accuracy": score})


def fit_labels(features: np.ndarray, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
    """Independent yes/no scores, one column a label. targets [n, K] of 0 and 1."""
    fits = [fit_classes(features, column, 2, solver=solver, seed=seed) for column in targets.astype(np.int64).T]
    weight = np.stack([fit.weight[:, 1] - fit.weight[:, 0] for fit in fits], 1)
    bias = np.array([fit.bias[1] - fit.bias[0] for fit in fits], np.float32)
    return LinearFit(weight, bias, {"penalty": float(np.mean([fit.chosen["penalty"] for fit in fits]))})


def fit_values(features: np.ndarray, targets: np.ndarray, *, seed: int) -> LinearFit:
    """Ridge regression from features [n, F] to targets [n, K]."""
    from sklearn.linear_model import Ridge

    space = _Space.of(features)
    x = space.enter(features)
    strength, score = _choose(lambda s: Ridge(alpha=1.0 / s), x, targets, seed=seed, stratified=False)
    model = _fit(Ridge(alpha=1.0 / strength), x, targets)
    weight, bias = space.leave(np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_))
    return LinearFit(weight, bias, {"penalty": strength, "inner_r2": score})


@dataclass(frozen=True, slots=True)
class _Space:
    """Standardised features, rotated onto the rows' span where that is smaller."""

    mean: np.ndarray
    scale: np.ndarray
    basis: np.ndarray | None

    @classmethod
    def of(cls, features: np.ndarray) -> _Space:
        n, f = features.shape
        mean = features.mean(0, dtype=np.float64).astype(np.float32)
        spread = features.std(0, dtype=np.float64).astype(np.float32)
        scale = np.where(spread > 1e-6, spread, 1.0).astype(np.float32) * np.sqrt(np.float32(f))
        if f <= n:
            return cls(mean, scale, None)
        _, _, basis = np.linalg.svd((features - mean) / scale, full_matrices=False)
        return cls(mean, scale, basis.T.astype(np.float32))  # [F, n]

    def enter(self, features: np.ndarray) -> np.ndarray:
        x = (features.astype(np.float32) - self.mean) / self.scale
        return x if self.basis is None else x @ self.basis

    def leave(self, weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights [r, K] in this space -> weights [F, K] and bias [K] on raw features."""
        full = weight if self.basis is None else self.basis @ weight
        full = (full / self.scale[:, None]).astype(np.float32)
        return full, (bias - self.mean @ full).astype(np.float32)


def _fit(model: Any, x: np.ndarray, targets: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # an inner optimiser that stops at its iteration limit is a usual and harmless end for a head
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, targets)


def _choose(
    build: Callable[[float], Any], x: np.ndarray, targets: np.ndarray, *, seed: int, stratified: bool
) -> tuple[float, float]:
    """The penalty with the best inner validation score; ties go to the stronger penalty."""
    parts = _parts(targets, seed=seed, stratified=stratified)
    if not parts:
        return 1.0, float("nan")
    means = []
    strengths = PENALTIES if len(x) <= FEW_ROWS else PENALTIES[2:]
    strengths = tuple(s * x.shape[0] ** 0.5 for s in strengths)
    for strength in strengths:
        means.append(np.mean([_fit(build(strength), x[a], targets[a]).score(x[b], targets[b]) for a, b in parts]))
    best = int(np.argmax(means))
    return float(strengths[best]), float(means[best])


def _parts(targets: np.ndarray, *, seed: int, stratified: bool) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """Row numbers to fit and to look at; [] where the rows are too few to hold any out."""
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

    n = len(targets)
    if n > FEW_ROWS:
        labels = targets if stratified else None
        kept, held = train_test_split(np.arange(n), test_size=0.1, random_state=seed, stratify=labels)
        return [(kept, held)]
    folds = min(5, int(np.bincount(targets).min()) if stratified else n // 2)
    if folds < 2:
        return []
    maker = StratifiedKFold if stratified else KFold
    return list(maker(folds, shuffle=True, random_state=seed).split(np.zeros(n), targets))
