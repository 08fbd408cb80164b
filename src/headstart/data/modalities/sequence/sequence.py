"""Sequences: DNA, RNA and proteins -> letters of one alphabet -> ids -> padded or packed rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.choice import NO_SETTINGS
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError, RecipeError
from headstart.core.files import write_whole
from headstart.data import ngrams
from headstart.data.alphabets import ALPHABETS, alphabet_of, counted, is_sequence_row
from headstart.data.id_rows import collated, cut_to, room_of
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.modalities.sequence import tokens as coding
from headstart.data.modalities.sequence.cleaning import Case, Cleaner
from headstart.data.modalities.sequence.copies import SequenceDuplicates
from headstart.data.modalities.sequence.corpus import thinned
from headstart.data.modalities.sequence.defaults import SequenceDefaults
from headstart.data.modalities.sequence.grams import SiteFinder, Sites
from headstart.data.modalities.sequence.kinship import SequenceKinship
from headstart.data.modalities.sequence.own_letters import own_letters
from headstart.data.modalities.sequence.parts import Divided
from headstart.data.modalities.sequence.tokens import Tokens
from headstart.data.modalities.sequence.vocabulary import SequenceView, SequenceVocabulary
from headstart.data.records import Words
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from headstart.core.contracts import Augment, Batch, Columns, Example

_FILE = "sequence.json"
_LENGTHS = (32, 64, 128, 256, 512, 1024)
_LOOK = 2000  # raw rows from which the alphabet is told


class Sequence:
    """DNA, RNA or proteins as token ids.

    tokens    "letters", an id for each letter; "kmers", for `k` letters; "bpe", for pieces that are learned (`vocab`)
    k         letters of a k-mer
    overlap   k-mers begin at every letter, else behind each other
    vocab     number of ids of "bpe"; "auto" is the root of the number of letters, between 64 and 4,096
    alphabet  "dna", "rna", "protein", or "auto": told from the first 2,000 train rows
    case      small letters are "fold", the same as capitals, or "mask", hidden letters (N or X)
    strands   "one", or "both": a sequence and its reverse complement mean the same (only DNA and RNA)
    length    most places of a row, and the places of a packed one; "auto" holds 95 % of the sequences, 32 to 1,024

    Stored: letters uint8, ASCII; cut uint8 [1], whether the row came letter by letter, so that tags are of letters; x
    uint8, uint16 or uint32 ids; begin and mark int32. Batch: x int64 [B, T], keep bool [B, T], with marks at the ends.
    Of rows that came letter by letter also begin int64 [B, W], the place of the id of each letter, and mark [B, 0];
    such rows are collated whole.

    DNA read as RNA has T for U, and RNA as DNA U for T. Uncertain letters, stops and gaps are kept, with ids of their
    own, and what was put right is told.
    """

    layout: ClassVar[Layout] = "ids"
    files: ClassVar = False  # a text in a table is a sequence
    name_groups: ClassVar = False
    columns = None
    defaults, divides = SequenceDefaults(), Divided()
    told = ()
    plain: ClassVar[Mapping[str, Any]] = NO_SETTINGS
    placement = None
    windows = None
    pieces = audible = timeline = named_cells = cell_columns = by_column = past = None

    def __init__(
        self,
        *,
        tokens: coding.Kind = "letters",
        k: int = 6,
        overlap: bool = False,
        vocab: int | Literal["auto"] = "auto",
        alphabet: Literal["auto", "dna", "rna", "protein"] = "auto",
        case: Case = "fold",
        strands: Literal["one", "both"] = "one",
        length: int | Literal["auto"] = "auto",
    ) -> None:
        if vocab != "auto" and not 64 <= vocab < coding.MOST:
            raise RecipeError(462, "a vocabulary of pairs needs 64 ids or more", where="sequence.vocab", found=vocab)
        if length != "auto" and length < 4:
            raise RecipeError(463, "a row needs at least 4 places", where="sequence.length", found=length)
        if not 1 < k <= 16:
            raise RecipeError(464, "a k-mer has 2 to 16 letters", where="sequence.k", found=k)
        self.kind: coding.Kind = tokens
        self.case: Case = case
        self.k, self.overlap, self.vocab, self.strands = k, overlap, vocab, strands
        self.alphabet = "" if alphabet == "auto" else alphabet
        self.length = 0 if isinstance(length, str) else length
        self._tokens: Tokens | None = None
        self._digest = ""
        self.sites = Sites()
        self._settle()

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        """Rows of sequence files, and texts of 20 letters or more of one alphabet."""
        return is_sequence_row(value, origin)

    def is_row(self, value: Any) -> bool:
        return isinstance(value, str | Words | bytes)

    @classmethod
    def of_tokens(cls, tokens: Tokens, alphabet: Literal["dna", "rna", "protein"], length: int) -> Sequence:
        """The preprocessing of a public checkpoint: its own ids, with its own marks at the ends of a row."""
        made = cls(alphabet=alphabet, length=length)
        made._tokens = tokens
        return made

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        """The alphabet, where nobody named it."""
        if self.alphabet:
            return
        looked = (example["input"] for example in islice(examples, _LOOK))
        counts = counted("".join(one.words) if isinstance(one, Words) else one for one in looked
                         if isinstance(one, Words | str))  # fmt: skip
        self.alphabet = alphabet_of(counts).kind
        self._settle()

    def read(self, example: Example, budget: Budget) -> Example:
        origin = str(example.get("origin", "sequence"))
        named = example.get("id")
        where = f"{origin} {named}" if isinstance(named, str) and named else origin
        found = self._cleaner(example["input"], where, budget)
        repaired = {**example.get("repaired", {}), **found.repaired}
        return {**example, "input": found.letters, "cut": found.worded} | ({"repaired": repaired} if repaired else {})

    def encode(self, example: Example) -> Columns:
        return {"letters": example["input"], "cut": np.array([example["cut"]], np.uint8)}

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        """Learn pairs of letters, if these are the ids, which places vary, and choose the length of a row."""
        finder = SiteFinder()
        corpus = thinned(finder.passing(chunks))
        self.sites = finder.found
        if self._tokens is not None and self.length:
            return
        if not corpus:
            raise DataError(465, "no sequence to learn from", expected="at least one train row")
        if self._tokens is None:
            self._tokens = self._learned(corpus)
        if not self.length:
            stride = max(1, len(corpus) // _LOOK)
            sizes = self._sizes(corpus[::stride])
            wanted = float(np.quantile(sizes, 0.95)) + self._tokens.ends.count
            self.length = next((size for size in _LENGTHS if size >= wanted), _LENGTHS[-1])

    def derive(self, columns: Columns) -> Columns:
        """Ids of stored letters, without marks; of rows that came letter by letter the place of each of them."""
        letters, offsets = ragged(columns, "letters")
        found = self._trained.coded(own_letters(letters, self._cleaner.alphabet), offsets)
        cut = columns["cut"].reshape(-1).astype(bool)
        lengths = np.diff(offsets)
        ends = np.concatenate([[0], np.cumsum(lengths * cut)])
        none = np.zeros(len(offsets), np.int64)
        return {
            "x": found.ids, "x.offsets": found.offsets, "begin": found.places[np.repeat(cut, lengths)],
            "begin.offsets": ends, "mark": np.zeros(0, np.int32), "mark.offsets": none,
        }  # fmt: skip

    def collate(self, columns: Columns) -> Batch:
        """Rows cut to `length`, with their marks, padded to the longest."""
        return collated(columns, room_of(columns, self.length, self._trained.ends), self._trained.ends)

    def ready(self, batch: Batch) -> Batch:
        return cut_to(batch, self.length)

    @property
    def augment(self) -> type[Augment]:
        from headstart.data.modalities.sequence.augment import SequenceAugment

        return SequenceAugment

    @property
    def duplicates(self) -> SequenceDuplicates:
        return SequenceDuplicates(self._cleaner.alphabet, self.strands == "both")

    @property
    def kinship(self) -> SequenceKinship:
        return SequenceKinship(self._cleaner.alphabet)

    @property
    def vocabulary(self) -> SequenceVocabulary:
        return SequenceVocabulary(self._trained, self._cleaner, self.length, self.strands == "both", self.sites)

    @property
    def view(self) -> SequenceView:
        return SequenceView(self._trained)

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[csr_matrix, csr_matrix]:
        """k-mers and places, weighted by their rarity among the learned rows."""
        return ngrams.side_by_side(self.vocabulary.grams, learned, asked)

    @property
    def spec(self) -> Spec:
        tokens = self._trained
        sizes = {"vocab": len(tokens.names), "length": self.length}
        sizes |= {} if tokens.mask is None else {"mask": tokens.mask}
        if not self._digest:  # asked of every batch
            self._digest = hashlib.sha256(json.dumps(tokens.to_json()).encode()).hexdigest()
        none = np.zeros(0, np.int32)
        ids = tokens.coded(np.frombuffer(b"A", np.uint8), np.array([0, 1])).ids
        empty = {"letters": np.frombuffer(b"A", np.uint8), "cut": np.zeros(1, np.uint8), "x": ids, "begin": none,
                 "mark": none}  # fmt: skip
        return Spec(self.layout, sizes, {"tokens": self._digest, "alphabet": self.alphabet}, empty)

    def with_settings(self, settings: Mapping[str, Any]) -> Sequence:
        for name, value in settings.items():
            known = {**self._settings(), "length": None, "strands": None}
            if name not in known or (known[name] is not None and known[name] != value):
                raise stored_otherwise(name, value)
        made = Sequence(**{**self._settings(), **settings})
        made._tokens, made.length, made.sites = self._trained, made.length or self.length, self.sites
        return made

    def save(self, directory: Path) -> None:
        """sequence.json; and tokenizer.json with its settings for transformers, unless ids are k-mers."""
        tokens = self._trained
        fields = {"settings": self._settings(), "length": self.length, "tokens": tokens.to_json(),
                  "sites": [self.sites.length, *self.sites.varying]}  # fmt: skip
        write_whole(directory / _FILE, json.dumps(fields).encode())
        theirs = coding.transformers_tokenizer(tokens)
        if not theirs:
            return
        named = {"pad_token": tokens.pad, "unk_token": tokens.unknown, "mask_token": tokens.mask}
        named |= {"cls_token": tokens.before[0] if tokens.before else None, "sep_token": tokens.end}
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": self.length}
        config |= {name: tokens.names[number] for name, number in named.items() if number is not None}
        write_whole(directory / "tokenizer.json", theirs.encode())
        write_whole(directory / "tokenizer_config.json", json.dumps(config, indent=2).encode())

    @classmethod
    def load(cls, directory: Path) -> Sequence:
        path = directory / _FILE
        with intact(DataError(464, "the settings of sequences cannot be read", where=path)):
            fields = json.loads(path.read_text("utf-8"))
            made = cls(**fields["settings"])
            made._tokens, made.length = Tokens.from_json(fields["tokens"]), int(fields["length"])
            length, *varying = map(int, fields.get("sites", [0]))
            made.sites = Sites(length, tuple(varying))
            if made.alphabet not in ALPHABETS or made.length < 1:
                raise ValueError("an unknown alphabet or length")
        return made

    def _settings(self) -> dict[str, Any]:
        return {"tokens": self.kind, "k": self.k, "overlap": self.overlap, "vocab": self.vocab, "case": self.case,
                "alphabet": self.alphabet or "auto", "strands": self.strands}  # fmt: skip

    def _settle(self) -> None:
        """What follows from the alphabet."""
        self._cleaner = Cleaner(ALPHABETS[self.alphabet or "protein"], self.case)
        if self.strands == "both" and self.alphabet == "protein":
            fix = "leave modality.strands=both out, or set modality.alphabet"
            raise RecipeError(465, "proteins have one strand", where="sequence.strands", found="both", fix=fix)

    def _learned(self, corpus: list[np.ndarray]) -> Tokens:
        alphabet = self._cleaner.alphabet
        if self.kind == "letters":
            return coding.letter_tokens(alphabet)
        if self.kind == "kmers":
            return coding.kmer_tokens(alphabet, self.k, overlap=self.overlap)
        return coding.pair_tokens(alphabet, [row.tobytes().decode("ascii") for row in corpus], self.vocab)

    def _sizes(self, rows: list[np.ndarray]) -> np.ndarray:
        """Ids of each row."""
        offsets = np.cumsum([0, *map(len, rows)])
        return np.diff(self._trained.coded(np.concatenate(rows), offsets).offsets)

    @property
    def _trained(self) -> Tokens:
        if self._tokens is None:
            raise DataError(466, "the ids of sequences are not known yet", fix="prepare the data first")
        return self._tokens
