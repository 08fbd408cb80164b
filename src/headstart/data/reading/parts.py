"""Folders that are parts of a data set by their names: train, valid and test, and names with such a word at an end."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

SPLITS: Mapping[str, Sequence[str]] = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing", "t10k"),
}

_MORE = {"eval": "valid", "evaluation": "valid", "holdout": "test", "heldout": "test"}
_NAMES = {name: split for split, names in SPLITS.items() for name in names}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")
_ENDINGS = ("set", "data", "images", "imgs")
# words beside the word of a part that say nothing of a class
_NEUTRAL = frozenset((
    "set", "sets", "data", "dataset", "images", "image", "img", "imgs", "pictures", "photos", "pics", "files", "split",
    "part", "full", "public", "private", "final", "new", "raw", "jpg", "jpeg", "png", "labeled", "labelled",
))  # fmt: skip


def split_of(name: object) -> str | None:
    """train, valid or test for any of their usual names, else None."""
    return _NAMES.get(str(name).strip().lower())


def split_above(name: str) -> str | None:
    """The split that a folder above the file names, the outermost one."""
    for folder in PurePosixPath(name).parts[:-1]:
        part = part_in(folder)
        if part is not None and is_neutral(part[1]):
            return part[0]
    return None


def split_in(name: str) -> str | None:
    """The part that a word in the name of a file says (instances_val2017.json, train-000.tar), else a folder above it,
    the nearest first."""
    path = PurePosixPath(name)
    words = [*re.findall("[a-z]+", path.name.lower()), *reversed(path.parts[:-1])]
    return next((found for word in words if (found := split_of(word)) is not None), None)


def is_neutral(words: Iterable[str]) -> bool:
    """Do these words of a folder's name say nothing of a class?"""
    return set(words) <= _NEUTRAL


def part_in(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The part that the first or last word of a name says, and its other words: "seg_train", "test1", "trainImages"."""
    words = [
        word.lower() for word in _WORDS.findall(name.replace("hold_out", "holdout").replace("hold-out", "holdout"))
    ]
    for place in (0, -1) if words else ():
        if (split := _split_of(words[place])) is not None:
            return split, tuple(words[1:] if place == 0 else words[:-1])
    return None


def parts_of(folders: Iterable[str]) -> Mapping[str, str]:
    """The part that each of these folders beside each other is; {} if they are rather classes.

    They are parts where there are several, and what else their names say is the same or says nothing. A lone folder
    "train" among others is a class (rail traffic).
    """
    names = set(folders)
    plain = {name: _NAMES[name.strip().lower()] for name in names if name.strip().lower() in _NAMES}
    if len(plain) == len(names) or len(set(plain.values())) > 1:
        found = {name: part for name in names if (part := part_in(name)) is not None and is_neutral(part[1])}
        return {**{name: part[0] for name, part in found.items()}, **plain}
    found = {name: part for name in names if (part := part_in(name)) is not None}
    others = {part[1] for part in found.values()}
    alike = len(others) == 1 or all(map(is_neutral, others))
    several = len({part[0] for part in found.values()}) > 1
    return {name: part[0] for name, part in found.items()} if alike and several else {}


def _split_of(word: str) -> str | None:
    known = {**_NAMES, **_MORE}
    stems = [word, *(word.removesuffix(ending) for ending in _ENDINGS)]
    return next((known[stem] for stem in stems if stem in known), None)
