"""What a modality has whose rows are sequences of ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from headstart.core.contracts.sparse import Grams, WordGrams

Rows = Mapping[str, np.ndarray]
"""Rows taken from the store, one array a column, first axis the row."""


class Vocabulary(Protocol):
    """The ids of a modality: rows of them can be packed, cut into words and written one by one.

    size      number of ids
    length    most places of a row, and the places of a packed row
    marks     ids that are no content: padding, begin, end, mask; a writer writes only `end` of them
    mask      the id that hides another one, None if there is none
    end       the id that ends a row, None if there is none
    between   ids that stand between the parts of a row, () if they cannot be told apart
    letters   what may stand at a place of a row, a letter each; "" where rows are no sequences of letters
    grams     what linear models see of whole rows
    word_grams  the same of words

    Batches of rows that came cut into words hold, besides x, `begin` [B, W], the place of each word's first id, and
    `mark` [B, P], the numbers of the words that are asked about; both are filled up with -1. Such rows are collated
    whole; `ready` cuts x and keep to `length` and then holds them as `whole` and `there` [B, longest], too.
    """

    @property
    def size(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def marks(self) -> Sequence[int]: ...
    @property
    def mask(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...
    @property
    def between(self) -> Sequence[int]: ...
    @property
    def letters(self) -> str: ...
    @property
    def grams(self) -> Grams: ...
    @property
    def word_grams(self) -> WordGrams: ...

    def places(self, stored: np.ndarray) -> np.ndarray:
        """Places that whole rows take, marks at their ends included, from the stored lengths of x [n] -> [n]."""
        ...

    def joined(self, columns: Rows) -> dict[str, np.ndarray]:
        """Rows one behind the other, whole and with their marks: {"x": [sum of places], "document": its number}."""
        ...

    def byte_sizes(self) -> np.ndarray:
        """Bytes of raw data that every id stands for, float32 [V]; 0 for marks."""
        ...

    def content(self) -> np.ndarray:
        """Which ids say what a row is about, bool [V]; the others, such as signs, are in rows of every kind."""
        ...

    def begins(self) -> np.ndarray:
        """Which ids begin a word, bool [V]; the others go on with the one before. DataError where ids do not say it."""
        ...

    def encode_prompt(self, text: str) -> list[int]:
        """The ids of a text that goes on: its mark in front, none behind."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without marks; a letter of which bytes are missing is U+FFFD."""
        ...

    def texts(self, columns: Rows) -> Iterator[str]:
        """Stored rows as people read them."""
        ...

    def words(self, columns: Rows) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        """The words of stored rows, and the numbers of those that are asked about."""
        ...

    def cut(self, example: Mapping[str, Any]) -> Mapping[str, Any]:
        """A raw record whose text is cut into words, where nobody has cut it; then `whole` is the text as it was."""
        ...

    def has_words(self, columns: Rows) -> bool:
        """Did stored rows, as they are collated, come cut into words?"""
        ...
