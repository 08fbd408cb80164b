"""Which letter follows which, learned from transcripts: n-grams of letters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.errors import DataError

BOUNDARY = 0
"""What stands in front of a text and behind it; in a network's outputs it is the blank."""

_MOST = 1_000_000  # n-grams that are kept, the most frequent ones
_TOGETHER = 1_000_000  # letters that are counted at once
_REMEMBERED = 200_000  # contexts whose answer is kept


class LetterModel(nn.Module):
    """Shares of the next letter by interpolated Kneser-Ney smoothing (Kneser and Ney 1995; Chen and Goodman 1999).

    Texts are numbers of letters from 1 to `letters`. Counts of the longest n-grams are kept with the weights; all else
    follows from them. Fewer letters than `order` are looked at where the alphabet is large.
    """

    grams: Tensor
    counts: Tensor

    def __init__(self, letters: int, order: int) -> None:
        super().__init__()
        self.base = letters + 1
        self.order = max(1, min(order, int(62 / math.log2(self.base)))) if order else 0
        self.register_buffer("grams", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("counts", torch.zeros(0, dtype=torch.int64))
        self._levels: list[_Level] | None = None
        self._known: dict[tuple[int, ...], np.ndarray] = {}

    @property
    def learned(self) -> bool:
        """Has it counted anything?"""
        return len(self.grams) > 0

    def learn(self, texts: Iterable[Sequence[int]]) -> None:
        """Count the n-grams of texts, beside those that are counted already."""
        if not self.order:
            return
        grams, counts = self.grams.cpu().numpy(), self.counts.cpu().numpy()
        waiting: list[np.ndarray] = []
        size = 0
        for text in texts:
            waiting.append(self._coded(text))
            size += len(text)
            if size > _TOGETHER:
                grams, counts = _summed(grams, counts, waiting)
                waiting, size = [], 0
        grams, counts = _summed(grams, counts, waiting)
        if len(grams) > _MOST:
            kept = np.sort(np.argsort(-counts, kind="stable")[:_MOST])
            grams, counts = grams[kept], counts[kept]
        self._fill(torch.from_numpy(grams), torch.from_numpy(counts))

    def log_shares(self, before: tuple[int, ...]) -> np.ndarray:
        """Log-probabilities of every letter behind a text that began with these, and at BOUNDARY that it ends here."""
        context = (*[BOUNDARY] * (self.order - 1), *before)[-(self.order - 1) :] if self.order > 1 else ()
        found = self._known.get(context)
        if found is None:
            if self._levels is None:
                self._levels = _levels(self.grams.cpu().numpy(), self.counts.cpu().numpy(), self.base, self.order)
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

    def _fill(self, grams: Tensor, counts: Tensor) -> None:
        self.grams, self.counts = grams.to(self.grams.device), counts.to(self.counts.device)
        self._levels, self._known = None, {}

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **kwargs: Any) -> None:
        """As many n-grams as were saved; DataError for what are none."""
        saved = [state_dict[name] for name in (f"{prefix}grams", f"{prefix}counts") if name in state_dict]
        if any(one.dtype != torch.int64 or one.shape != (len(saved[0]),) for one in saved):
            found, fix = ", ".join(f"{one.dtype} {list(one.shape)}" for one in saved), "use an intact copy of the model"
            raise DataError(506, "the n-grams of a model cannot be read", found=found, fix=fix)
        for one in saved[:1]:
            self._fill(torch.empty_like(one), torch.empty_like(one))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


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
    found = [_Level(grams, counts, base, order)]
    for size in range(order - 1, 0, -1):
        grams, counts = np.unique(grams % base**size, return_counts=True)
        found.append(_Level(grams, counts, base, size))
    return found[::-1]


def _summed(grams: np.ndarray, counts: np.ndarray, texts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Counts of n-grams, sorted, with those of further texts."""
    fresh, times = np.unique(np.concatenate([np.empty(0, np.int64), *texts]), return_counts=True)
    every, where = np.unique(np.concatenate([grams, fresh]), return_inverse=True)
    sums = np.bincount(where, np.concatenate([counts, times]), len(every)).astype(np.int64)
    return every, sums
