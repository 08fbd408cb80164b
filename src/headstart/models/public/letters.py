"""The vocabulary of a public network that reads DNA, RNA or proteins -> the ids of our sequences."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from headstart.core.errors import DataError
from headstart.data.modalities.sequence.tokens import MOST, Tokens
from headstart.data.modalities.text.tokenization import special
from headstart.models.trust.safe_files import MOST_TOKENIZER, plain_file, read_object

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Alphabet = Literal["dna", "rna", "protein"]

_AMINO, _RARE_AMINO = frozenset("ACDEFGHIKLMNPQRSTVWY"), frozenset("XBZJUO")
_RARE_BASES = frozenset("NRYSWKMBDHVX")
_SIGNS = frozenset(".-*|<>12")  # gaps, stops, and the ends of chains
_MARK = re.compile(r"<.+>|\[.+\]|unused\d+|")
_BEGINNINGS = ("\u2581", "\u0120", "##")  # how tokenizers write that a piece begins or goes on with a word
# What ESM's tokenizer, which transformers holds in Python alone, calls its marks if its files do not say it.
_ESMS: Mapping[str, str] = {"cls": "<cls>", "eos": "<eos>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
_MOST_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Letters:
    """Ids of sequences of one alphabet."""

    tokens: Tokens
    alphabet: Alphabet


@dataclass(frozen=True, slots=True)
class _Marks:
    """Ids that are no content: around a row, of padding, of the unknown, what hides, what ends, and others."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int
    unknown: int
    mask: int | None
    end: int | None
    others: frozenset[int] = frozenset()

    @property
    def every(self) -> frozenset[int]:
        found = {*self.before, *self.after, self.pad, self.unknown, self.mask, self.end} - {None}
        return self.others | {number for number in found if number is not None}


def letters_of(tokenizer: Tokenizer, where: Path) -> Letters | None:
    """The ids of a tokenizer whose pieces are letters of sequences; None if it reads anything else.

    DataError where it cuts sequences as ours cannot.
    """
    names = tokenizer.get_vocab(with_added_tokens=True)
    if not 0 < len(names) <= MOST:
        return None
    seen, model = special(tokenizer), json.loads(tokenizer.to_str())["model"]
    unknown = tokenizer.token_to_id(str(model["unk_token"])) if model.get("unk_token") else model.get("unk_id")
    if unknown is None:
        unknown = seen.pad if seen.mask is None else seen.mask
    pad = next((names[name] for name in ("<pad>", "[PAD]") if name in names), seen.pad)
    marks = _Marks(seen.before, seen.after, pad, int(unknown), seen.mask, seen.end, frozenset(seen.every))
    return _letters(names, marks, model, where)


def letters_of_esm(path: Path) -> Letters | None:
    """The ids of an ESM by its vocab.txt, whose lines are letters or k-mers; None if they are anything else.

    DataError where a mark that every row needs is not among them.
    """
    lines = plain_file(path / "vocab.txt", most=MOST_TOKENIZER).read_text("utf-8", "replace").splitlines()
    names = {line.strip(): number for number, line in enumerate(lines)}
    if not 0 < len(names) <= MOST:
        return None
    said = {**_said(path / "special_tokens_map.json"), **_said(path / "tokenizer_config.json")}
    ids = {name: names.get(str(said.get(f"{name}_token", usual))) for name, usual in _ESMS.items()}
    pad, unknown, first, end = (ids[name] for name in ("pad", "unk", "cls", "eos"))
    if pad is None or unknown is None or first is None:
        missing = ", ".join(f"{name}_token" for name in ("pad", "unk", "cls") if ids[name] is None)
        fix = "use an intact copy of the checkpoint"
        raise DataError(515, "the vocabulary lacks a mark that rows need", where=path, found=missing, fix=fix)
    after = () if end is None else (end,)
    return _letters(names, _Marks((first,), after, pad, unknown, ids["mask"], end), {}, path)


def _said(path: Path) -> dict[str, Any]:
    """What a file says of special tokens: their texts, None for those that there are not."""
    fields = read_object(path) if path.is_file() else {}
    named = {name: value for name, value in fields.items() if name.endswith("_token")}
    return {name: value.get("content") if isinstance(value, dict) else value for name, value in named.items()}


def _letters(vocabulary: Mapping[str, int], marks: _Marks, model: Mapping[str, Any], where: Path) -> Letters | None:
    bare = {number: _bare(name) for name, number in vocabulary.items() if number not in marks.every}
    pieces = {number: name for number, name in bare.items() if not _MARK.fullmatch(name)}
    content = {number: name for number, name in pieces.items() if name not in _SIGNS}
    alphabet = _alphabet(set(content.values()))
    if alphabet is None:
        return None
    made = Tokens(
        _named(vocabulary, pieces, marks), marks.before, marks.after, marks.pad, marks.unknown, marks.mask, marks.end
    )
    longest, sizes = max(map(len, content.values())), {len(name) for name in content.values()}
    if longest == 1:
        return Letters(made, alphabet)
    singles = {name for name in content.values() if len(name) == 1}
    plain = _AMINO if alphabet == "protein" else frozenset("ACGU" if alphabet == "rna" else "ACGT")
    kmers = sum(len(name) == longest and {*name} <= plain for name in content.values())
    if sizes <= {1, longest} and longest <= _MOST_WIDTH and kmers == len(plain) ** longest:
        # a network that knows no letters alone reads a k-mer from every letter on
        return Letters(replace(made, width=longest, overlap=not plain <= singles), alphabet)
    if model.get("type") == "BPE" and not any(model.get(name) for name in ("dropout", "byte_fallback", *_AFFIXES)):
        return Letters(replace(made, pairs=tuple(_pair(one) for one in model["merges"])), alphabet)
    raise DataError(
        516, "the vocabulary cuts sequences in a way that is not supported", where=where, found=model.get("type", ""),
        expected="letters, all k-mers of one length, or pairs that were joined (BPE)", fix="use another checkpoint",
    )  # fmt: skip


_AFFIXES = ("continuing_subword_prefix", "end_of_word_suffix")


def _pair(merge: Any) -> tuple[str, str]:
    """A merge as the library writes it: two texts, in older files with a space between them."""
    one, other = merge.split(" ") if isinstance(merge, str) else merge
    return str(one), str(other)


def _bare(name: str) -> str:
    for beginning in _BEGINNINGS:
        name = name.removeprefix(beginning)
    return name


def _named(vocabulary: Mapping[str, int], pieces: Mapping[int, str], marks: _Marks) -> tuple[str, ...]:
    """A name of its own for every id: pieces by their letters, and nothing else by a letter."""
    names = [f"<unused {number}>" for number in range(1 + max(vocabulary.values()))]
    for name, number in vocabulary.items():
        names[number] = f"<{name}>" if len(_bare(name)) <= 1 or number not in marks.every else name
    taken = set(names)
    for number, name in pieces.items():
        if name not in taken:
            names[number] = name
            taken.add(name)
    return tuple(names)


def _alphabet(pieces: set[str]) -> Alphabet | None:
    """What letters these pieces are made of; None unless they can spell every sequence of an alphabet."""
    letters = set("".join(pieces))
    if letters >= _AMINO:
        return "protein" if letters <= _AMINO | _RARE_AMINO else None
    if {"A", "C", "G"} <= letters and letters <= _RARE_BASES | set("ACGTU"):
        return "dna" if "T" in letters else "rna" if "U" in letters else None
    return None
