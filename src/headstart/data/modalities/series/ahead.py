"""Columns beside a series that tell its future: a copy of it from later moments, or what it will have moved by."""

from __future__ import annotations

import numpy as np

from headstart.data.gaps import filled

_ALIKE, _MORE, _FURTHEST = 0.9, 0.2, 500  # correlation of steps; above that of the same moment and before; lags
_FEWEST = 30  # steps


def telling(values: np.ndarray) -> list[tuple[int, int]]:
    """Values [T, C] of what is forecast and the columns beside it -> those columns, each with the number of steps by
    which what is forecast follows it.

    Steps from value to value are compared, at every lag; what repeats is as much alike at earlier moments, and what
    moves at the same moment is so at lag 0: neither counts.
    """
    return _followed(np.diff(filled(values), axis=0))


def telling_steps(values: np.ndarray) -> list[tuple[int, int]]:
    """The same of columns that are a later step of what is forecast, or where that is above 0 a later return."""
    whole = filled(values)
    level = np.log(whole[:, :1]) if (whole[:, 0] > 0).all() else whole[:, :1]
    return _followed(np.concatenate([np.diff(level, axis=0), whole[1:, 1:]], 1))


def _followed(steps: np.ndarray) -> list[tuple[int, int]]:
    """Columns [T, C] that the first one follows, each with the lag."""
    length, furthest = len(steps), min(_FURTHEST, len(steps) // 3)
    if length < _FEWEST:
        return []
    spectra = np.fft.rfft(_even(steps), 2 * length, axis=0)
    found = list[tuple[int, int]]()
    for column in range(1, steps.shape[1]):
        alike = np.abs(np.fft.irfft(np.conj(spectra[:, column]) * spectra[:, 0])) / length
        later, before = alike[1 : furthest + 1], max(alike[0], alike[-furthest:].max())
        lag = int(later.argmax()) + 1
        if later[lag - 1] > max(_ALIKE * (1 - lag / length), before + _MORE):
            found.append((column, lag))
    return found


def _even(steps: np.ndarray) -> np.ndarray:
    """Of mean 0 and deviation 1 a column; a column that does not move stays at 0."""
    apart = steps - steps.mean(0)
    spread = apart.std(0)
    return np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 1e-12)
