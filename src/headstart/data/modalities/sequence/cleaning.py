"""Whatever a sequence comes as -> letters of its alphabet; what was put right is counted, and nothing is dropped."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.alphabets import ALPHABETS, Alphabet
from headstart.data.opening.compressed import BROKEN, unpacked
from headstart.data.records import Blob, Words, is_missing

Case = Literal["fold", "mask"]

_SPACE = b" \t\r\n\v\f"
_BAD, _PLAIN, _AMBIGUOUS, _STOP, _GAP, _OTHER = range(6)
_FIX = "correct the row, or prepare with --skip-bad"
_UNSURE = {"protein": "amino acids that are unknown or rare (X, B, Z, J, U, O) were kept"}
_UNSURE_BASES = "bases that are uncertain (N and other IUPAC codes) were kept"


@dataclass(frozen=True, slots=True)
class Read:
    """Letters uint8 [T]; did they come one by one; and what was put right, with how many times."""

    letters: np.ndarray
    worded: bool
    repaired: Mapping[str, int]


@dataclass(frozen=True)
class Cleaner:
    """Reads sequences of one alphabet.

    case  what small letters are: "fold", the same as capitals; "mask", hidden letters (repeats that a program marked
          so), read as N or X
    """

    alphabet: Alphabet
    case: Case = "fold"

    def __call__(self, value: Any, origin: str, budget: Budget) -> Read:
        """DataError for what is no sequence, is empty, or holds a letter of no meaning, whose place is told from 1."""
        raw, worded = _raw(value, origin, budget)
        repaired: dict[str, int] = {}
        if not worded:
            raw = raw.strip()
            packed = raw.translate(None, _SPACE)
            if len(packed) < len(raw):
                repaired["spaces and line ends within sequences were left out"] = len(raw) - len(packed)
            raw = packed
        if not raw:
            raise DataError(461, "the sequence is empty", where=origin, fix=_FIX)
        found = np.frombuffer(raw, np.uint8)
        kinds = self._kinds[found]
        if not kinds.all():
            raise self._bad(raw, int(np.flatnonzero(kinds == _BAD)[0]), origin)
        lower = int(np.count_nonzero(found >= ord("a")))
        if lower:
            hidden = "read as capitals" if self.case == "fold" else f"hidden as {self.alphabet.ambiguous[0]}"
            repaired[f"letters in lower case were {hidden}"] = lower
        for kind, count in enumerate(np.bincount(kinds, minlength=_OTHER + 1).tolist()):
            if count and kind in self._told:
                repaired[self._told[kind]] = count
        return Read(self._letters[found], worded, repaired)

    @cached_property
    def _told(self) -> Mapping[int, str]:
        other = next(iter(self.alphabet.others))
        return {
            _AMBIGUOUS: _UNSURE.get(self.alphabet.kind, _UNSURE_BASES), _STOP: "stops (*) were kept",
            _GAP: "gaps (-) were kept", _OTHER: f"letters {other} were read as {self.alphabet.others[other]}",
        }  # fmt: skip

    @cached_property
    def _kinds(self) -> np.ndarray:
        """What every byte is, uint8 [256]."""
        table = np.zeros(256, np.uint8)
        pairs = [(_PLAIN, self.alphabet.plain), (_AMBIGUOUS, self.alphabet.ambiguous), (_STOP, "*"), (_GAP, "-.")]
        pairs.append((_OTHER, "".join(one for one in self.alphabet.others if one.isalpha())))
        for kind, letters in pairs:
            table[list((letters + letters.lower()).encode())] = kind
        return table

    @cached_property
    def _letters(self) -> np.ndarray:
        """The letter that every byte is read as, uint8 [256]."""
        table = np.zeros(256, np.uint8)
        for letter in self.alphabet.letters:
            table[list(f"{letter}{letter.lower()}".encode())] = ord(letter)
        for letter, as_one in self.alphabet.others.items():
            table[list(f"{letter}{letter.lower()}".encode())] = ord(as_one)
        if self.case == "mask":
            table[ord("a") : ord("z") + 1] = ord(self.alphabet.ambiguous[0])
        return table

    def _bad(self, raw: bytes, place: int, origin: str) -> DataError:
        shown = raw[place : place + 1].decode("ascii", "replace")
        expected, fix = f"letters of {self.alphabet.kind}, {self.alphabet.letters}", _FIX
        widest = ALPHABETS["protein"]
        if self.alphabet is not widest and shown.upper() in widest.letters:
            fix = f"prepare with modality.alphabet={widest.kind} if these are proteins; else {fix}"
        return DataError(
            460, "a letter has no meaning in this alphabet", where=origin, found=f"'{shown}' at place {place + 1:,}",
            expected=expected, fix=fix,
        )  # fmt: skip


def _raw(value: Any, origin: str, budget: Budget) -> tuple[bytes, bool]:
    """A sequence as bytes, and whether it came letter by letter."""
    if isinstance(value, Words):
        return _joined(value.words, origin), True
    if isinstance(value, str):
        return _ascii(value, origin), False
    if is_missing(value):
        return b"", False
    try:
        given = value.read() if isinstance(value, Blob) else value
        if isinstance(given, bytes | bytearray | memoryview):
            return unpacked(bytes(given), origin, budget), False
    except BROKEN as cause:
        fix = "fetch the file again"
        raise DataError(252, "the file cannot be read", where=origin, found=str(cause), fix=fix) from cause
    found = f"{type(value).__name__} {reprlib.repr(value)}"[:60]
    fix = "pass --input with the column of sequences"
    raise DataError(462, "no sequence", where=origin, found=found, expected="a str of letters", fix=fix)


def _joined(words: Sequence[str], origin: str) -> bytes:
    long = next((word for word in words if len(word) != 1), None)
    if long is not None:
        found, fix = f"'{long[:20]}'", "prepare with --modality text"
        raise DataError(463, "a word of a sequence is not one letter", where=origin, found=found, fix=fix)
    return _ascii("".join(words), origin)


def _ascii(text: str, origin: str) -> bytes:
    """Letters of one byte each; any other one is of no alphabet and becomes "?"."""
    return text.encode("ascii", "replace")
