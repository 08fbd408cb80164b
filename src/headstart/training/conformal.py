"""How far off answers may be, from rows that the model did not learn from."""

from __future__ import annotations

import math

import numpy as np


def reach(errors: np.ndarray, share: float) -> np.ndarray | None:
    """The distance within which a new target lies of its answer with at least this chance, [K], from errors [n, K].

    Split conformal prediction (Vovk et al. 2005; Lei et al. 2018, theorem 2): of n errors of rows like the new one, the
    ceil((n + 1) share)-th smallest, whatever the model and the distribution. None where n rows are too few for that.
    """
    place = math.ceil((len(errors) + 1) * share)
    return np.sort(np.abs(errors), 0)[place - 1] if 0 < place <= len(errors) else None


def covered(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """Share of targets [n, K] that lie between low and high, and how far these are apart."""
    inside = (low <= truth) & (truth <= high)
    return {"coverage": float(inside.mean()), "interval_width": float((high - low).mean())}
