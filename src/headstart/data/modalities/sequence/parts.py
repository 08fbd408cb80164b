"""Sequences in letters, which are replaced by others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.parts import Divides, Parts, Where

if TYPE_CHECKING:
    from headstart.core.contracts.types import Columns, Row

_DRAWS = 4  # fills of every variant, whose answers are averaged
_SHUFFLE = 2654435761  # Knuth's multiplicative hash: the same place always gets the same letters


class LetterParts(Parts):
    """Letters of a stored row, or runs of them where there are very many. A hidden letter is replaced by `draws` others
    in turn, for a model of sequences knows no empty place."""

    hidden = f"other letters, the mean of {_DRAWS} draws"
    draws = _DRAWS

    def __init__(self, row: Row, ends: Sequence[int], letters: np.ndarray) -> None:
        self._row, self._ends = row, np.array(ends)
        own = row["letters"]
        text = own.tobytes().decode("ascii")
        self.where = [Where(begin, end) for begin, end in pairwise(ends)]
        self.names = [f"{text[begin:end]}{begin + 1}" for begin, end in pairwise(ends)]
        self.shape = (len(ends) - 1,)
        self._text = text
        places = np.arange(len(own), dtype=np.uint64)
        self._fills = np.stack([_other(own, letters, places, draw) for draw in range(_DRAWS)])

    def rows(self, keep: np.ndarray) -> list[Columns]:
        here = np.repeat(keep, np.diff(self._ends), 1)  # [M, T]
        own = self._row["letters"]
        return [{**self._row, "letters": np.where(one, own, fill)} for one in here for fill in self._fills]

    def look(self, weights: np.ndarray) -> Look:
        told = zip(pairwise(self._ends.tolist()), weights.tolist(), strict=True)
        return Look(lines=[[Piece(self._text[begin:end], weight=weight) for (begin, end), weight in told]])


class Divided(Divides):
    """How sequences are cut: into letters."""

    units: Sequence[str] = ("letters",)

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> LetterParts:
        length = len(row["letters"])
        together = max(1, -(-length // most))
        letters = np.frombuffer(modality.vocabulary.letters.encode("ascii"), np.uint8)
        return LetterParts(row, [*range(0, length, together), length], letters)


def _other(own: np.ndarray, letters: np.ndarray, places: np.ndarray, draw: int) -> np.ndarray:
    """For each place a letter that is not its own, uint8 [T]."""
    hashed = ((places * np.uint64(_DRAWS) + np.uint64(draw)) * np.uint64(_SHUFFLE)) >> np.uint64(7)
    first = (hashed % np.uint64(len(letters))).astype(int)
    found = letters[first]
    return np.where(found == own, letters[(first + 1) % len(letters)], found)
