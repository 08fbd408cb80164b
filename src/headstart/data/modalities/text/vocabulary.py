"""The ids of a tokenizer: packed, cut into words, written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from headstart.data.modalities.text import tokenization
from headstart.data.modalities.text import words as worded
from headstart.data.modalities.text.cleaning import even, repaired
from headstart.data.modalities.text.words import END, readable
from headstart.data.records import Words
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from headstart.core.contracts import Columns, Example


@dataclass(frozen=True, slots=True)
class TokenVocabulary:
    """What `headstart.core.contracts.vocabulary` asks for, of a tokenizer and the length of a row."""

    tokenizer: Tokenizer
    special: tokenization.Special
    length: int

    @property
    def size(self) -> int:
        return self.tokenizer.get_vocab_size()

    @property
    def marks(self) -> Sequence[int]:
        return self.special.every

    @property
    def mask(self) -> int | None:
        return self.special.mask

    @property
    def end(self) -> int | None:
        return self.special.end

    @property
    def between(self) -> Sequence[int]:
        return self.special.between

    def places(self, stored: np.ndarray) -> np.ndarray:
        return stored + len(self.special.before) + len(self.special.after)

    def joined(self, columns: Columns) -> Columns:
        values, offsets = ragged(columns, "x")
        before, after = np.array(self.special.before), np.array(self.special.after)
        whole = [np.concatenate([before, values[a:b], after]) for a, b in pairwise(offsets)]
        document = np.repeat(np.arange(len(whole)), [len(row) for row in whole])
        return {"x": np.concatenate(whole).astype(np.int64), "document": document}

    def byte_sizes(self) -> np.ndarray:
        sizes = tokenization.byte_sizes(self.tokenizer)
        sizes[list(self.marks)] = 0
        return sizes

    def begins(self) -> np.ndarray:
        return tokenization.begins(self.tokenizer)

    def encode_prompt(self, text: str) -> list[int]:
        return [*self.special.before, *(ids_of(self.tokenizer, [even(text)])[0] if text else [])]

    def decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)

    def texts(self, columns: Columns) -> Iterator[str]:
        return readable_texts(columns)

    def words(self, columns: Columns) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        for text in stored_texts(columns):
            seen = worded.surface(text)
            yield [seen.text[a:b] for a, b in zip(seen.begins, seen.ends, strict=True)], seen.marked

    def cut(self, example: Example) -> Example:
        given = example["input"]
        if isinstance(given, Words) or (isinstance(given, str) and END in given):
            return example
        return {**example, "input": worded.cut(readable(repaired(given, str(example.get("origin", "text")))))}

    def has_words(self, columns: Columns) -> bool:
        return "begin" in columns and len(ragged(columns, "begin")[0]) > 0


def stored_texts(columns: Columns) -> Iterator[str]:
    """Texts as they are stored."""
    values, offsets = ragged(columns, "text")
    return (values[a:b].tobytes().decode() for a, b in pairwise(offsets))


def readable_texts(columns: Columns) -> Iterator[str]:
    """Stored texts as people read them."""
    return map(readable, stored_texts(columns))


def ids_of(tokenizer: Tokenizer, given: Iterable[str]) -> list[list[int]]:
    """The ids of texts, without marks at their ends."""
    return [one.ids for one in tokenizer.encode_batch_fast(list(given), add_special_tokens=False)]
