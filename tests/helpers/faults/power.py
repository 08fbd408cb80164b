"""A disk that loses power: every change of a folder is written down, and what could be left of them is built again.

The rules are those of POSIX, which are stricter than most file systems. What was written into a file is there after
`fsync` of the file; before, all, nothing or the beginning of it is, and zeros may stand for the rest. A name that came,
went or changed is as it is now after `fsync` of its folder; before, each change may have happened or not, but not
before one of the same name that came earlier. A rename happens wholly or not at all.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headstart.core import swap


@dataclass(eq=False, slots=True)
class File:
    """A file, whatever its name is: what it held when it was first seen, and what it looked like last."""

    first: bytes
    look: tuple[int, ...] = ()


@dataclass(eq=False, slots=True)
class Folder:
    """A folder, whatever its name is, with its names as they are now and as they were at first."""

    names: dict[str, File | Folder] = field(default_factory=dict)
    first: dict[str, File | Folder] = field(default_factory=dict)


Node = File | Folder
Name = tuple[Folder, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A file holds this now."""

    file: File
    content: bytes


@dataclass(frozen=True, slots=True)
class Named:
    """Names that mean something else now, or nothing, all in one step."""

    now: Mapping[Name, Node | None]


@dataclass(frozen=True, slots=True)
class Flushed:
    """`fsync` of a file or a folder came back."""

    node: Node


Change = Written | Named | Flushed


class Recording:
    """The changes of a folder in their order, from when the recording began."""

    def __init__(self, place: Path) -> None:
        self.place = place.resolve()
        self.changes: list[Change] = []
        self.root = Folder()
        self.look()
        for change in self.changes:
            if isinstance(change, Written):
                change.file.first = change.content
            elif isinstance(change, Named):
                for (folder, name), node in change.now.items():
                    folder.first |= {} if node is None else {name: node}
        self.changes.clear()

    def without(self, kind: type[Node]) -> list[Change]:
        """The changes, had nobody flushed files, or folders."""
        return [one for one in self.changes if not (isinstance(one, Flushed) and isinstance(one.node, kind))]

    def look(self, folder: Folder | None = None, place: Path | None = None) -> None:
        """Write down what changed without a call that is watched: files that were made or written, in any language."""
        folder, place = folder or self.root, place or self.place
        with os.scandir(place) as entries:
            found = {entry.name: entry for entry in entries}
        for name in [name for name in folder.names if name not in found]:
            self._name({(folder, name): None})
        for name, entry in found.items():
            known, is_folder = folder.names.get(name), entry.is_dir(follow_symlinks=False)
            if known is None or isinstance(known, Folder) != is_folder:
                known = Folder() if is_folder else File(b"")
                self._name({(folder, name): known})
            if isinstance(known, Folder):
                self.look(known, Path(entry.path))
            else:
                self._read(known, Path(entry.path))

    def _read(self, file: File, path: Path, *, again: bool = False) -> None:
        about = path.stat()
        look = (about.st_ino, about.st_size, about.st_mtime_ns)
        if look != file.look or again:
            file.look = look
            self.changes.append(Written(file, path.read_bytes()))

    def _name(self, now: Mapping[Name, Node | None]) -> None:
        for (folder, name), node in now.items():
            if node is None:
                folder.names.pop(name, None)
            else:
                folder.names[name] = node
        self.changes.append(Named(now))

    def name_of(self, path: Path) -> Name | None:
        """A path as a name in a folder that is known; None if it lies elsewhere, or is the place itself."""
        if self.place not in path.parents:
            return None
        folder: Node = self.root
        for part in path.relative_to(self.place).parts[:-1]:
            folder = folder.names[part] if isinstance(folder, Folder) else Folder()
        assert isinstance(folder, Folder)
        return folder, path.name

    def flushed(self, path: Path) -> None:
        name = self.name_of(path)
        node = self.root if path == self.place else None if name is None else name[0].names[name[1]]
        if isinstance(node, File):
            self._read(node, path, again=True)
        if node is not None:
            self.changes.append(Flushed(node))

    def moved(self, source: Path, target: Path, *, swapped: bool = False) -> None:
        one, other = self.name_of(source), self.name_of(target)
        assert (one is None) == (other is None), f"{source} -> {target} crosses the border of what is watched"
        if one is not None and other is not None:
            back = other[0].names[other[1]] if swapped else None
            self._name({other: one[0].names[one[1]], one: back})


