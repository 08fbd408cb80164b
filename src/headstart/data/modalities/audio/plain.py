"""The statistics of stored sounds, some rows at a time."""

from __future__ import annotations

import numpy as np
import torch

from headstart.core.contracts import Columns
from headstart.data.modalities.audio.cepstra import statistics
from headstart.data.modalities.audio.features import Learned, spectra_of, waveform
from headstart.data.modalities.audio.framing import WIDTH
from headstart.data.storage.gather import ragged

_ROWS = 64


def statistics_of(sounds: Learned, columns: Columns) -> np.ndarray:
    """The statistics of stored sounds, float32 [n, 156], some rows at a time."""
    values, offsets = ragged(columns, "x")
    found = np.empty((len(offsets) - 1, WIDTH), np.float32)
    order = np.argsort(np.diff(offsets), kind="stable")  # rows of like length together: little padding
    for start in range(0, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        lengths = offsets[rows + 1] - offsets[rows]
        x = torch.zeros(len(rows), max(int(lengths.max()), sounds.framing.window))
        for place, row in enumerate(rows):
            x[place, : lengths[place]] = waveform(torch.from_numpy(np.array(values[offsets[row] : offsets[row + 1]])))
        keep = torch.arange(x.shape[1]) < torch.from_numpy(lengths)[:, None]
        found[rows] = statistics(*spectra_of(sounds, x, keep)).numpy()
    return found


def scaled(learned: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with mean 0 and deviation 1 of each column over the learned rows."""
    mean, deviation = learned.mean(0), learned.std(0)
    deviation = np.where(deviation > 1e-6, deviation, 1).astype(np.float32)
    return (learned - mean) / deviation, (asked - mean) / deviation
