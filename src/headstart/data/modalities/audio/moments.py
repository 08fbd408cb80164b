"""Mean and deviation of each mel band over the frames of many sounds."""

import numpy as np
import torch

from headstart.data.modalities.audio.cepstra import statistics
from headstart.data.modalities.audio.features import Learned, spectra_of, waveform
from headstart.data.modalities.audio.framing import WIDTH
from headstart.data.modalities.audio.spectra import centred


class Moments:
    """Sums over frames, in double precision: any number of sounds fits into memory."""

    def __init__(self, sounds: Learned) -> None:
        self._sounds = sounds
        self.count = 0
        self._total = np.zeros(sounds.bands)
        self._squares = np.zeros(sounds.bands)
        self._sounds_seen = 0
        self._plain = np.zeros((2, WIDTH))  # sums and sums of squares of statistics

    def add(self, samples: np.ndarray) -> None:
        """One sound, int16 [S]."""
        window = self._sounds.framing.window
        x = torch.zeros(1, max(len(samples), window), dtype=torch.float32)
        x[0, : len(samples)] = waveform(torch.from_numpy(np.array(samples)))
        keep = torch.arange(x.shape[1])[None] < len(samples)
        spectra, kept = spectra_of(self._sounds, x, keep)
        plain = statistics(spectra, kept)[0].double().numpy()
        self._plain += np.stack([plain, plain**2])
        self._sounds_seen += 1
        spectra = centred(spectra, kept) if self._sounds.center else spectra
        found = spectra[0, :, kept[0]].double().numpy()  # [mels, frames]
        self.count += found.shape[1]
        self._total += found.sum(1)
        self._squares += np.square(found).sum(1)

    def mean(self) -> list[float]:
        return (self._total / max(1, self.count)).tolist()

    def statistics(self) -> tuple[list[float], list[float]]:
        """Mean and deviation of the statistics of a sound."""
        mean, squares = self._plain / max(1, self._sounds_seen)
        found = np.sqrt(np.maximum(squares - mean**2, 0))
        return mean.tolist(), np.where(found > 1e-4, found, 1.0).tolist()

    def deviation(self) -> list[float]:
        mean = self._total / max(1, self.count)
        found = np.sqrt(np.maximum(self._squares / max(1, self.count) - mean**2, 0))
        return np.where(found > 1e-3, found, 1.0).tolist()  # a constant band must not divide by zero
