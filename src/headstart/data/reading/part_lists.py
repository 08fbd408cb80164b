"""Lists that say which files are of a part: testing_list.txt of Speech Commands, meta/train.txt of Food-101."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.parts import is_neutral, part_in

LARGEST_LIST = 1 << 26  # bytes: the names of some million files
_ENDINGS = (".txt", ".lst")
_OF_LISTS = frozenset(("list", "lists", "file", "filelist", "names", "ids"))


@dataclass(frozen=True, slots=True)
class PartLists:
    """The part of each file that is listed, by its name, and the lists."""

    of: Mapping[str, str]
    files: tuple[str, ...]


def part_lists(every: Sequence[str], names: Sequence[str], read: Callable[[str], bytes]) -> PartLists:
    """The lists among `every` file that name files of `names` only, one a line, with or without suffixes.

    Where none lists train files, those that are not listed are train files. Lists that do not say of each file once
    where it belongs are not used.
    """
    data = frozenset(names)
    lists = {name: part for name in every if name not in data and (part := _part(name)) is not None}
    index = NameIndex(names) if lists else None
    found: dict[str, str] = {}
    for name, part in lists.items():
        assert index is not None
        for line in read(name).decode("utf-8-sig", "replace").splitlines():
            file = index.one(line) if line.strip() else None
            if line.strip() and (file is None or found.setdefault(file, part) != part):
                return PartLists({}, ())
    if not found or ("train" in found.values() and len(found) < len(names)):
        return PartLists({}, ())
    return PartLists({name: found.get(name, "train") for name in names}, tuple(sorted(lists)))


def _part(name: str) -> str | None:
    path = PurePosixPath(name)
    part = part_in(path.stem) if path.suffix.lower() in _ENDINGS else None
    return part[0] if part is not None and is_neutral(set(part[1]) - _OF_LISTS) else None
