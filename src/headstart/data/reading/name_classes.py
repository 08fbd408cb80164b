"""Classes in the names of files: cat.0.jpg, dog.1.jpg, where no folder says them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import PurePosixPath

from headstart.data.reading.name_index import composed
from headstart.data.reading.parts import split_of

_NAME = re.compile(r"([^\W\d_]+(?:[ ._-][^\W\d_]+)*)[ ._-]{1,2}(\d+|\(\d+\))")
_BETWEEN = re.compile("[ ._-]")
# what cameras and programs call every file
_CALLED = frozenset((
    "img", "image", "images", "im", "imag", "dsc", "dscn", "dscf", "dscm", "pxl", "mvi", "vid", "video", "mov", "dji",
    "gopr", "pict", "pic", "picture", "photo", "photos", "foto", "bild", "scan", "page", "frame", "screenshot",
    "screen", "shot", "file", "sample", "example", "tile", "patch", "crop", "slide", "item", "wp", "unnamed",
    "untitled", "copy", "download", "output", "out", "result", "row", "doc", "document", "text", "whatsapp",
    "capture", "snapshot", "data",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameClasses:
    """The class of each file, None where its name says none; and a note where names may be read in two ways."""

    labels: tuple[str | None, ...]
    note: str = ""


def classes_in(names: Sequence[str], parts: Sequence[str | None]) -> NameClasses:
    """The classes that files have by their names, each a word and a number with a mark between them, where words come
    again. `parts`: the part of each file; one whose names say no class, such as a test part of numbers, has none.

    Names as cameras write them (IMG_0001) say nothing. Where the words are those of parts, or two words each that make
    a grid (red_car, blue_car, red_bus, blue_bus), nobody knows what they mean: there is a note and no class.
    """
    nothing = NameClasses((None,) * len(names))
    words = [_word(name) for name in names]
    silent = {part for part, word in zip(parts, words, strict=True) if word is None}
    found = [None if part in silent else word for part, word in zip(parts, words, strict=True)]
    if silent & {None, "train"}:
        return nothing
    counts = Counter(word for word in found if word is not None)
    again = sum(count > 1 for count in counts.values())
    if again < 2 or 2 * len(counts) > counts.total() or any(set(_pieces(word)) & _CALLED for word in counts):
        return nothing
    if all(split_of(word) for word in counts) or _is_grid([_pieces(word) for word in counts]):
        shown = ", ".join(sorted(counts)[:4])
        note = f"names of files may be classes in two ways or parts ({shown}) and were not read as labels: "
        return NameClasses(
            nothing.labels, f"{note}put the files into class folders, or write a table of names and labels"
        )
    return NameClasses(tuple(found))


def _word(name: str) -> str | None:
    match = _NAME.fullmatch(composed(PurePosixPath(name).stem))
    return None if match is None else match[1]


def _pieces(word: str) -> list[str]:
    return _BETWEEN.split(word.lower())


def _is_grid(words: Sequence[Sequence[str]]) -> bool:
    """Are these all combinations of some words in the first place with some in the second?"""
    if len({len(pieces) for pieces in words}) != 1 or len(words[0]) < 2:
        return False
    sizes = [len(set(column)) for column in zip(*words, strict=True)]
    return sum(size > 1 for size in sizes) > 1 and prod(sizes) == len({tuple(pieces) for pieces in words})


def repeated_fields(columns: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
    """Of the fields of file names those that are words or numbers which come again, with these."""
    counted = {place: Counter(column) for place, column in columns.items()}
    return {
        place: sorted(counts)
        for place, counts in counted.items()
        if 1 < len(counts) <= counts.total() / 4 and min(counts.values()) > 1
    }
