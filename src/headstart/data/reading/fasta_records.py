"""Records of FASTA and FASTQ files, plain or compressed, one at a time."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.compressed import open_text

_KEY = re.compile(r"(?:^|(?<=[\s\[]))([A-Za-z_]\w*)=")
_FIX = "correct the file"


@dataclass(frozen=True, slots=True)
class Record:
    """A sequence as it is written, without line ends; the number of the line of its header, and the header."""

    line: int
    header: str
    letters: str

    @property
    def id(self) -> str:
        """The header up to the first blank."""
        return self.header.split(maxsplit=1)[0] if self.header else ""

    @property
    def fields(self) -> dict[str, str]:
        """What the header says as `key=value`, also in brackets; a value goes on to the next key."""
        found = list(_KEY.finditer(self.header))
        ends = [*(one.start() for one in found[1:]), len(self.header)]
        pairs = zip(found, ends, strict=False)
        return {one[1]: self.header[one.end() : end].strip().rstrip("[] ") for one, end in pairs}


def records(path: Path, budget: Budget) -> Iterator[Record]:
    """Every record in order, also empty ones; DataError for what is neither FASTA nor FASTQ, or ends in the middle of a
    FASTQ record. Lines of a FASTA file that begin with `;` are comments."""
    with open_text(path, budget) as file:
        lines = ((number, text) for number, line in enumerate(file, 1) if (text := line.strip()))
        first = next(((number, text) for number, text in lines if not text.startswith(";")), None)
        if first is None:
            return
        if first[1][0] not in ">@":
            raise DataError(
                468, "this is no FASTA or FASTQ file", where=f"{path.name}:{first[0]}", found=f"'{first[1][:20]}'",
                expected="a line that begins with > or @", fix=_FIX,
            )  # fmt: skip
        yield from (_fasta if first[1][0] == ">" else _fastq)(path, first, lines)


def is_fastq(path: Path, budget: Budget) -> bool:
    """Does the file begin as FASTQ does?"""
    with open_text(path, budget) as file:
        return next((line.strip() for line in file if line.strip()), "").startswith("@")


class Shelf:
    """Letters of a file by their ids, on the disk: what is held in memory are ids and places."""

    def __init__(self, path: Path, budget: Budget) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._index: dict[str, tuple[int, int, int, str]] = {}
        place = 0
        for record in records(path, budget):
            data = record.letters.encode()
            self._index[record.id] = (place, len(data), record.line, record.header if record.fields else record.id)
            place += self._file.write(data)

    def find(self, id: str) -> Record | None:
        """The record of an id."""
        if id not in self._index:
            return None
        place, size, line, header = self._index[id]
        self._file.seek(place)
        return Record(line, header, self._file.read(size).decode())

    def close(self) -> None:
        """Give back the disk."""
        self._file.close()


def _fasta(path: Path, first: tuple[int, str], lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    begin, header, parts = first[0], first[1][1:].strip(), list[str]()
    for number, text in lines:
        if text[0] == ">":
            yield Record(begin, header, "".join(parts))
            begin, header, parts = number, text[1:].strip(), []
        elif text[0] != ";":
            parts.append(text)
    yield Record(begin, header, "".join(parts))


def _fastq(path: Path, first: tuple[int, str], lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    head: tuple[int, str] | None = first
    while head is not None:
        number, header = head
        if header[0] != "@":
            raise _broken(path, number, f"'{header[:20]}'", "a line that begins with @")
        parts, size, plus = list[str](), 0, False
        for _, text in lines:
            if text[0] == "+":
                plus = True
                break
            parts.append(text)
        letters = "".join(parts)
        for _, text in lines if letters else ():
            size += len(text)
            if size >= len(letters):
                break
        if not plus or size != len(letters):
            found = f"{size:,} qualities for {len(letters):,} letters of {header[1:60].strip()}"
            raise _broken(path, number, found, "as many qualities as letters")
        yield Record(number, header[1:].strip(), letters)
        head = next(lines, None)


def _broken(path: Path, line: int, found: str, expected: str) -> DataError:
    where = f"{path.name}:{line}"
    return DataError(469, "the FASTQ file is broken", where=where, found=found, expected=expected, fix=_FIX)
