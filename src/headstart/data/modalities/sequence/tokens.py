"""The ids of sequences: letters, k-mers, or pairs of them that were learned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from headstart.core.errors import RecipeError
from headstart.data.id_rows import Ends

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from headstart.data.alphabets import Alphabet

Kind = Literal["letters", "kmers", "bpe"]

MARKS = ("<pad>", "<unk>", "<s>", "</s>", "<mask>")
"""Ids 0 to 4 of our own: padding, what is unknown, begin, end, and what is hidden."""

MOST = 1 << 17  # ids
_PIECE = 1024  # letters of one piece of a sequence from which pairs are learned: the time grows with its square
_CORPUS = 16 << 20  # letters that pairs are learned from
_LEAST_PAIRS, _MOST_PAIRS = 64, 4096


@dataclass(frozen=True, slots=True)
class Coded:
    """Ids of rows one behind the other [n], where each row begins [B + 1], and the id that every letter is in, counted
    from the beginning of its row, int32 [letters]."""

    ids: np.ndarray
    offsets: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Tokens:
    """What ids stand for.

    names    of every id: marks, letters, and pieces of several letters
    before, after, pad, unknown, mask, end   ids that are no content; those after a row begin with its end
    width    letters of a k-mer, 1 where ids are letters or learned pairs
    overlap  k-mers begin at every letter, else behind each other
    pairs    those that were joined, in the order in which they were learned
    """

    names: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int
    unknown: int
    mask: int | None
    end: int | None
    width: int = 1
    overlap: bool = False
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def ends(self) -> Ends:
        """What stands at the ends of a row."""
        return Ends(self.before, self.after, self.pad)

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """Ids that are no content."""
        found = {self.pad, self.unknown, self.mask, self.end, *self.before, *self.after} - {None}
        named = (number for number, name in enumerate(self.names) if name.startswith("<") and name.endswith(">"))
        return tuple(sorted({number for number in found if number is not None} | set(named)))

    @cached_property
    def sizes(self) -> np.ndarray:
        """Letters that every id adds to a row, int64 [V]; 0 for marks."""
        sizes = np.array([1 if self.overlap else len(name) for name in self.names], np.int64)
        sizes[list(self.marks)] = 0
        return sizes

    def coded(self, letters: np.ndarray, offsets: np.ndarray) -> Coded:
        """Rows of letters uint8 [n], which begin at offsets [B + 1], as ids without marks."""
        kind = np.uint8 if len(self.names) <= 1 << 8 else np.uint16 if len(self.names) <= 1 << 16 else np.uint32
        if self.pairs:
            return self._paired(letters, offsets, kind)
        within = np.arange(len(letters)) - np.repeat(offsets[:-1], np.diff(offsets))
        if self.width == 1:
            return Coded(self._letters[letters].astype(kind), offsets, within.astype(np.int32))
        return self._kmers(letters, offsets, within, kind)

    def decoded(self, ids: Sequence[int]) -> str:
        """The letters of ids, without marks."""
        marks = set(self.marks)
        names = [self.names[number] for number in ids if 0 <= number < len(self.names) and number not in marks]
        return "".join([*names[:1], *(name[-1] for name in names[1:])] if self.overlap else names)

    def to_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Tokens:
        """The opposite of `to_json`; ValueError, KeyError or TypeError for anything else."""
        pairs = tuple((str(one), str(other)) for one, other in fields["pairs"])
        lists = {name: tuple(fields[name]) for name in ("names", "before", "after")}
        made = cls(**{**fields, **lists, "pairs": pairs})
        numbers = [made.pad, made.unknown, made.mask, made.end, *made.before, *made.after]
        known = all(one is None or (isinstance(one, int) and 0 <= one < len(made.names)) for one in numbers)
        if not known or not 0 < len(made.names) <= MOST or not all(isinstance(name, str) for name in made.names):
            raise ValueError("ids without names")
        if not 1 <= made.width <= 16 or len(set(made.names)) < len(made.names):
            raise ValueError("names that are not each of one id")
        return made

    @cached_property
    def _letters(self) -> np.ndarray:
        """The id of every byte, int64 [256]."""
        table = np.full(256, self.unknown, np.int64)
        for number, name in enumerate(self.names):
            if len(name) == 1 and name.isascii():
                table[ord(name)] = number
        return table

    @cached_property
    def _digits(self) -> tuple[np.ndarray, np.ndarray]:
        """Of every byte its place among the letters of k-mers, -1 for others; and the id of every k-mer by its number
        in that system. int64 [256], int64 [letters ** width]"""
        marks = set(self.marks)
        kmers = {
            name: number for number, name in enumerate(self.names) if len(name) == self.width and number not in marks
        }
        plain = sorted({letter for name in kmers for letter in name})
        digits = np.full(256, -1, np.int64)
        digits[[ord(letter) for letter in plain]] = np.arange(len(plain))
        table = np.full(len(plain) ** self.width, self.unknown, np.int64)
        for name, number in kmers.items():
            place = 0
            for letter in name:
                place = place * len(plain) + int(digits[ord(letter)])
            table[place] = number
        return digits, table

    def _kmers(self, letters: np.ndarray, offsets: np.ndarray, within: np.ndarray, kind: type[np.integer]) -> Coded:
        """A k-mer of letters that are all plain is one id. Behind each other they begin anew behind every other letter,
        and what is left of plain letters before it are ids of their own; with overlap such a k-mer is unknown, and the
        letters of a short row are."""
        digits, table = self._digits
        lengths = np.repeat(np.diff(offsets), np.diff(offsets))  # [n] of the row of each letter
        code, plain = np.zeros(len(letters), np.int64), np.ones(len(letters), bool)
        base = round(len(table) ** (1 / self.width))
        for step in range(self.width):
            ahead = np.zeros(len(letters), np.uint8)
            ahead[: len(letters) - step] = letters[step:]
            here = digits[ahead]
            plain &= here >= 0
            code = code * base + np.maximum(here, 0)
        fits = within + self.width <= lengths
        ids = np.where(plain & fits, table[np.where(plain & fits, code, 0)], self.unknown)
        single = self._letters[letters]
        if self.overlap:
            short = lengths < self.width
            used = fits | short
            ids = np.where(short, single, ids)
            centre = np.clip(within - self.width // 2, 0, np.maximum(lengths - self.width, 0))
            places = np.where(short, within, centre)
        else:
            place, run = _runs(digits[letters] >= 0, within)
            inner = place < run // self.width * self.width  # letters that are in a k-mer
            used = ~inner | (place % self.width == 0)
            ids = np.where(inner, ids, single)
            counts = np.cumsum(used)
            before = np.concatenate([[0], counts])[offsets[:-1]]  # ids of the rows before
            places = counts - 1 - np.repeat(before, np.diff(offsets))
        ends = np.concatenate([[0], np.cumsum(used)])[offsets]
        return Coded(ids[used].astype(kind), ends, places.astype(np.int32))

    def _paired(self, letters: np.ndarray, offsets: np.ndarray, kind: type[np.integer]) -> Coded:
        whole = self._known[letters].tobytes().decode("ascii")
        rows = [whole[a:b] for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
        found = [one.ids for one in self._tokenizer.encode_batch_fast(rows, add_special_tokens=False)]
        ends = np.concatenate([[0], np.cumsum([len(row) for row in found])]).astype(np.int64)
        ids = np.fromiter((one for row in found for one in row), np.int64, int(ends[-1]))
        within = np.arange(len(ids)) - np.repeat(ends[:-1], np.diff(ends))
        sizes = np.where(ids == self.unknown, 1, self.sizes[ids])  # what is unknown is one letter
        return Coded(ids.astype(kind), ends, np.repeat(within, sizes).astype(np.int32))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer, models

        vocabulary = {name: number for number, name in enumerate(self.names)}
        return Tokenizer(models.BPE(vocabulary, list(self.pairs), unk_token=self.names[self.unknown]))

    @cached_property
    def _known(self) -> np.ndarray:
        """Every byte, or one that stands for an uncertain letter where it has no id. uint8 [256]"""
        uncertain = next((ord(one) for one in "XN-" if one in self.names), None)
        if uncertain is None:  # then it is unknown
            return np.arange(256).astype(np.uint8)
        return np.where(self._letters == self.unknown, uncertain, np.arange(256)).astype(np.uint8)


def _runs(plain: np.ndarray, within: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of every letter its place in its run of plain letters, and how many these are; rows begin where `within` is 0,
    and any other letter is a run of 0. int64 [n] each"""
    begins = np.flatnonzero((within == 0) | ~plain | np.concatenate([[True], ~plain[:-1]])[: len(plain)])
    sizes = np.diff(begins, append=len(plain))
    place = np.arange(len(plain)) - np.repeat(begins, sizes)
    return place, np.repeat(sizes, sizes) * plain


