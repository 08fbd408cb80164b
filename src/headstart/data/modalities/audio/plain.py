"""The statistics of stored sounds, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from headstart.core.contracts import Columns
from headstart.data.modalities.audio.cepstra import statistics
from headstart.data.modalities.audio.features import Learned, spectra_of, waveform
from headstart.data.modalities.audio.framing import WIDTH
from headstart.data.storage.gather import ragged

_ROWS, _SAMPLES = 64, 1 << 18  # read at one time: their spectra stay in a CPU's cache


def statistics_of(sounds: Learned, columns: Columns) -> np.ndarray:
    """The statistics of stored sounds, float32 [n, 156], some rows at a time."""
    values, offsets = ragged(columns, "x")
    found = np.empty((len(offsets) - 1, WIDTH), np.float32)
    for rows in _alike(np.diff(offsets)):
        lengths = offsets[rows + 1] - offsets[rows]
        x = torch.zeros(len(rows), max(int(lengths.max()), sounds.framing.window))
        for place, row in enumerate(rows):
            x[place, : lengths[place]] = waveform(torch.from_numpy(np.array(values[offsets[row] : offsets[row + 1]])))
        keep = torch.arange(x.shape[1]) < torch.from_numpy(lengths)[:, None]
        found[rows] = statistics(*spectra_of(sounds, x, keep)).numpy()
    return found


def _alike(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Numbers of rows of like length together, for little padding, and at most so many samples at one time."""
    order, start = np.argsort(lengths, kind="stable"), 0
    while start < len(order):
        ahead = order[start : start + _ROWS]
        count = int(np.searchsorted(lengths[ahead] * np.arange(1, len(ahead) + 1), _SAMPLES, "right"))
        yield ahead[: max(1, count)]
        start += max(1, count)


def scaled(learned: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with mean 0 and deviation 1 of each column over the learned rows."""
    mean, deviation = learned.mean(0), learned.std(0)
    deviation = np.where(deviation > 1e-6, deviation, 1).astype(np.float32)
    return (learned - mean) / deviation, (asked - mean) / deviation
