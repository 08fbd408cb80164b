"""Which letter follows which, learned from transcripts: n-grams of letters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

BOUNDARY = 0
"""What stands in front of a text and behind it; in a network's outputs it is the blank."""

MOST = 500_000
"""N-grams that are kept, the most frequent ones."""

_TOGETHER = 1_000_000  # letters that are counted at once
_REMEMBERED = 200_000  # contexts whose answer is kept


class LetterModel(nn.Module):
    """Shares of the next letter by interpolated Kneser-Ney smoothing (Kneser and Ney 1995; Chen and Goodman 1999).

    Texts are numbers of letters from 1 to `letters`. Counts of the longest n-grams are kept with the weights, with
    `room` for so many of them; all else follows from them. Fewer letters than `order` are looked at where the alphabet
    is large.
    """

    grams: Tensor
    counts: Tensor

    def __init__(self, letters: int, order: int, room: int) -> None:
        super().__init__()
        self.base = letters + 1
        self.order = max(1, min(order, int(62 / math.log2(self.base)))) if order else 0
        self.register_buffer("grams", torch.zeros(room if order else 0, dtype=torch.int64))
        self.register_buffer("counts", torch.zeros(room if order else 0, dtype=torch.int64))  # 0: room that is left
        self._forget()
        self.register_load_state_dict_post_hook(lambda module, keys: self._forget())

    def _forget(self) -> None:
        """What was worked out of counts that are others now."""
        self._levels: list[_Level] | None = None
        self._known: dict[tuple[int, ...], np.ndarray] = {}

    @property
    def learned(self) -> bool:
        """Has it counted anything?"""
        return bool(self.counts.any())

    def learn(self, texts: Iterable[Sequence[int]]) -> None:
        """Count the n-grams of texts, beside those that are counted already."""
        if not self.order:
            return
        grams, counts = self._counted()
        waiting: list[np.ndarray] = []
        size = 0
        for text in texts:
            waiting.append(self._coded(text))
            size += len(text)
            if size > _TOGETHER:
                grams, counts = _summed(grams, counts, waiting)
                waiting, size = [], 0
        grams, counts = _summed(grams, counts, waiting)
        kept = np.sort(np.argsort(-counts, kind="stable")[: len(self.grams)])
        for buffer, found in ((self.grams, grams), (self.counts, counts)):
            buffer.zero_()
            buffer[: len(kept)] = torch.from_numpy(found[kept])
        self._forget()

    def log_shares(self, before: tuple[int, ...]) -> np.ndarray:
        """Log-probabilities of every letter behind a text that began with these, and at BOUNDARY that it ends here."""
        context = (*[BOUNDARY] * (self.order - 1), *before)[-(self.order - 1) :] if self.order > 1 else ()
        found = self._known.get(context)
        if found is None:
            if self._levels is None:
                self._levels = _levels(*self._counted(), self.base, self.order)
            shares = np.full(self.base, 1.0 / self.base)
            for size, level in enumerate(self._levels):
                shares = level.refined(shares, context[len(context) - size :])
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[context] = np.log(shares)
        return found

    def _coded(self, text: Sequence[int]) -> np.ndarray:
        """A text's n-grams as one number each, one an end of every letter and one for the end."""
        padded = np.concatenate([np.zeros(self.order - 1, np.int64), np.asarray(text, np.int64), [BOUNDARY]])
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.order)
        return windows @ (self.base ** np.arange(self.order - 1, -1, -1, dtype=np.int64))

    def _counted(self) -> tuple[np.ndarray, np.ndarray]:
        """N-grams, sorted, and how often each occurs."""
        grams, counts = self.grams.cpu().numpy(), self.counts.cpu().numpy()
        return grams[counts > 0], counts[counts > 0]


class _Level:
    """N-grams of one length: what follows a context, with one discount."""

    def __init__(self, grams: np.ndarray, counts: np.ndarray, base: int, order: int) -> None:
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        self.discount = float(once / (once + 2 * twice)) if once and twice else 0.5
        contexts, letters = np.divmod(grams, base)
        starts = np.flatnonzero(np.concatenate([[True], contexts[1:] != contexts[:-1]]))
        ends = [*starts[1:].tolist(), len(grams)]
        digits = base ** np.arange(order - 2, -1, -1, dtype=np.int64)
        names = map(tuple, (contexts[starts, None] // digits % base).tolist())
        parts = zip(starts.tolist(), ends, strict=True)
        self.after = {name: (letters[a:b], counts[a:b]) for name, (a, b) in zip(names, parts, strict=True)}

    def refined(self, shares: np.ndarray, context: tuple[int, ...]) -> np.ndarray:
        """Shares of letters, from those that a shorter context gives [K]."""
        if context not in self.after:
            return shares
        letters, counts = self.after[context]
        total = float(counts.sum())
        found = shares * (self.discount * len(letters) / total)
        found[letters] += (counts - self.discount) / total
        return found


def _levels(grams: np.ndarray, counts: np.ndarray, base: int, order: int) -> list[_Level]:
    """The shortest n-grams first. Shorter ones count in how many longer ones they end."""
    found = [_Level(grams, counts, base, order)] if len(grams) else []
    for size in range(order - 1, 0, -1) if found else ():
        grams, counts = np.unique(grams % base**size, return_counts=True)
        found.append(_Level(grams, counts, base, size))
    return found[::-1]


def _summed(grams: np.ndarray, counts: np.ndarray, texts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Counts of n-grams, sorted, with those of further texts."""
    fresh, times = np.unique(np.concatenate([np.empty(0, np.int64), *texts]), return_counts=True)
    every, where = np.unique(np.concatenate([grams, fresh]), return_inverse=True)
    sums = np.bincount(where, np.concatenate([counts, times]), len(every)).astype(np.int64)
    return every, sums
