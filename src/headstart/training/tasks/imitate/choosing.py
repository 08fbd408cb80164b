"""Who answers: the model, or an action that needs none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_SURE = 0.95


def chosen(losses: Mapping[str, np.ndarray], episode: np.ndarray) -> str:
    """The name whose losses [n] on valid rows are least; but the model, which comes first, has to be better than the
    best of the others by more than chance over episodes [n], one-sided at 95 %: rows of one episode are alike. Where
    episodes are few and of different difficulty no t test is sure: better in every one of them is enough."""
    from scipy.stats import t

    model, *simple = losses
    if not simple:
        return model
    rival = min(simple, key=lambda who: losses[who].mean())
    gained = losses[rival] - losses[model]
    _, number = np.unique(episode, return_inverse=True)
    means = np.bincount(number, gained) / np.bincount(number)
    chance = t.ppf(_SURE, len(means) - 1) * means.std(ddof=1) / len(means) ** 0.5 if len(means) > 1 else 0.0
    return model if gained.mean() > chance or (means > 0).all() else rival
