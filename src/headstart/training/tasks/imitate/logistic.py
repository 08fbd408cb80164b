"""Logistic regression from a window to discrete actions, its penalty chosen on episodes that were left out."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.logistic import fit_logistic, log_loss
from headstart.training.tasks.imitate.ridge import folds_of

STRENGTHS = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)  # scikit-learn's C for rows of length 1, strongest penalty first
MOST_ROWS = 20_000  # learned from, spread over all
_NEVER, _LEAST = -20.0, 1e-6  # logit of a choice that no train row makes; deviation of a column that does not move


def fit_choices(features: np.ndarray, choices: np.ndarray, episode: np.ndarray, count: int) -> LinearFit:
    """features [n, F], numbers of choices [n, H], NaN where nothing is known -> logits [n, H * count], each step by
    itself. Ridge on +1 and -1 would hide a choice that lies between two others (Hastie et al. 2009, section 4.2)."""
    some = np.unique(np.linspace(0, len(features) - 1, min(len(features), MOST_ROWS)).astype(int))
    there = features[some].astype(np.float64)
    mean, deviation = there.mean(0), there.std(0)
    scale = np.where(deviation > _LEAST, 1 / np.maximum(deviation, _LEAST), 0.0) / max(1, features.shape[1]) ** 0.5
    rows = ((there - mean) * scale).astype(np.float32)
    strength, loss = _strength(rows, choices[some, 0], folds_of(episode[some]), count)
    weights = np.stack([_fitted(rows, step, strength, count) for step in choices[some].T], 1)  # [F + 1, H, K]
    weight = scale[:, None] * weights[:-1].reshape(len(scale), -1)
    bias = weights[-1].ravel() - mean @ weight
    chosen = {"penalty": 1 / strength, "held_out_loss": loss}
    return LinearFit(weight.astype(np.float32), bias.astype(np.float32), chosen)


def _strength(rows: np.ndarray, choices: np.ndarray, fold: np.ndarray, count: int) -> tuple[float, float]:
    """The C with the least log loss of the action now on a part of the episodes, and that loss."""
    held = (fold == fold.max()) & np.isfinite(choices)
    learned = (fold != fold.max()) & np.isfinite(choices)
    if not held.any() or not learned.any():
        return STRENGTHS[2], float("nan")
    losses = list[float]()
    for strength in STRENGTHS:
        weights = _fitted(rows[learned], choices[learned], strength, count)
        losses.append(log_loss(rows[held] @ weights[:-1] + weights[-1], choices[held].astype(np.int64)))
        if len(losses) > 1 and losses[-1] > losses[-2]:
            break
    best = int(np.argmin(losses))
    return STRENGTHS[best], losses[best]


def _fitted(rows: np.ndarray, choices: np.ndarray, strength: float, count: int) -> np.ndarray:
    """Weights [F + 1, K], the bias last."""
    known = np.isfinite(choices)
    there, y = np.unique(choices[known].astype(np.int64), return_inverse=True)
    weights = np.zeros((rows.shape[1] + 1, count))
    weights[-1] = _NEVER
    if len(there):
        weights[:, there] = fit_logistic(rows[known], y, strength) if len(there) > 1 else 0.0
    return weights
