"""How far an answer falls where a part is hidden."""

from __future__ import annotations

from itertools import product

import numpy as np

from headstart.core.contracts.explainer import Explainer, Question

_WIDEST = 4  # parts along each side of the largest window


class Occlusion(Explainer):
    """What the answer loses where a window of parts is hidden (Zeiler and Fergus 2014), shared evenly among the parts
    of the window; windows of 1, 2 and 4 parts along each side, for what is told twice needs a larger one."""

    def weights(self, question: Question, rng: np.random.Generator) -> np.ndarray:
        shape, count = question.parts.shape or (question.count,), question.count
        sizes = (
            [1] if not question.parts.shape else [size for size in (1, 2, _WIDEST) if size == 1 or size < max(shape)]
        )
        found = np.zeros(count)
        for size in sizes:
            windows = _windows(shape, question.parts.spread, size)
            lost = question.full - question.values(~windows)
            each = windows / windows.sum(1, keepdims=True)
            found += (lost[:, None] * each).sum(0) / np.maximum(windows.sum(0), 1) * np.median(windows.sum(1))
        return found / len(sizes)


def _windows(shape: tuple[int, ...], spread: int, size: int) -> np.ndarray:
    """Every place of a window of that size along the last sides, bool [windows, P]."""
    lengths = [size if side >= len(shape) - spread else 1 for side in range(len(shape))]
    begins = [range(max(1, side - length + 1)) for side, length in zip(shape, lengths, strict=True)]
    made = []
    for begin in product(*begins):
        one = np.zeros(shape, bool)
        one[tuple(slice(at, at + length) for at, length in zip(begin, lengths, strict=True))] = True
        made.append(one.ravel())
    return np.stack(made)
