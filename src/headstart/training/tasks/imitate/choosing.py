"""Who answers: the model, or an action that needs none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def chosen(losses: Mapping[str, np.ndarray], episode: np.ndarray) -> str:
    """The name whose losses [n] on valid rows are least; but the model, which comes first, has to be better than the
    best of the others by more than one standard error over episodes [n]: rows of one episode are alike."""
    model, *simple = losses
    if not simple:
        return model
    rival = min(simple, key=lambda who: losses[who].mean())
    gained = losses[rival] - losses[model]
    _, number = np.unique(episode, return_inverse=True)
    means = np.bincount(number, gained) / np.bincount(number)
    error = float(means.std(ddof=1)) / len(means) ** 0.5 if len(means) > 1 else 0.0
    return model if gained.mean() > error else rival
