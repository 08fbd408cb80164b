"""Values of raw records: a file that is read only when somebody needs it, a text cut into words, what is missing."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core.errors import DataError

_PIECES = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_UNSPACED = "CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC", "FULLWIDTH"
_SHOWN = 120  # characters of a name that a message shows


@dataclass(frozen=True, slots=True)
class Blob:
    """A file by its name, wherever it lies (folder, archive, memory). `reader(limit)` returns at most `limit` bytes
    from its start, all of them for -1."""

    name: str
    reader: Callable[[int], bytes]

    def read(self, limit: int = -1) -> bytes:
        """The first `limit` bytes, or all."""
        return self.reader(limit)

    @classmethod
    def file(cls, path: Path, name: str) -> Blob:
        """A file on disk; a file that cannot be read is a DataError when it is read, not before."""

        def reader(limit: int) -> bytes:
            fix = "correct the path or the permission, or prepare with --skip-bad"
            try:
                mode = path.stat().st_mode
                if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):  # opening one may wait for ever, or never end
                    raise DataError(201, "cannot read the file", where=short(name), found="a pipe or device", fix=fix)
                with path.open("rb") as file:
                    return file.read(limit)
            except (OSError, ValueError) as cause:  # ValueError: a zero byte or half a surrogate pair in the name
                found = cause.strerror if isinstance(cause, OSError) else cause
                raise DataError(201, "cannot read the file", where=short(name), found=found, fix=fix) from cause

        return cls(name, reader)


class Opened:
    """A raw value that was opened and not decoded yet, and how many bytes of memory it holds."""

    __slots__ = ()

    @property
    def nbytes(self) -> int:
        raise NotImplementedError

    @property
    def content(self) -> Sequence[Any]:
        """All that it holds, as plain values and arrays."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Measured(Opened):
    """A whole series: values float64 [T, C], NaN where nothing was measured, and the names of its C columns, () where
    they have none."""

    values: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    @property
    def content(self) -> list[Any]:
        return [*self.names, self.values]


@dataclass(frozen=True, slots=True)
class Episode(Opened):
    """One recorded episode of a robot, or of anybody else who acts: what was observed and what was done, step by step.

    observed, acted  float64 [T, S] and [T, A]: of each step what was observed, and the action that was then taken; NaN
                     where nothing was recorded
    observes, acts   names of the S and A columns, such as "observation.state.left_elbow"
    units            units of all S + A columns, "" where none is known
    rate             steps a second, 0 where it is not known
    times            float64 [T] in seconds where steps have times of their own, else None
    rewards          float64 [T], None where none were recorded
    discrete         the actions are numbers of choices, 0 to `discrete` - 1, in one column; 0: they are quantities
    task             what was to be done, in words
    """

    observed: np.ndarray
    acted: np.ndarray
    observes: tuple[str, ...]
    acts: tuple[str, ...]
    units: tuple[str, ...] = ()
    rate: float = 0.0
    times: np.ndarray | None = None
    rewards: np.ndarray | None = None
    discrete: int = 0
    task: str = ""

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self.observed, self.acted, self.times, self.rewards) if one is not None)

    @property
    def content(self) -> list[Any]:
        more = [one for one in (self.times, self.rewards) if one is not None]
        return [*self.observes, *self.acts, str(self.rate), self.task, self.observed, self.acted, *more]


@dataclass(frozen=True, slots=True)
class Words:
    """A text that was cut into words by people. `marked` are the numbers of words that are asked about (predicates)."""

    words: tuple[str, ...]
    marked: tuple[int, ...] = ()


def cut(text: str) -> Words:
    """A text nobody has cut, as words, numbers and punctuation; scripts without spaces are cut into characters."""
    found: list[str] = []
    for piece in _PIECES.findall(text):
        run = ""
        for letter in piece:
            if is_unspaced(letter):
                found += [run, letter] if run else [letter]
                run = ""
            else:
                run += letter
        found += [run] if run else []
    return Words(tuple(found))


def text_of(words: Sequence[str], whole: str | None, start: int, end: int) -> str:
    """What the words from `start` to `end` (exclusive) read: in `whole`, from which they were cut, or side by side."""
    if whole is None:
        text = ""
        for word in words[start:end]:
            text += ("" if not text or (is_unspaced(text[-1]) and is_unspaced(word[0])) else " ") + word
        return text
    place, begin = 0, 0
    for number, word in enumerate(words[:end]):
        found = whole.index(word, place)
        begin = found if number == start else begin
        place = found + len(word)
    return whole[begin:place]


def is_unspaced(letter: str) -> bool:
    """Does this character belong to a script that puts no space between words?"""
    return not letter.isascii() and unicodedata.name(letter, "").startswith(_UNSPACED)


def example_of(value: Any, origin: str, label: Any = None, split: str | None = None) -> dict[str, Any]:
    """One raw record as an example; without the label or the split where it is None."""
    facts = {"label": label, "split": split}
    return {"input": value, "origin": origin} | {name: one for name, one in facts.items() if one is not None}


def is_missing(value: Any) -> bool:
    """None, NaN, or what pandas writes for them (NA, NaT)."""
    if type(value) is float:
        return value != value
    if isinstance(value, float) or type(value).__module__ == "numpy":
        return bool(np.ndim(value) == 0 and value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def is_sequence(value: object) -> bool:
    """Is it a list or an array [T] of numbers?"""
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "iuf"
    return isinstance(value, list) and len(value) > 0 and all(isinstance(one, int | float) for one in value)


def short(text: str) -> str:
    """A name as a message shows it: a text that was taken for a name may be as long as a book."""
    start = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return start if start.isprintable() else repr(start)[1:-1]
