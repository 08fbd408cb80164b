"""Stored sounds as small WAV files that pages play."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from headstart.core import contracts
from headstart.data.storage.gather import ragged

MOST = 96_000  # bytes of a player: six seconds at 8,000 samples a second
_LOW = 8_000  # samples a second of a sound that would be larger


@dataclass(frozen=True, slots=True)
class Players:
    """Sounds at a rate; a long one is played at 8,000 samples a second, and its first seconds alone."""

    rate: int

    def files(self, columns: contracts.Columns) -> list[bytes]:
        values, offsets = ragged(columns, "x")
        return [self._file(values[a:b]) for a, b in pairwise(offsets)]

    def _file(self, samples: np.ndarray) -> bytes:
        rate = self.rate
        if 2 * len(samples) > MOST and rate > _LOW:
            from scipy.signal import resample_poly  # only now: it takes longer to load than most data to read

            ratio = Fraction(_LOW, rate).limit_denominator(1000)
            seconds = samples[: MOST * rate // _LOW].astype(np.float32)
            samples, rate = resample_poly(seconds, ratio.numerator, ratio.denominator), _LOW
        data = np.rint(samples[: MOST // 2]).clip(-32768, 32767).astype("<i2").tobytes()
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
        body = b"WAVE" + form + b"data" + struct.pack("<I", len(data)) + data
        return b"RIFF" + struct.pack("<I", len(body)) + body
