"""Tokenizers: trained on a corpus, read from a file, and asked what their special ids are for."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from headstart.core.errors import DataError
from headstart.data.id_rows import Ends
from headstart.data.modalities.text.tokenizer_check import checked
from headstart.data.modalities.text.words import END, SEGMENT, surface

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MARKS = ("<pad>", "<unk>", "<s>", "</s>", "<mask>")
"""Special tokens of our own tokenizers, ids 0 to 4."""

_LEAST, _MOST = 1_000, 32_000
_PADS, _MASKS = ("<pad>", "[PAD]", "<|endoftext|>", "</s>"), ("<mask>", "[MASK]")
_ENDS = ("</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<eos>")
_PENALTY = 1e-4  # by which the trainer of tokenizers raises the score of every letter it puts back above the last
_SPACED = 0.05  # share of spaces above which words are written apart


@dataclass(frozen=True, slots=True)
class Special:
    """Ids that are no content: those put before and after a row and between its parts, padding, the mask (if any), and
    all of them.

    `end` ends a text: the last one put after a row, else the one that is usually called so.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    between: tuple[int, ...]
    pad: int
    mask: int | None
    every: tuple[int, ...]
    end: int | None = None

    @property
    def ends(self) -> Ends:
        """What stands at the ends of a row."""
        return Ends(self.before, self.after, self.pad)

    @property
    def apart(self) -> tuple[int, ...]:
        """`between`, if it is no content: then the parts of a row can be told apart in its ids."""
        return self.between if set(self.between) <= set(self.every) else ()


@dataclass(frozen=True, slots=True)
class Tokenised:
    """A stored text as ids without the marks at their ends; the place where each of its words begins, and the numbers
    of the words that are asked about, both empty where nobody has cut it."""

    ids: list[int]
    begins: Sequence[int] = ()
    marked: Sequence[int] = ()


