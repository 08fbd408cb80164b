"""Text files, plain or compressed: a document a line, or a paragraph where lines are cut to a width."""

from collections.abc import Iterator
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.file_names import TEXTS
from headstart.data.labels.spelling import cleaned
from headstart.data.opening.compressed import inner_name, open_text
from headstart.data.records import example_of

_MARK = "__label__"  # before the name of a class, in files of fastText
_LOOK = 10_000  # lines looked at to tell lines from paragraphs
_BLANK = 0.1  # share of blank lines from which a file may be in paragraphs


class Text:
    """A text file whose lines are documents; empty lines are none.

    Where lines are cut to a width a paragraph is a document, its lines joined by a space: where at least a tenth of the
    first 10,000 lines is blank, and most blocks between blank lines have more than one line. Files in a folder or an
    archive are documents as a whole, read by those sources.

    Where the first line begins with `__label__NAME`, as fastText writes it, such words are the labels of their line.
    """

    form: ClassVar = "rows"
    order: ClassVar = 0

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._budget = path, access.budget
        self._labelled = _is_labelled(path, access.budget)
        self._paragraphs = not self._labelled and _in_paragraphs(path, access.budget)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and inner_name(given).endswith(TEXTS)

    def account(self) -> Account:
        unit = "every paragraph" if self._paragraphs else "every line"
        used = Used(what=f"{unit} of {self.path.name}", role="input")
        return Account(used=(used, Used(what=f"words {_MARK}", role="label")) if self._labelled else (used,))

    def examples(self) -> Iterator[dict[str, Any]]:
        found = False
        with open_text(self.path, self._budget) as file:
            for line, text in _paragraphs(file) if self._paragraphs else _lines(file):
                found = True
                yield (
                    _labelled(text, f"{self.path.name}:{line}")
                    if self._labelled
                    else example_of(text, f"{self.path.name}:{line}")
                )
        if not found:
            fix = "give a file with one document per line"
            raise DataError(223, "no document in the file", where=self.path.name, found="only empty lines", fix=fix)


def _is_labelled(path: Path, budget: Budget) -> bool:
    """Do lines begin with labels, as fastText writes them?"""
    with open_text(path, budget) as file:
        return next((line for line in file if line.strip()), "").lstrip().startswith(_MARK)


def _labelled(line: str, origin: str) -> dict[str, Any]:
    """`__label__loud __label__late the text` as an example with one label, or several."""
    words = line.split()
    labels = list(takewhile(lambda word: word.startswith(_MARK), words))
    names = [cleaned(word.removeprefix(_MARK)) for word in labels]
    text = line
    for word in labels:
        text = text.strip().removeprefix(word)
    label = None if not names else names[0] if len(names) == 1 else sorted(set(names))
    return example_of(text.strip(), origin, label)


def _in_paragraphs(path: Path, budget: Budget) -> bool:
    with open_text(path, budget) as file:
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
