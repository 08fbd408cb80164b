"""What each part adds, whatever others are there before it."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from headstart.core.contracts.explainer import Explainer, Question

_EXACT = 9  # parts whose 512 subsets are all asked
_ORDERS = 10  # drawn, and each of them backwards
_MOST = 1024  # variants that are asked: fewer orders where there are many parts


class Shapley(Explainer):
    """Shapley values (Shapley 1953, Strumbelj and Kononenko 2010): what a part adds to the answer, the mean over orders
    in which parts appear. Exact for up to 9 parts, and for linear models; else from drawn orders, each one forwards and
    backwards (Mitchell et al. 2022). The weights sum to `full - empty`."""

    complete = True

    def weights(self, question: Question, rng: np.random.Generator) -> np.ndarray:
        count = question.count
        if count <= _EXACT:
            return _exact(question)
        found, orders = np.zeros(count), max(1, min(_ORDERS, _MOST // (2 * count)))
        for _ in range(orders):
            drawn = rng.permutation(count)
            for order in (drawn, drawn[::-1]):
                place = np.empty(count, int)
                place[order] = np.arange(count)
                keep = place < np.arange(count + 1)[:, None]  # [P + 1, P]
                found[order] += np.diff(question.values(keep))
        return found / (2 * orders)


def _exact(question: Question) -> np.ndarray:
    count = question.count
    keep = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1 == 1
    values, found = question.values(keep), np.zeros(count)
    for part in range(count):
        others = [one for one in range(count) if one != part]
        for size in range(count):
            share = 1 / (count * comb(count - 1, size))
            for some in combinations(others, size):
                before = sum(1 << one for one in some)
                found[part] += share * (values[before | 1 << part] - values[before])
    return found
