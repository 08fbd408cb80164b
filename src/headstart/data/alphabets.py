"""The letters of DNA, RNA and proteins, and texts that are plainly written in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headstart.data.file_names import is_sequence_file
from headstart.data.records import Words

Kind = Literal["dna", "rna", "protein"]

_BASES = 0.9  # share of ACGTUN from which letters are bases: of proteins about a quarter is
_LEAST = 20  # letters of a text that is plainly a sequence: a shorter one may be a word or a name
_ODD = 0.05  # share of letters that hardly occur in proteins; of written languages O, U, B, J, X and Z are a tenth
_KINDS = 6  # different amino acids among the letters of a protein
_LOOK = 1 << 16  # letters of a text that are looked at
_BASE = re.compile(r"[ACGTUNRYSWKMBDHVacgtunryswkmbdhv*.-]+")
_PROTEIN = re.compile(r"[A-Z*.-]+")
_PLAIN_BASES, _ODD_AMINO = frozenset("ACGTUN"), frozenset("BJOUXZ")
_AMINO = frozenset("ACDEFGHIKLMNPQRSTVWY")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What may stand in a sequence.

    plain      letters of one meaning
    ambiguous  letters that stand for several of them, or for rare ones
    others     letters that are read as another one, by those
    partners   the letter across from each, where there is a second strand; else ""
    """

    kind: Kind
    plain: str
    ambiguous: str
    others: Mapping[str, str]
    partners: str = ""

    @property
    def letters(self) -> str:
        """Every letter that is kept, the stop and the gap last."""
        return f"{self.plain}{self.ambiguous}*-"


ALPHABETS: Mapping[str, Alphabet] = {
    "dna": Alphabet("dna", "ACGT", "NRYSWKMBDHV", {"U": "T", ".": "-"}, "TGCANYRSWMKVHDB*-"),
    "rna": Alphabet("rna", "ACGU", "NRYSWKMBDHV", {"T": "U", ".": "-"}, "UGCANYRSWMKVHDB*-"),
    "protein": Alphabet("protein", "ACDEFGHIKLMNPQRSTVWY", "XBZJUO", {".": "-"}),
}


def alphabet_of(counts: Mapping[str, int]) -> Alphabet:
    """The alphabet of sequences in which capitals occur so often: bases, where nearly all letters are some."""
    total = sum(counts.get(letter, 0) for letter in map(chr, range(ord("A"), ord("Z") + 1)))
    bases = sum(counts.get(letter, 0) for letter in _PLAIN_BASES)
    if not total or bases < _BASES * total:
        return ALPHABETS["protein"]
    return ALPHABETS["rna" if counts.get("U", 0) > counts.get("T", 0) else "dna"]


def counted(texts: Iterable[str]) -> Counter[str]:
    """How often each capital occurs, small letters as theirs."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(Counter(text[:_LOOK].upper()))
    return found


def described(counts: Mapping[str, int]) -> str:
    """ "protein: 20 letters, X and U": the alphabet of so many letters, and what else is in them."""
    alphabet = alphabet_of(counts)
    plain = sum(counts.get(letter, 0) > 0 for letter in alphabet.plain)
    more = [letter for letter in f"{alphabet.ambiguous}*-." if counts.get(letter, 0)]
    listed = ", ".join(more[:-1]) + (" and " if len(more) > 1 else "") + more[-1] if more else ""
    return f"{alphabet.kind}: {plain} letters" + (f", {listed}" if more else "")


def is_sequence(text: str) -> bool:
    """Is this plainly a sequence: 20 letters or more of one alphabet, mixed as no word or name is?

    Small letters are taken for bases alone.
    """
    text = text.strip()
    if len(text) < _LEAST:
        return False
    look = text[:_LOOK]
    if _BASE.fullmatch(look):
        counts = Counter(look.upper())
        return sum(counts[letter] for letter in _PLAIN_BASES) >= _BASES * len(look)
    if not _PROTEIN.fullmatch(look):
        return False
    counts = Counter(look)
    odd = sum(counts[letter] for letter in _ODD_AMINO)
    return odd <= _ODD * len(look) and sum(counts[letter] > 0 for letter in _AMINO) >= _KINDS


def is_sequence_row(value: Any, origin: str) -> bool:
    """Is this raw value a sequence, by its letters or because its file holds nothing else?"""
    if not isinstance(value, str | Words):
        return False
    if is_sequence_file(origin.rpartition(":")[0]):
        return True
    if isinstance(value, str):
        return is_sequence(value)
    return all(len(word) == 1 for word in value.words) and is_sequence("".join(value.words))
