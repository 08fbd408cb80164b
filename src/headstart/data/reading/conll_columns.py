"""Column files: one token a line, its facts in columns, blank lines between sentences, plain or compressed."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.compressed import open_text
from headstart.data.records import short

Rows = Sequence[Sequence[str]]
"""Cells of every token of a sentence."""

LOOK = 1000  # sentences looked at to tell what the columns are
LONGEST = 10_000  # words of a sentence; more are a file without blank lines
FIX = "correct the lines, or prepare with --skip-bad"
_ENDLESS = 10 * LONGEST  # from which the file is not read on
_FEW = 2000  # lines of a file of any name looked at to tell whether it holds columns
_LINES = 10_000  # lines looked at to tell how columns are divided
TAG = re.compile(r"O|[BIESLU]-\S+")
_BLANKS = re.compile(" +")
_PAGE = re.compile(r"\s*<(!doctype\s+html|html|\?xml)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """How columns are divided, by tabs or by runs of blanks, and how many most lines have.

    A `width` of 0 is a file whose tokens never begin with "#", so that every such line is a comment.
    """

    tabbed: bool
    width: int

    def cells(self, line: str) -> list[str]:
        """The columns of one line."""
        return line.rstrip("\r\n").split("\t") if self.tabbed else _BLANKS.split(line.strip(" \r\n"))

    def is_comment(self, line: str) -> bool:
        """Is this line, which stands before a sentence, about it? The token "#" has as many columns as any other."""
        if not self.width:
            return line.startswith("#")
        return line.startswith(("# ", "#begin ", "#end ")) and len(self.cells(line)) != self.width


@dataclass(frozen=True, slots=True)
class Block:
    """One sentence: the line of its first token, counted from 1, and its rows."""

    line: int
    rows: Rows


def form(path: Path, budget: Budget) -> Form:
    """How the file is written, from its first lines; DataError if it is a web page."""
    with open_text(path, budget) as file:
        lines = [line for line in islice(file, _LINES) if line.strip(" \t\r\n")]
    if lines and _PAGE.match(lines[0]):
        fix = "fetch the file itself, not the page that shows it"
        found = short(lines[0].strip())
        raise DataError(227, "this is a web page", where=path.name, found=found, expected="one token per line", fix=fix)
    tokens = [line for line in lines if not line.startswith(("# ", "-DOCSTART-"))]
    divided = Form(any("\t" in line.strip("\t\r\n") for line in tokens), 1)
    widths = Counter(len(divided.cells(line)) for line in tokens)
    return Form(divided.tabbed, widths.most_common(1)[0][0] if widths else 1)


def has_tags(path: Path, budget: Budget) -> bool:
    """Are the lines of a file words with a tag each, B-PER or O, and blank lines between sentences?"""
    with open_text(path, budget) as file:
        start = [line.split() for line in islice(file, _FEW)]
    rows = [cells for cells in start if cells and cells[0] != "-DOCSTART-"]
    tags = {cells[-1] for cells in rows}
    even = len({len(cells) for cells in rows}) == 1 and len(rows[0]) > 1
    return even and [] in start and len(tags) > 1 and all(map(TAG.fullmatch, tags))


def examples(
    path: Path, form: Form, made: Callable[[Rows, str], dict[str, Any]], budget: Budget
) -> Iterator[dict[str, Any]]:
    """What is made of each sentence's lines and origin, or the error that says why it cannot be read."""
    for block in blocks(path, form, budget):
        origin = f"{path.name}:{block.line}"
        try:
            yield {**made(block.rows, origin), "origin": origin}
        except DataError as error:
            yield {"input": error, "origin": origin}


def blocks(path: Path, form: Form, budget: Budget) -> Iterator[Block]:
    """The sentences of a file, without comments and the marks where documents begin."""
    rows: list[list[str]] = []
    begin = 1
    with open_text(path, budget) as file:
        for number, line in enumerate(file, 1):
            if not line.strip(" \t\r\n") or line.startswith("-DOCSTART-"):
                if rows:
                    yield Block(begin, rows)
                    rows = []
            elif rows or not form.is_comment(line):
                begin = begin if rows else number
                rows.append(form.cells(line))
                if len(rows) > _ENDLESS:
                    too_long(rows, f"{path.name}:{begin}")
    if rows:
        yield Block(begin, rows)


def is_numbered(looked: Sequence[Block], column: int) -> bool:
    """Does this column count the tokens of every sentence, from 0 or from 1?"""
    several = any(len(block.rows) > 1 for block in looked)  # the word "1" alone is no count
    return several and all(counts(block.rows, column) for block in looked)


def counts(rows: Rows, column: int) -> bool:
    """Does this column count the tokens of one sentence, from 0 or from 1?"""
    found = [row[column] if len(row) > column else "" for row in rows]
    return any(found == [str(place + begin) for place in range(len(rows))] for begin in (0, 1))


def no_sentence(path: Path) -> DataError:
    """The error for a file that holds no token."""
    fix = "give a file with one token per line"
    return DataError(224, "no sentence in the file", where=path.name, found="only empty lines or comments", fix=fix)


def misfit(where: str, found: str, expected: str) -> DataError:
    """The error for a sentence whose lines are not as those of the others."""
    return DataError(225, "the lines do not fit the columns", where=where, found=found, expected=expected, fix=FIX)


def too_long(rows: Rows, where: str) -> None:
    """DataError if so many tokens follow one another that the blank lines must be missing."""
    if len(rows) > LONGEST:
        found, expected, fix = f"{len(rows):,} tokens", f"at most {LONGEST:,}", "put a blank line between sentences"
        raise DataError(226, "the sentence is too long", where=where, found=found, expected=expected, fix=fix)
