"""Ridge regression from windows to what comes after them, its penalty chosen on stretches of time that are left out."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.ridge import fit_ridge, fit_ridge_tall

_FEW = 1000  # rows up to which each is left out by itself
_BLOCKS, _EVERY = 50, 5  # of the rows in order; every fifth block is left out


def fit_windows(features: np.ndarray, targets: np.ndarray) -> LinearFit:
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
        if len(rows) <= _FEW:
            fit = fit_ridge(rows, wanted)
        else:
            block = np.arange(len(rows)) // max(1, len(rows) // _BLOCKS)
            fit = fit_ridge_tall(rows, wanted, block % _EVERY == _EVERY - 1)
    bias = fit.bias - mean @ fit.weight
    chosen = {"penalty": fit.penalty, "held_out_mse": fit.error}
    return LinearFit(fit.weight.astype(np.float32), bias.astype(np.float32), chosen)
