"""Recordings whose transcripts stand in lists beside them, as LibriSpeech and LJ Speech lay them out."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.file_names import SOUNDS
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import is_tree, open_tree, peek
from headstart.data.reading.parts import part_in
from headstart.data.records import example_of

_LISTS = (".trans.txt", "metadata.csv")
_HEAD = 1 << 16  # bytes in which a list shows its form
_LARGEST = 1 << 28  # bytes of a list: millions of sentences
_SPOKEN = re.compile(r"(\d+)-\d+-\d+")  # speaker, chapter and number, as LibriSpeech names its recordings
_FIX = "write a table with the columns file and transcript"


class _Line(NamedTuple):
    """A line of a list: the name of a recording, what is said in it, and where the line is."""

    name: str
    text: str
    where: str


class Transcripts:
    """Every recording of a folder or zip with its transcript. Lists are `*.trans.txt` (`NAME TEXT`, Panayotov et al.,
    ICASSP 2015) in the folder of the recordings, or a `metadata.csv` of `NAME|TEXT|NORMALISED TEXT` without a header,
    whose last text counts (Ito and Johnson 2017), above them.

    A folder train-clean-100, dev-other or test-clean is a part. Names as LibriSpeech writes them say the speaker.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path
        self._tree = open_tree(path, access)
        self._lists = [name for name in self._tree.names if _is_list(name)]
        self._sounds = [name for name in self._tree.names if _is_sound(name)]
        self._lost: list[_Line] = []  # lines without a recording

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if not isinstance(given, Path) or not is_tree(given):
            return False
        names = peek(given, access)
        lists = [name for name in names if _is_list(name)]
        stems = {PurePosixPath(name).stem for name in names if _is_sound(name)} if lists else set()
        if not stems:
            return False
        head = open_tree(given, access).blob(lists[0]).read(_HEAD)
        return any(line.name in stems for line in _lines(head, lists[0]))

    @cached_property
    def _said(self) -> Mapping[str, _Line]:
        """The line of each recording; DataError where two lists say different things of one."""
        places = {_place(name): name for name in self._sounds}
        found: dict[str, _Line] = {}
        for name in self._lists:
            folder = str(PurePosixPath(name).parent)
            for line in _lines(self._tree.blob(name).read(_LARGEST), name):
                sound = next((places[one] for below in ("", "wavs/", "clips/", "audio/")
                              if (one := _place(f"{folder}/{below}{line.name}.x")) in places), None)  # fmt: skip
                if sound is None:
                    self._lost.append(line)
                elif found.setdefault(sound, line).text != line.text:
                    two = f"{found[sound].where} and {line.where}"
                    raise DataError(
                        436, "two lines say what is said in one recording", where=sound, found=two, fix=_FIX
                    )
        return found

    def account(self) -> Account:
        said = self._said
        used = [Used(what=counted(len(self._sounds), "recording"), role="input")]
        used += [Used(what=f"{counted(len(said), 'transcript')} of {some(files_as(self._lists))}", role="label")]
        parts = sorted({part for name in self._sounds if (part := _part(name)) is not None})
        used += [Used(what=f"folders of {', '.join(parts)}", role="split")] if parts else []
        notes = []
        if without := len(self._sounds) - len(said):
            notes.append(f"{without:,} recordings have no transcript")
        if self._lost:
            first = self._lost[0]
            notes.append(f"{len(self._lost):,} transcripts have no recording, e.g. {first.name} ({first.where})")
        left = files_as(set(self._tree.names) - {*self._sounds, *self._lists})
        return Account(used=tuple(used), unused=left, notes=tuple(notes))

    def examples(self) -> Iterator[dict[str, Any]]:
        speakers = {name: match[1] for name in self._sounds if (match := _SPOKEN.fullmatch(PurePosixPath(name).stem))}
        every = len(speakers) == len(self._sounds)
        for name in self._sounds:
            line = self._said.get(name)
            made = example_of(self._tree.blob(name), name, None if line is None else line.text or None, _part(name))
            yield {**made, "speaker": speakers[name]} if every else made


def _is_list(name: str) -> bool:
    return name.lower().endswith(_LISTS)


def _is_sound(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SOUNDS


def _place(name: str) -> str:
    """A path without its suffix, by which a line finds its recording."""
    return str(PurePosixPath(name).with_suffix(""))


def _part(name: str) -> str | None:
    """The part that a folder above says, the outermost one."""
    found = (part_in(folder) for folder in PurePosixPath(name).parts[:-1])
    return next((part[0] for part in found if part is not None), None)


def _lines(data: bytes, name: str) -> Iterator[_Line]:
    """The lines of a list that name a recording."""
    barred = name.lower().endswith(".csv")
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        first, *texts = (
            [cell.strip() for cell in line.split("|")] if barred else line.strip().split(maxsplit=1)[:2] or [""]
        )
        if first and (texts or not barred):
            yield _Line(first, next((text for text in reversed(texts) if text), ""), f"{name}:{number}")
