"""Ridge regression from windows to what comes after them, its penalty chosen on stretches of time that are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.ridge import RidgeFit, fit_ridge

SHARES = tuple(10.0 ** (step / 2) for step in range(-3, -14, -1))  # penalties, strongest first
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
            blocks = np.arange(len(rows)) // max(1, len(rows) // _BLOCKS)
            held = blocks % _EVERY == _EVERY - 1
            fit = _in_blocks(rows, wanted, held, blocks[held])
    bias = fit.bias - mean @ fit.weight
    chosen = {"penalty": fit.penalty, "held_out_mse": fit.error}
    linear = LinearFit(fit.weight.astype(np.float32), bias.astype(np.float32), chosen)
    came = wanted[held]
    some = np.unique(np.linspace(0, len(came) - 1, min(len(came), _KEPT)).astype(int))
    return WindowFit(linear, came[some], (came - fit.left_out)[some])


def _in_blocks(rows: np.ndarray, targets: np.ndarray, held: np.ndarray, blocks: np.ndarray) -> RidgeFit:
    """The strongest penalty that is no worse on held blocks than the best one by more than one standard error of their
    difference (Breiman et al. 1984, section 3.4.3): what is to come is further away than a block between others.

    rows [n, F], of mean 0 a column, targets [n, H], held [n] bool, blocks [m] of the held ones.
    """
    bias = targets.mean(0)
    centred = targets - bias
    learned, checked = (rows[part].T @ rows[part] for part in (~held, held))
    along, rest = (rows[part].T @ centred[part] for part in (~held, held))
    of_block = [blocks == block for block in np.unique(blocks)]
    errors = np.empty((len(SHARES), len(of_block)))
    for place, share in enumerate(SHARES):
        off = np.square(centred[held] - rows[held] @ _solved(learned, share, along)).mean(1)  # [m]
        errors[place] = [off[inside].mean() for inside in of_block]
    worse = errors - errors[errors.mean(1).argmin()]  # [S, blocks]
    enough = worse.mean(1) <= worse.std(1, ddof=1) / len(of_block) ** 0.5
    place = int(enough.argmax())
    left_out = rows[held] @ _solved(learned, SHARES[place], along) + bias
    whole = learned + checked
    penalty = SHARES[place] * float(np.trace(whole))
    weight = _solved(whole, SHARES[place], along + rest)
    return RidgeFit(weight, bias, left_out, penalty, float(errors[place].mean()))


def _solved(product: np.ndarray, share: float, right: np.ndarray) -> np.ndarray:
    """The ridge solution for products of rows [F, F] and [F, H], the penalty as a share of their trace."""
    from scipy.linalg import cho_factor, cho_solve

    moved = product.copy()
    moved[np.diag_indices(len(moved))] += share * max(float(np.trace(product)), 1e-12)
    return cho_solve(cho_factor(moved, overwrite_a=True, check_finite=False), right)
