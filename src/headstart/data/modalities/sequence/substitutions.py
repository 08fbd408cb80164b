"""What it scores that two letters stand across from each other: BLOSUM62 of amino acids, one for equal bases."""

from __future__ import annotations

import numpy as np

from headstart.data.alphabets import Alphabet

CHANCE = {"protein": (0.318, 0.134), "dna": (1.0, 0.33), "rna": (1.0, 0.33)}
"""lambda and K of Karlin and Altschul (1990) without gaps; of bases for a genome that is rich in A and T."""

_ORDER = "ARNDCQEGHILKMFPSTWYV"
# Henikoff and Henikoff (1992), the lower half
_BLOSUM62 = """
4
-1 5
-2 0 6
-2 -2 1 6
0 -3 -3 -3 9
-1 1 0 0 -3 5
-1 0 0 2 -4 2 5
0 -2 0 -1 -3 -2 -2 6
-2 0 1 -1 -3 0 0 -2 8
-1 -3 -3 -3 -1 -3 -3 -4 -3 4
-1 -2 -3 -4 -1 -2 -3 -4 -3 2 4
-1 2 0 -1 -3 1 1 -2 -1 -3 -2 5
-1 -1 -2 -3 -1 0 -2 -3 -2 1 2 -1 5
-2 -3 -3 -3 -2 -3 -3 -3 -1 0 0 -3 0 6
-1 -2 -2 -1 -3 -1 -1 -2 -2 -3 -3 -1 -2 -4 7
1 -1 1 0 -1 0 0 0 -1 -2 -2 0 -1 -2 -1 4
0 -1 0 -1 -1 -1 -1 -2 -2 -1 -1 -1 -1 -2 -1 1 5
-3 -3 -4 -4 -2 -2 -3 -2 -2 -3 -2 -3 -1 1 -4 -3 -2 11
-2 -2 -2 -3 -2 -1 -2 -3 2 -1 -1 -2 -1 3 -3 -2 -2 2 7
0 -3 -3 -3 -1 -2 -2 -3 -3 3 1 -2 1 -1 -2 -2 0 -3 -1 4
"""


def scores_of(alphabet: Alphabet) -> np.ndarray:
    """Scores of pairs of plain letters by their numbers, int16 [letters + 1, letters + 1]; the last of each side stands
    for every other letter."""
    count = len(alphabet.plain)
    scores = np.full((count + 1, count + 1), -1, np.int16)
    if alphabet.partners:
        scores[:count, :count] = 2 * np.eye(count, dtype=np.int16) - 1
        return scores
    rows = [[int(one) for one in line.split()] for line in _BLOSUM62.split("\n") if line]
    for one, row in zip(_ORDER, rows, strict=True):
        for other, score in zip(_ORDER, row, strict=False):
            a, b = alphabet.plain.index(one), alphabet.plain.index(other)
            scores[a, b] = scores[b, a] = score
    return scores
