"""Ridge regression from windows to what comes after them, its penalty chosen on stretches of time that are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.ridge import fit_ridge, fit_ridge_tall

_FEW = 1000  # rows up to which each is left out by itself
_KEPT = 6000  # errors of rows that were left out
_BLOCKS, _EVERY = 50, 5  # of the rows in order; every fifth block is left out


@dataclass(frozen=True, slots=True)
class WindowFit:
    """The linear map, and of rows that were left out of a fit what came [m, H] and how far it was off [m, H]."""

    linear: LinearFit
    came: np.ndarray
    errors: np.ndarray


def fit_windows(features: np.ndarray, targets: np.ndarray) -> WindowFit:
    """features [n, F] and targets [n, H] in order of time, NaN where nothing was measured -> the linear map.

    Neighbouring windows share nearly all of their values: rows left out one by one would say nothing of the penalty,
    so whole blocks are.
    """
    from threadpoolctl import threadpool_limits

    known = np.isfinite(targets).all(1) if np.isfinite(targets).all(1).any() else np.isfinite(targets).any(1)
    rows, wanted = features[known].astype(np.float64), np.nan_to_num(targets[known].astype(np.float64))
    mean = rows.mean(0)
    rows -= mean
    with threadpool_limits(1 if rows.size < 10_000_000 else None):
        held = np.ones(len(rows), bool)
        if len(rows) <= _FEW:
            fit = fit_ridge(rows, wanted)
        else:
            held = np.arange(len(rows)) // max(1, len(rows) // _BLOCKS) % _EVERY == _EVERY - 1
            fit = fit_ridge_tall(rows, wanted, held)
    bias = fit.bias - mean @ fit.weight
    chosen = {"penalty": fit.penalty, "held_out_mse": fit.error}
    linear = LinearFit(fit.weight.astype(np.float32), bias.astype(np.float32), chosen)
    came = wanted[held]
    some = np.unique(np.linspace(0, len(came) - 1, min(len(came), _KEPT)).astype(int))
    return WindowFit(linear, came[some], (came - fit.left_out)[some])
