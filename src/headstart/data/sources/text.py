"""Text files, plain or compressed: a document a line, or a paragraph where lines are cut to a width."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.compressed import inner_name, open_text
from headstart.data.file_names import TEXTS

_LOOK = 10_000  # lines looked at to tell lines from paragraphs
_BLANK = 0.1  # share of blank lines from which a file may be in paragraphs


class Text:
    """A text file whose lines are documents; empty lines are none.

    Where lines are cut to a width a paragraph is a document, its lines joined by a space: where at least a tenth of the
    first 10,000 lines is blank, and most blocks between blank lines have more than one line. Files in a folder or an
    archive are documents as a whole, read by those sources.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path) -> None:
        self.path = path
        self._paragraphs = _in_paragraphs(path)

    @classmethod
    def accepts(cls, given: object) -> bool:
        return isinstance(given, Path) and given.is_file() and inner_name(given).endswith(TEXTS)

    def account(self) -> Account:
        unit = "every paragraph" if self._paragraphs else "every line"
        return Account(used=(Used(what=f"{unit} of {self.path.name}", role="input"),))

    def examples(self) -> Iterator[dict[str, Any]]:
        found = False
        with open_text(self.path) as file:
            for line, text in _paragraphs(file) if self._paragraphs else _lines(file):
                found = True
                yield {"input": text, "origin": f"{self.path.name}:{line}"}
        if not found:
            fix = "give a file with one document per line"
            raise DataError(223, "no document in the file", where=self.path.name, found="only empty lines", fix=fix)


def _in_paragraphs(path: Path) -> bool:
    with open_text(path) as file:
        lines = [bool(line.strip()) for line in islice(file, _LOOK)]
    begins = sum(there and not before for before, there in zip([False, *lines], lines, strict=False))
    goes_on = sum(here and after and not before for before, here, after in zip([False, *lines], lines, lines[1:],
                                                                              strict=False))  # fmt: skip
    return lines.count(False) >= _BLANK * len(lines) and 2 * goes_on > begins


def _lines(file: Iterator[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file, 1):
        if text := line.strip():
            yield number, text


def _paragraphs(file: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Blocks of lines between blank ones, with the number of their first line."""
    block: list[str] = []
    begin = 1
    for number, line in enumerate(chain(file, [""]), 1):
        if text := line.strip():
            begin = begin if block else number
            block.append(text)
        elif block:
            yield begin, " ".join(block)
            block = []