@contextmanager
def recorded(place: Path) -> Iterator[Recording]:
    """Inside, every change below a folder that this process makes is written down. It goes by the number of a process
    that has ended, as if it had been killed."""
    recording = Recording(place)
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "getpid", lambda: dead.pid)
        for call in ("unlink", "remove", "rmdir", "mkdir"):
            patched.setattr(os, call, _then_look(vars(os)[call], recording))
        for call in ("rename", "replace"):
            patched.setattr(os, call, _moving(vars(os)[call], recording))
        patched.setattr(swap, "exchange", _moving(swap.exchange, recording, swapped=True))
        patched.setattr(os, "fsync", _flushing(os.fsync, recording))
        yield recording
    recording.look()


def _then_look(sound: Callable[..., Any], recording: Recording) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        recording.look()
        result = sound(*arguments, **options)
        recording.look()
        return result

    return called


def _moving(sound: Callable[..., Any], recording: Recording, *, swapped: bool = False) -> Callable[..., Any]:
    def called(source: Any, target: Any) -> None:
        recording.look()
        sound(source, target)
        recording.moved(*(Path(os.path.abspath(os.fsdecode(one))) for one in (source, target)), swapped=swapped)

    return called


def _flushing(sound: Callable[[int], None], recording: Recording) -> Callable[[int], None]:
    def called(handle: int) -> None:
        recording.look()
        sound(handle)
        recording.flushed(Path(os.path.realpath(f"/proc/self/fd/{handle}")))

    return called


Left = Mapping[str, bytes | None]
"""What is left on the disk: the content of each file by its path, None for a folder."""


def left_after(root: Folder, changes: Sequence[Change], generator: random.Random) -> Left:
    """One of the states of the disk that are possible if the power fails after these changes."""
    sure = _sure(changes)
    likely, torn = generator.choice((0.0, 0.2, 0.5, 0.8, 1.0)), generator.choice((0.0, 0.5, 1.0))
    names, lost = dict[Name, Node | None](), set[Name]()
    for number, change in enumerate(changes):
        if not isinstance(change, Named):
            continue
        happened = number in sure or (not lost & change.now.keys() and generator.random() < likely)
        names.update(change.now if happened else {})
        lost |= set() if happened else change.now.keys()
    written = dict[File, tuple[bytes, list[bytes]]]()  # what surely is in a file, and what may be
    for change in changes:
        if isinstance(change, Written):
            written.setdefault(change.file, (change.file.first, []))[1].append(change.content)
        elif isinstance(change, Flushed) and isinstance(change.node, File) and written.get(change.node, (b"", []))[1]:
            written[change.node] = (written[change.node][1][-1], [])
    found = dict[str, bytes | None]()
    _gather(root, "", names, written, torn, generator, found)
    return found


def as_killed(root: Folder, changes: Sequence[Change]) -> Left:
    """The state of the disk if the process is killed after these changes: nothing of them is lost."""
    return left_after(root, [*changes, *(Flushed(node) for node in _nodes(changes, root))], random.Random(0))


def _nodes(changes: Sequence[Change], root: Folder) -> set[Node]:
    written = {one.file for one in changes if isinstance(one, Written)}
    return {root, *written, *(folder for one in changes if isinstance(one, Named) for folder, _ in one.now)}


def _sure(changes: Sequence[Change]) -> set[int]:
    """Which changes of names are on the disk: those of a folder that was flushed later, and what came before them."""
    sure, flushed, needed = set[int](), set[Node](), set[Name]()
    for number in reversed(range(len(changes))):
        change = changes[number]
        if isinstance(change, Flushed):
            flushed.add(change.node)
        elif isinstance(change, Named) and any(name in needed or name[0] in flushed for name in change.now):
            sure.add(number)
            needed |= change.now.keys()
    return sure


def _gather(
    folder: Folder, path: str, names: Mapping[Name, Node | None], written: Mapping[File, tuple[bytes, list[bytes]]],
    torn: float, generator: random.Random, found: dict[str, bytes | None],
) -> None:  # fmt: skip
    there: dict[str, Node | None] = {**folder.first, **{name: one for (at, name), one in names.items() if at is folder}}
    for name, node in sorted(there.items()):
        place = f"{path}{name}"
        if isinstance(node, Folder):
            found[place] = None
            _gather(node, f"{place}/", names, written, torn, generator, found)
        elif node is not None:
            found[place] = _content(*written.get(node, (node.first, [])), torn, generator)


def _content(sure: bytes, later: Sequence[bytes], torn: float, generator: random.Random) -> bytes:
    content = generator.choice([sure, *later, *later[-1:]])
    if not later or generator.random() >= torn:
        return content
    cut = generator.randrange(len(content) + 1)
    return content[:cut] + generator.choice((b"", bytes(len(content) - cut)))


def put(left: Left, place: Path) -> None:
    """Make a folder hold what is left, and nothing else."""
    for other in place.iterdir():
        shutil.rmtree(other) if other.is_dir() else other.unlink()
    for name, content in left.items():
        if content is None:
            (place / name).mkdir()
        else:
            (place / name).write_bytes(content)