def letter_tokens(alphabet: Alphabet) -> Tokens:
    """An id for each letter."""
    return _own([*MARKS, *alphabet.letters])


def kmer_tokens(alphabet: Alphabet, width: int, *, overlap: bool) -> Tokens:
    """An id for each letter and each k-mer of plain letters; RecipeError where they would be far too many."""
    if len(alphabet.plain) ** width > MOST - 64:
        most = next(k for k in range(width, 0, -1) if len(alphabet.plain) ** k <= MOST - 64)
        fix = f"set modality.k={most} or less"
        raise RecipeError(
            461, "there are too many k-mers", where="sequence.k", found=f"{len(alphabet.plain)}^{width}", fix=fix
        )
    kmers = map("".join, product(alphabet.plain, repeat=width))
    return _own([*MARKS, *alphabet.letters, *kmers], width=width, overlap=overlap)


def pair_tokens(alphabet: Alphabet, rows: Sequence[str], size: int | str) -> Tokens:
    """Ids of pieces that grew by joining the most frequent pair again and again (Sennrich et al. 2016)."""
    from tokenizers import Tokenizer, models, trainers

    letters = sum(map(len, rows))
    if isinstance(size, str):
        size = min(_MOST_PAIRS, max(_LEAST_PAIRS, round(letters**0.5)))
    stride = max(1, -(-letters // _CORPUS))
    pieces = [row[start : start + _PIECE] for row in rows for start in range(0, len(row), _PIECE)][::stride]
    made = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=max(size, len(MARKS) + len(alphabet.letters)), min_frequency=2, special_tokens=list(MARKS),
        initial_alphabet=list(alphabet.letters), limit_alphabet=len(alphabet.letters), show_progress=False,
    )  # fmt: skip
    made.train_from_iterator(iter(pieces), trainer, len(pieces))
    names = [made.id_to_token(number) or "" for number in range(made.get_vocab_size())]
    joined = json.loads(made.to_str())["model"]["merges"]
    return _own(names, pairs=tuple((one, other) for one, other in joined))


def transformers_tokenizer(tokens: Tokens) -> str:
    """The same ids as a tokenizer.json that transformers reads; "" for k-mers, which it cannot cut."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

    if tokens.width > 1:
        return ""
    vocabulary = {name: number for number, name in enumerate(tokens.names)}
    if tokens.pairs:
        made = Tokenizer(models.BPE(vocabulary, list(tokens.pairs)))
    else:
        made = Tokenizer(models.WordLevel(vocabulary, unk_token=tokens.names[tokens.unknown]))
        made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")  # pyright: ignore[reportAssignmentType]
    made.add_special_tokens([tokens.names[number] for number in tokens.marks])
    made.decoder = decoders.Fuse()  # pyright: ignore[reportAttributeAccessIssue]
    around = [" ".join(tokens.names[number] for number in side) for side in (tokens.before, tokens.after)]
    pairs = [(tokens.names[number], number) for number in {*tokens.before, *tokens.after}]
    made.post_processor = processors.TemplateProcessing(
        single=f"{around[0]} $A {around[1]}".strip(), special_tokens=pairs
    )
    return made.to_str()


def _own(names: Sequence[str], **more: Any) -> Tokens:
    pad, unknown, begin, end, mask = range(len(MARKS))
    return Tokens(tuple(names), (begin,), (end,), pad, unknown, mask, end, **more)
