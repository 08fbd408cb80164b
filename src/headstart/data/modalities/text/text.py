"""Text: anything that can be decoded -> UTF-8, cleaned -> token ids -> padded or packed rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import NO_SETTINGS
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError, RecipeError
from headstart.core.files import write_whole
from headstart.data import ngrams
from headstart.data.alphabets import is_sequence_row
from headstart.data.file_names import has_known_name, is_text_file
from headstart.data.id_rows import collated, cut_to, ragged_column, room_of
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.modalities.text import minhash, tokenization, truncation
from headstart.data.modalities.text.cleaning import repaired
from headstart.data.modalities.text.defaults import TextDefaults
from headstart.data.modalities.text.grams import TextGrams
from headstart.data.modalities.text.parts import Divided
from headstart.data.modalities.text.vocabulary import TextView, TokenVocabulary, ids_of, readable_texts, stored_texts
from headstart.data.records import Blob, Words
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

    from headstart.core.contracts import Augment, Batch, Columns, Example

_CONFIG, _TOKENIZER = "tokenizer_config.json", "tokenizer.json"
_LENGTHS = (32, 64, 128, 256, 512)
_CORPUS = 64 << 20  # characters a tokenizer learns from; of a larger corpus every second, fourth, ... text
_SAMPLE = 2000  # texts whose tokens are counted to choose the length


class Text:
    """Documents as token ids, cut from their words by a tokenizer that learned from the train split.

    tokenizer  "bpe", byte-level pairs (Sennrich et al. 2016; nothing is ever unknown), or "unigram" (Kudo 2018)
    vocab      number of ids; "auto" is 10 * sqrt(bytes of the corpus), between 1,000 and 32,000
    length     most places of a row, and the places of a packed one; "auto" holds 95 % of the documents, 32 to 512
    lower      fold capitals before the tokenizer sees them

    Stored: text uint8 bytes, x uint16 or uint32 ids, begin and mark int32. Batch: x int64 [B, T], keep bool [B, T],
    with marks at the ends. Where rows came in words, also begin int64 [B, W], the place of each word's first piece,
    and mark int64 [B, P], the numbers of the words asked about, both filled up with -1; such rows are collated whole.
    """

    layout: ClassVar[Layout] = "ids"
    files: ClassVar = False  # a text in a table is a row
    name_groups: ClassVar = False
    columns = None
    defaults = TextDefaults()
    duplicates, divides = minhash.TextDuplicates(), Divided()
    kinship = None
    placement = None
    windows = None
    pieces = audible = timeline = named_cells = cell_columns = by_column = past = None
    told = ()
    plain: ClassVar[Mapping[str, Any]] = NO_SETTINGS

    def __init__(
        self,
        *,
        tokenizer: Literal["bpe", "unigram"] = "bpe",
        vocab: int | Literal["auto"] = "auto",
        length: int | Literal["auto"] = "auto",
        lower: bool = False,
    ) -> None:
        if vocab != "auto" and not 300 <= vocab < 1 << 24:
            raise RecipeError(124, "a vocabulary needs at least 300 ids", where="text.vocab", found=vocab)
        if length != "auto" and length < 4:
            raise RecipeError(125, "a row needs at least 4 places", where="text.length", found=length)
        self.tokenizer: Literal["bpe", "unigram"] = tokenizer
        self.vocab: int | Literal["auto"] = vocab
        self.lower = lower
        self.length = 0 if isinstance(length, str) else length
        self._tokenizer: Tokenizer | None = None
        self._special = tokenization.Special((), (), (), 0, None, ())
        self._digest = ""

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        """Texts, names of text files and the files, words, and rows of several columns with a text among them."""
        if is_sequence_row(value, origin):
            return False
        if isinstance(value, str):
            return is_text_file(value) or (bool(value.strip()) and not has_known_name(value))
        if isinstance(value, Mapping | list | tuple):
            return any(isinstance(one, str) for one in (value.values() if isinstance(value, Mapping) else value))
        return isinstance(value, Words) or (isinstance(value, Blob | bytes) and is_text_file(origin))

    def is_row(self, value: Any) -> bool:
        return isinstance(value, str | Words | bytes)

    @classmethod
    def of_tokenizer(cls, tokenizer: Tokenizer, length: int) -> Text:
        """The preprocessing of a public checkpoint: its own tokenizer, with its own marks at the ends of a row."""
        made = cls(length=length)
        made._set_tokenizer(tokenizer)
        return made

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        """Nothing: the tokenizer learns from stored text, when it is known which rows are train rows."""

    def read(self, example: Example, budget: Budget) -> Example:
        return {**example, "input": repaired(example["input"], str(example.get("origin", "text")), budget)}

    def encode(self, example: Example) -> Columns:
        return {"text": np.frombuffer(example["input"].encode(), np.uint8)}

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        """Train the tokenizer on the train split and choose the length of a row."""
        corpus = _thinned(text for chunk in chunks for text in readable_texts(chunk))
        if not corpus:
            raise DataError(114, "no text to learn a vocabulary from", expected="at least one train row")
        if self._tokenizer is None:
            self._set_tokenizer(tokenization.trained(corpus, kind=self.tokenizer, vocab=self.vocab, lower=self.lower))
        if not self.length:
            step = max(1, len(corpus) // _SAMPLE)
            counts = [len(row) for row in ids_of(self._trained(), corpus[::step])]
            wanted = float(np.quantile(counts, 0.95)) + len(self._special.before) + len(self._special.after)
            self.length = next((size for size in _LENGTHS if size >= wanted), _LENGTHS[-1])

    def derive(self, columns: Columns) -> Columns:
        """Token ids of stored text x [sum of lengths], without marks; where its words begin, and which are marked."""
        found = tokenization.tokenised(self._trained(), self._special, list(stored_texts(columns)))
        kind = np.uint16 if self._trained().get_vocab_size() <= 1 << 16 else np.uint32
        return {
            **ragged_column("x", [row.ids for row in found], kind),
            **ragged_column("begin", [row.begins for row in found], np.int32),
            **ragged_column("mark", [row.marked for row in found], np.int32),
        }

    def collate(self, columns: Columns) -> Batch:
        """Rows cut to `length`, with their marks, padded to the longest; of several texts the longest is cut first."""
        ends = self._special.ends
        room = room_of(columns, self.length, ends)
        values, offsets = truncation.fitted(*ragged(columns, "x"), self._special.apart, room)
        return collated({**columns, "x": values, "x.offsets": offsets}, room, ends)

    def ready(self, batch: Batch) -> Batch:
        return cut_to(batch, self.length)

    @property
    def augment(self) -> type[Augment]:
        from headstart.data.modalities.text.augment import TextAugment

        return TextAugment

    @property
    def vocabulary(self) -> TokenVocabulary:
        return TokenVocabulary(self._trained(), self._special, self.length)

    @property
    def view(self) -> TextView:
        return TextView(self._trained())

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[csr_matrix, csr_matrix]:
        """Words, pairs of words and characters within words, weighted by their rarity among the learned rows."""
        return ngrams.side_by_side(TextGrams(readable_texts), learned, asked)

    @property
    def spec(self) -> Spec:
        sizes = {"vocab": self._trained().get_vocab_size(), "length": self.length}
        sizes |= {} if self._special.mask is None else {"mask": self._special.mask}
        if not self._digest:  # asked of every batch, and a tokenizer of 30,000 words takes a while to write out
            self._digest = hashlib.sha256(self._trained().to_str().encode()).hexdigest()
        none = np.zeros(0, np.int32)
        empty = {"text": np.frombuffer(b"a", np.uint8), "x": np.zeros(1, np.uint16), "begin": none, "mark": none}
        return Spec(self.layout, sizes, {"tokenizer": self._digest}, empty)

    def with_settings(self, settings: Mapping[str, Any]) -> Text:
        for name, value in settings.items():
            known = {"tokenizer": self.tokenizer, "vocab": self.vocab, "lower": self.lower, "length": None}
            if name != "length" and (name not in known or known[name] != value):
                raise stored_otherwise(name, value)
        made = Text(**{**self._settings(), **settings})
        made._set_tokenizer(self._trained())
        made.length = made.length or self.length
        return made

    def save(self, directory: Path) -> None:
        """tokenizer.json and tokenizer_config.json, as transformers' AutoTokenizer reads them."""
        tokenizer, special = self._trained(), self._special
        write_whole(directory / _TOKENIZER, tokenizer.to_str(pretty=False).encode())
        names = {"pad_token": special.pad, "mask_token": special.mask}
        if special.before and special.after:
            names |= {"bos_token": special.before[0], "cls_token": special.before[0]}
            names |= {"eos_token": special.after[-1], "sep_token": special.after[-1]}
        fields = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": self.length,
            **{name: tokenizer.id_to_token(number) for name, number in names.items() if number is not None},
            "headstart": {"kind": "text", "settings": self._settings(), "length": self.length},
        }
        write_whole(directory / _CONFIG, (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Text:
        config = directory / _CONFIG
        with intact(DataError(115, "the text settings cannot be read", where=config)):
            own = json.loads(config.read_text("utf-8"))["headstart"]
            made = cls(**own["settings"])
            path = directory / _TOKENIZER
            made._set_tokenizer(tokenization.parsed(path.read_text("utf-8"), path))
            made.length = int(own["length"])
        return made

    def _settings(self) -> dict[str, Any]:
        return {"tokenizer": self.tokenizer, "vocab": self.vocab, "lower": self.lower}

    def _set_tokenizer(self, tokenizer: Tokenizer) -> None:
        self._tokenizer, self._special, self._digest = tokenizer, tokenization.special(tokenizer), ""

    def _trained(self) -> Tokenizer:
        if self._tokenizer is None:
            raise DataError(116, "the tokenizer has not learned yet", fix="prepare the data first")
        return self._tokenizer


def _thinned(texts: Iterable[str]) -> list[str]:
    """All texts, or evenly spread ones of a corpus that is too large to hold."""
    kept: list[str] = []
    stride, size = 1, 0
    for number, text in enumerate(texts):
        if number % stride:
            continue
        kept.append(text)
        size += len(text)
        if size > _CORPUS:
            kept, stride = kept[::2], 2 * stride
            size = sum(map(len, kept))
    return kept
