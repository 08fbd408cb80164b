"""What several sequence files are to each other: sequences with labels of their letters, classes, or pieces of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.alphabets import alphabet_of, counted
from headstart.data.file_names import PACKED, SEQUENCES
from headstart.data.reading.fasta_records import records

FILE = "filename"
"""The column that holds what the name of a file says, and the target that says that this is the label."""

_LOOK = 200  # records of each file that are looked at
_MOSTLY = 0.9
_UNLABELLED = re.compile(r"unlabell?ed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Files:
    """Files whose rows are read; what the name of each says, where that is the label; the file with a label for each of
    their letters, and the one of its mask; and why."""

    sequences: tuple[Path, ...]
    names: Mapping[Path, str | None] = field(default_factory=dict)
    labels: Path | None = None
    mask: Path | None = None
    why: str = ""
    in_folders: bool = False

    def place(self, path: Path) -> str:
        """How a file is called: with its folder, where several folders were read."""
        return f"{path.parent.name}/{path.name}" if self.in_folders else path.name


@dataclass(frozen=True, slots=True)
class _Look:
    path: Path
    sizes: Mapping[str, int]  # letters of each id
    letters: Mapping[str, int]
    count: int
    targets: bool

    @property
    def is_mask(self) -> bool:
        return bool(self.letters) and set(self.letters) <= {"0", "1"}


def files_of(paths: Sequence[Path], target: str | None, budget: Budget) -> Files:
    """What the files are, told by their first records; DataError where that is doubtful, unless the target says it:
    `FILE`, or the path of the file with the labels."""
    named = _same_file(target, paths)
    if len(paths) == 1 and named is None:
        return Files(tuple(paths), _names(paths) if target == FILE else {})
    looks = [_look(path, budget) for path in paths if path != named]
    if target == FILE:
        return Files(tuple(paths), _names(paths))
    masks, rest = [one for one in looks if one.is_mask], [one for one in looks if not one.is_mask]
    if len(masks) > 1 or (masks and len(rest) + (named is not None) != 2):
        raise _doubtful(paths, "a file of 0 and 1 without one file of sequences and one of their labels")
    mask = masks[0].path if masks else None
    if named is not None:
        if len(rest) != 1:
            raise _doubtful(paths, f"{len(rest)} files of sequences for one of labels")
        return Files((rest[0].path,), labels=named, mask=mask, why="as --target says")
    shared = set.intersection(*({*one.sizes} for one in rest))
    if len(rest) == 2 and shared:
        return _paired(rest[0], rest[1], mask, paths)
    if shared:
        raise _doubtful(paths, f"records of one id in all of them, such as {min(shared)}")
    return _apart(rest, paths)


def of_folders(paths: Sequence[Path]) -> Files:
    """Files in folders beside each other, whose names are the labels; a folder that says so has none."""
    names = {path: None if _UNLABELLED.search(path.parent.name) else path.parent.name for path in paths}
    return Files(tuple(paths), names, why="the folder of a file is the label of its records", in_folders=True)


def stem(path: Path) -> str:
    """The name of a file without its endings."""
    name = path.name
    for endings in (PACKED, SEQUENCES):
        name = next((name[: -len(end)] for end in endings if name.lower().endswith(end)), name)
    return name


def _paired(one: _Look, other: _Look, mask: Path | None, paths: Sequence[Path]) -> Files:
    shared = {*one.sizes} & {*other.sizes}
    fitting = sum(one.sizes[id] == other.sizes[id] for id in shared)
    if len(shared) < _MOSTLY * min(len(one.sizes), len(other.sizes)) or fitting < _MOSTLY * len(shared):
        raise _doubtful(paths, f"{len(shared)} of the first records in both, {fitting} of them of one length")
    kinds = [len(look.letters) for look in (one, other)]
    if max(kinds) < 2 * min(kinds):
        raise _doubtful(paths, f"{kinds[0]} and {kinds[1]} different letters in records of one id and length")
    first, second = (one, other) if kinds[0] > kinds[1] else (other, one)
    return Files((first.path,), labels=second.path, mask=mask, why="records of the same ids and lengths")


def _apart(looks: Sequence[_Look], paths: Sequence[Path]) -> Files:
    """Files without a record in common: classes by their names, or pieces of one data set."""
    kinds = {alphabet_of(one.letters).kind for one in looks}
    if len(kinds) > 1:
        raise _doubtful(paths, " and ".join(sorted(kinds)) + " in files beside each other")
    alone = [one.count == 1 for one in looks]
    if any(alone) and not all(alone):
        raise _doubtful(paths, "files of one record beside files of many")
    whole, names = tuple(paths), _names(paths)
    if all(alone):
        return Files(whole, why="one record a file")
    if any(one.targets for one in looks):
        return Files(whole, why="labels are in their headers")
    if len({re.sub(r"\d+", "#", stem(path)) for path in paths}) == 1:
        return Files(whole, why="their names differ in numbers alone: no classes")
    return Files(whole, names, why="the name of a file is the label of its records")


def _names(paths: Sequence[Path]) -> dict[Path, str | None]:
    """What the names of files say beside each other: without the words that all begin with. None where a name says that
    there is no label."""
    words = [re.split(r"[_\s.-]+", stem(path)) for path in paths]
    labelled = [row for row, path in zip(words, paths, strict=True) if not _UNLABELLED.search(path.name)]
    common = 0
    if len(labelled) > 1:
        while (
            len({row[common] if len(row) > common + 1 else None for row in labelled}) == 1
            and len(min(labelled, key=len)) > common + 1
        ):
            common += 1
    return {
        path: None if _UNLABELLED.search(path.name) else "_".join(row[common:])
        for path, row in zip(paths, words, strict=True)
    }


def _look(path: Path, budget: Budget) -> _Look:
    found = list(islice(records(path, budget), _LOOK))
    letters: Counter[str] = counted(one.letters for one in found)
    targets = any(key.lower() in ("target", "label") for one in found for key in one.fields)
    return _Look(path, {one.id: len(one.letters) for one in found}, letters, len(found), targets)


def _same_file(target: str | None, paths: Sequence[Path]) -> Path | None:
    """The path that a target names, one of those given or another file."""
    if target is None or target == FILE or not target.lower().endswith((*PACKED, *SEQUENCES)):
        return None
    named = [path for path in paths if path == Path(target) or path.name == target]
    found = named[0] if named else Path(target)
    return found if found.is_file() else None


def _doubtful(paths: Sequence[Path], found: str) -> DataError:
    first, second = (path.name for path in paths[:2])
    fix = f"if each file is a class: headstart prepare {first} {second} --target {FILE}; if the second holds a label "
    fix += f"for each letter of the first: headstart prepare {first} --target {second}"
    where = ", ".join(path.name for path in paths[:4])
    return DataError(470, "cannot tell what these files are to each other", where=where, found=found, fix=fix)
