"""What recordings have in common, from their headers: the usual rate, and how long a row must be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.labels.over_time import are_transcripts, is_events
from headstart.data.modalities.audio.recordings import MOST_WINDOWS, Long, asked, recording

HIGHEST_RATE, LONGEST = 16_000, 10.0  # samples a second and seconds that "auto" takes at most
LONGEST_TOLD = 30.0  # seconds, where labels tell of whole recordings
_LOOK = 2_000  # recordings whose headers are read, evenly spread; twice as many at most
_NEARLY_ALL, _MOST = 0.99, 0.95
_STEP = 0.05  # seconds


class Survey:
    """Rates and lengths of recordings."""

    def __init__(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        self.rates: Counter[int] = Counter()
        self.lengths: list[float] = []
        stride, kept, labels = 1, list[tuple[int, float]](), list[Any]()
        for number, example in enumerate(examples):
            if number % stride:
                continue
            try:
                whole = recording(example["input"], str(example.get("origin", "sound")), budget, HIGHEST_RATE)
                first, last = asked(example, whole)
            except DataError:  # told when the row is read
                continue
            if len(labels) < _LOOK and example.get("label") is not None:
                labels.append(example["label"])
            kept.append((whole.rate, last - first))
            if len(kept) >= 2 * _LOOK:
                kept, stride = kept[::2], 2 * stride
        self.rates.update(rate for rate, _ in kept)
        self.lengths = [length for _, length in kept]
        self.transcripts = are_transcripts(labels)
        self.told = self.transcripts or (any(labels) and all(map(is_events, labels)))

    def rate(self) -> int:
        """The usual rate, up to 16,000: that of the most recordings, of equals the higher."""
        return min(HIGHEST_RATE, max(self.rates, key=lambda rate: (self.rates[rate], rate)))

    def seconds(self) -> float:
        """A length that holds nearly all recordings, up to ten seconds; all of them, up to thirty seconds, where labels
        tell of whole recordings (transcripts, events)."""
        if self.told:
            return min(LONGEST_TOLD, self.rounded(max(self.lengths)))
        return min(LONGEST, self.rounded(float(np.quantile(self.lengths, _NEARLY_ALL))))

    def long(self, seconds: float) -> Long:
        """How recordings longer than a row are kept: short clips whole, others in windows."""
        if self.told:
            return "windows"
        lengths = np.asarray(self.lengths)
        few = (lengths <= seconds + 1e-6).mean() >= _MOST and lengths.max() <= MOST_WINDOWS * seconds
        return "loudest" if few else "windows"

    @staticmethod
    def rounded(seconds: float) -> float:
        return round(max(1, math.ceil(seconds / _STEP - 1e-6)) * _STEP, 2)