def trained(texts: Sequence[str], *, kind: Literal["bpe", "unigram"], vocab: int | str, lower: bool) -> Tokenizer:
    """A tokenizer that learned from the texts, with `<s>` and `</s>` around every row."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    size = usual_vocabulary(texts) if isinstance(vocab, str) else vocab
    spaced = sum(text.count(" ") for text in texts) > _SPACED * sum(len(text) for text in texts)
    if kind == "bpe":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
        made.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = trainers.BpeTrainer(
            vocab_size=size, min_frequency=2, special_tokens=list(MARKS), initial_alphabet=alphabet, show_progress=False
        )
    else:
        made = Tokenizer(models.Unigram())
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always" if spaced else "never")
        made.decoder = decoders.Metaspace()
        letters = len(set().union(*texts)) + len(MARKS) + 1
        size = max(size, letters * 5 // 4) if isinstance(vocab, str) else size
        if size < letters:
            fix = "raise modality.vocab, or use modality.tokenizer=bpe"
            raise DataError(117, "the vocabulary cannot hold every character", found=size, expected=letters, fix=fix)
        trainer = trainers.UnigramTrainer(
            vocab_size=size, special_tokens=list(MARKS), unk_token=MARKS[1], show_progress=False
        )
    if lower:
        made.normalizer = normalizers.Lowercase()
    made.train_from_iterator(iter(texts), trainer, len(texts))
    made = _rounded(made) if kind == "unigram" else made
    pairs = [(mark, MARKS.index(mark)) for mark in ("<s>", "</s>")]
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=pairs
    )
    return made


def _rounded(tokenizer: Tokenizer) -> Tokenizer:
    """A unigram model with scores of six decimals, its pieces in one order: a function of the corpus.

    The trainer walks hash tables. Two runs on one corpus find the same pieces, but their scores differ by 1e-14, which
    also changes with every save, and those of the letters that had to be put back by some 1e-4: these get the lowest.
    """
    from tokenizers import Tokenizer

    whole = json.loads(tokenizer.to_str())
    marks, found = whole["model"]["vocab"][: len(MARKS)], whole["model"]["vocab"][len(MARKS) :]
    lowest = min(score for _, score in found)
    put_back = lowest + _PENALTY * len(found)
    scores = {name: lowest if len(name) == 1 and score <= put_back else score for name, score in found}
    pieces = [(name, round(score, 6)) for name, score in scores.items()]
    whole["model"]["vocab"] = [*marks, *sorted(pieces, key=lambda piece: (-piece[1], piece[0]))]
    return Tokenizer.from_str(json.dumps(whole))


def usual_vocabulary(texts: Sequence[str]) -> int:
    """Ids for a corpus: 10 * sqrt(bytes), 12,000 for 1.5 MB and 32,000 for 10 MB, between 1,000 and 32,000.

    Small models know a word best that is a token of its own: word vectors on all labels of AG News score .858 with
    4,700 ids, .868 with 12,000, .876 with 16,000 and capitals folded.
    """
    size = sum(len(text.encode()) for text in texts)
    return min(_MOST, max(_LEAST, 100 * round(math.sqrt(size) / 10)))


def parsed(text: str, where: Path) -> Tokenizer:
    """A tokenizer from the text of its tokenizer.json; DataError if it cannot be read, or says what none needs."""
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_str(checked(text))
        special(made)
    except BaseException as cause:  # what panics in Rust is no Exception
        if isinstance(cause, KeyboardInterrupt | SystemExit):
            raise
        fix = "use an intact copy"
        raise DataError(118, "the tokenizer cannot be read", where=where, found=cause, fix=fix) from cause
    made.no_padding()
    made.no_truncation()
    return made


def special(tokenizer: Tokenizer) -> Special:
    """What a tokenizer adds to a row by itself, found by asking it, and the ids it knows by their usual names."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    whole = tokenizer.encode("a", add_special_tokens=True).ids
    place = next((i for i in range(len(whole)) if whole[i : i + len(bare)] == bare), 0)
    before, after = tuple(whole[:place]), tuple(whole[place + len(bare) :])
    pad = next((n for name in _PADS if (n := tokenizer.token_to_id(name)) is not None), 0)
    mask = next((n for name in _MASKS if (n := tokenizer.token_to_id(name)) is not None), None)
    every = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    ends = [number for name in _ENDS if (number := tokenizer.token_to_id(name)) is not None]
    end = next(iter([*reversed(after), *ends]), None)
    between = _between(tokenizer, bare, before)
    return Special(before, after, between, pad, mask, tuple(sorted(every | {*before, *after})), end)


def _between(tokenizer: Tokenizer, bare: list[int], before: tuple[int, ...]) -> tuple[int, ...]:
    """What it puts between two texts; the ids of a new line if that is nothing."""
    pair = tokenizer.encode("a", "a", add_special_tokens=True).ids
    first = len(before) + len(bare)
    second = next((i for i in range(first, len(pair)) if pair[i : i + len(bare)] == bare), first)
    return tuple(pair[first:second]) or tuple(tokenizer.encode("\n", add_special_tokens=False).ids)


def tokenised(tokenizer: Tokenizer, special: Special, texts: Sequence[str]) -> list[Tokenised]:
    """Stored texts as ids; a word of which the tokenizer leaves nothing begins where the next one does."""
    found = [Tokenised([])] * len(texts)
    cut = [number for number, text in enumerate(texts) if END in text]
    shown = [surface(texts[number]) for number in cut]
    encodings = tokenizer.encode_batch([one.text for one in shown], add_special_tokens=False)
    for number, seen, encoding in zip(cut, shown, encodings, strict=True):
        ends = np.array([end for _, end in encoding.offsets] or [0])
        begins = np.searchsorted(ends, seen.begins, "right")  # the first piece that ends behind a word's beginning
        found[number] = Tokenised(encoding.ids, np.minimum(begins, len(ends) - 1).tolist(), seen.marked)
    whole = [number for number, text in enumerate(texts) if END not in text]
    parts = [texts[number].split(SEGMENT) for number in whole]
    pieces = iter(tokenizer.encode_batch_fast([part for row in parts for part in row], add_special_tokens=False))
    for number, row in zip(whole, parts, strict=True):
        ids = next(pieces).ids
        for _ in row[1:]:
            ids = [*ids, *special.between, *next(pieces).ids]
        found[number] = Tokenised(ids)
    return found
