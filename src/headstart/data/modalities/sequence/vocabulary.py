"""The ids of sequences: packed, cut into residues, written, and shown to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.look import Look
from headstart.data.modalities.sequence.cleaning import Cleaner
from headstart.data.modalities.sequence.grams import LetterGrams, SequenceGrams, Sites
from headstart.data.modalities.sequence.tokens import Tokens
from headstart.data.records import Words
from headstart.data.storage.gather import ragged
from headstart.data.telling import grams_of, telling

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.core.contracts import Columns


class SequenceVocabulary:
    """What `headstart.core.contracts.vocabulary` asks for, of tokens and the length of a row; a word is a letter.

    both   both strands mean the same
    sites  what train rows say of places
    """

    def __init__(self, tokens: Tokens, cleaner: Cleaner, length: int, both: bool, sites: Sites) -> None:
        self.tokens, self.cleaner, self.length, self.both = tokens, cleaner, length, both
        self.size, self.marks, self.mask = len(tokens.names), tokens.marks, tokens.mask
        self.end = tokens.end
        self.between: Sequence[int] = ()
        self.letters, self.word_grams = cleaner.alphabet.plain, LetterGrams(cleaner.alphabet)
        self.grams = SequenceGrams(cleaner.alphabet, sites, both)

    @cached_property
    def partners(self) -> list[int] | None:
        """The id of each id on the other strand; None where there is none, or not for all of them."""
        partner = dict(zip(self.cleaner.alphabet.letters, self.cleaner.alphabet.partners, strict=False))
        if not partner:
            return None
        known, marks = {name: number for number, name in enumerate(self.tokens.names)}, set(self.marks)
        across = ["".join(partner.get(letter, "?") for letter in reversed(name)) for name in self.tokens.names]
        found = [number if number in marks else known.get(name) for number, name in enumerate(across)]
        return [number for number in found if number is not None] if None not in found else None

    def places(self, stored: np.ndarray) -> np.ndarray:
        return stored + self.tokens.ends.count

    def joined(self, columns: Columns) -> Columns:
        values, offsets = ragged(columns, "x")
        before, after = np.array(self.tokens.before, np.int64), np.array(self.tokens.after, np.int64)
        whole = [np.concatenate([before, values[a:b], after]) for a, b in pairwise(offsets)]
        document = np.repeat(np.arange(len(whole)), [len(row) for row in whole])
        return {"x": np.concatenate(whole).astype(np.int64), "document": document}

    def byte_sizes(self) -> np.ndarray:
        return self.tokens.sizes.astype(np.float32)

    def content(self) -> np.ndarray:
        """Every id but marks, bool [V]."""
        return self.byte_sizes() > 0

    def begins(self) -> np.ndarray:
        """Every id is a word of its own, bool [V]."""
        return np.ones(self.size, np.bool_)

    def encode_prompt(self, text: str) -> list[int]:
        if not text.strip():
            return list(self.tokens.before)
        letters = self.cleaner(text, "prompt", Budget()).letters
        return [*self.tokens.before, *self.tokens.coded(letters, np.array([0, len(letters)])).ids.tolist()]

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokens.decoded(ids)

    def texts(self, columns: Columns) -> Iterator[str]:
        return stored_letters(columns)

    def words(self, columns: Columns) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        return ((list(letters), ()) for letters in stored_letters(columns))

    def cut(self, example: Mapping[str, Any]) -> Mapping[str, Any]:
        if isinstance(example["input"], Words):
            return example
        origin = str(example.get("origin", "sequence"))
        whole = self.cleaner(example["input"], origin, Budget()).letters.tobytes().decode("ascii")
        return {**example, "input": Words(tuple(whole)), "whole": whole}

    def has_words(self, columns: Columns) -> bool:
        return "begin" in columns and len(ragged(columns, "begin")[0]) > 0


@dataclass(frozen=True, slots=True)
class SequenceView:
    """Ids [B, T] -> letters."""

    tokens: Tokens
    note: str = ""  # sequences are shown whole

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The stretches of three letters that rows of the group have oftener than others."""
        return Look(lines=telling(*((grams_of(text, 3) for text in self.render(x)) for x in (inside, outside))))

    def render(self, x: Tensor) -> list[str]:
        return [self.tokens.decoded(row) for row in x.tolist()]

    def denormalise(self, x: Tensor) -> Tensor:
        return x  # letters have no range of brightness


def stored_letters(columns: Columns) -> Iterator[str]:
    """Stored sequences as texts."""
    values, offsets = ragged(columns, "letters")
    return (values[a:b].tobytes().decode("ascii") for a, b in pairwise(offsets))
