"""Texts in words, or in letters, which are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.parts import Divides, Parts, Where
from headstart.data.modalities.text.words import END, MARK, SEGMENT, is_unspaced

if TYPE_CHECKING:
    from headstart.core.contracts.types import Columns, Row

_GAP = "_"  # stands for a hidden word where answers are counted by words


class TextParts(Parts):
    """A text in stretches, [P] pairs of begin and end, that lie one behind the other."""

    hidden = "nothing: the text goes on with the next part"

    def __init__(self, row: Row, text: str, stretches: Sequence[tuple[int, int]]) -> None:
        self._row, self._text, self._stretches = row, text, stretches
        self.names = [text[begin:end].strip() for begin, end in stretches]
        self.where = [Where(begin, end) for begin, end in stretches]
        self.shape = (len(stretches),)

    def rows(self, keep: np.ndarray) -> list[Columns]:
        return [self._stored(self._written(one)) for one in keep]

    def _written(self, keep: np.ndarray) -> str:
        told = ((self._text[begin:end], here) for (begin, end), here in zip(self._stretches, keep, strict=True))
        return "".join(part if here else SEGMENT * part.count(SEGMENT) for part, here in told)

    def _stored(self, text: str) -> Columns:
        return {**self._row, "text": np.frombuffer(text.encode(), np.uint8)}

    def look(self, weights: np.ndarray) -> Look:
        told = zip(self._stretches, weights.tolist(), strict=True)
        return Look(lines=[[Piece(self._text[begin:end], weight=weight) for (begin, end), weight in told]])


class WordParts(TextParts):
    """The words of a row that came cut into words: a hidden one leaves its place, for answers count them."""

    hidden = f"the sign {_GAP}"

    def _written(self, keep: np.ndarray) -> str:
        words = (self._text[begin:end] for begin, end in self._stretches)
        return "".join(word if here else _blank(word) for word, here in zip(words, keep, strict=True))

    def look(self, weights: np.ndarray) -> Look:
        words = (self._text[begin:end].strip(END + MARK) for begin, end in self._stretches)
        told = zip(words, weights.tolist(), strict=True)
        return Look(lines=[[Piece(f"{word} ", weight=weight) for word, weight in told]])


class Divided(Divides):
    """Words; letters of scripts that put no space between them; or single letters. A long text has longer parts."""

    units: Sequence[str] = ("words", "letters")

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> TextParts:
        text = row["text"].tobytes().decode("utf-8", "replace")
        if END in text:
            ends = [match.end() for match in re.finditer(END, text)]
            return WordParts(row, text, list(pairwise([0, *ends])))
        begins = range(len(text)) if unit == "letters" else [m.start() for m in re.finditer(r"\S+", text)]
        if unit == "words" and any(map(is_unspaced, text)):
            begins = _begins(text)
        begins = [0, *(begin for begin in begins if begin > 0)]
        together = -(-len(begins) // most)
        return TextParts(row, text, list(pairwise([*begins[::together], len(text)])))


def _begins(text: str) -> list[int]:
    """Where words begin: behind a space, and at every letter of a script without spaces and behind it."""
    before = " " + text
    return [place for place, letter in enumerate(text) if not letter.isspace()
            and (before[place].isspace() or is_unspaced(letter) or is_unspaced(before[place]))]  # fmt: skip


def _blank(word: str) -> str:
    return (MARK if word.startswith(MARK) else "") + _GAP + END
