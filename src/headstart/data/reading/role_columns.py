"""Columns that say the roles of a sentence: one marks its predicates, then each predicate has one of its own."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.core.errors import DataError
from headstart.data.reading.conll_columns import FIX, Block, Rows, counts
from headstart.data.reading.word_rows import frames

Spans = Iterator[tuple[int, int, str]]

NOTHING = frozenset({"_", "-", ""})
_OWN = frozenset({"V", "C-V"})  # the predicate itself, and a part of it that stands elsewhere
_TAG = re.compile(r"O|[BIESLU]-\S+")
_BRACKETS = re.compile(r"((?:\([^()*\s]+)*)\*(\)*)")
_OPENED = re.compile(r"\(([^()*\s]+)")


@dataclass(frozen=True, slots=True)
class RoleColumns:
    """Where the roles stand: the column of predicates, the first of their own, how many follow that are none of these.

    style   "tags" (B-A0 I-A0 O), "brackets" ((A0* * *)), or "heads" (A0 at one word, else _)
    """

    predicate: int
    begin: int
    style: str
    after: int = 0

    def label(self, rows: Rows, where: str) -> dict[str, Any]:
        """The roles of a sentence; DataError if columns and predicates differ in number, or a column cannot be read."""
        asked = _predicates(rows, self.predicate)
        if not _fits(rows, self.begin, asked, self.after):
            shown = " or ".join(map(str, sorted({len(row) for row in rows})))
            raise DataError(
                228, "columns of roles and predicates differ in number", where=where,
                found=f"{shown} columns and {len(asked)} predicates",
                expected=f"{self.begin + len(asked) + self.after} columns", fix=FIX,
            )  # fmt: skip
        columns = [[row[self.begin + number] for row in rows] for number in range(len(asked))]
        spans = _STYLES[self.style]
        made = [
            {"index": index, "args": [{"start": start, "end": end, "role": role}
                                      for start, end, role in spans(column, where) if role not in _OWN]}
            for index, column in zip(asked, columns, strict=True)
        ]  # fmt: skip
        return frames(made, len(rows), where)


def role_columns(looked: Sequence[Block], word: int, style: str = "") -> RoleColumns | None:
    """The role columns behind the column of words, if most sentences have as many of them as predicates; their cells
    show the style where it is not known."""
    if all(is_2012(block) for block in looked):
        return RoleColumns(predicate=7, begin=11, style="brackets", after=1)
    best: tuple[int, RoleColumns] | None = None
    for column in range(word + 1, max(len(row) for block in looked for row in block.rows)):
        fitting = [block.rows for block in looked if _fits(block.rows, column + 1, _predicates(block.rows, column))]
        asked = [rows for rows in fitting if _predicates(rows, column)]
        if not asked or 2 * len(fitting) <= len(looked) or (best is not None and len(fitting) <= best[0]):
            continue
        marks = [row[column] for rows in fitting for row in rows]
        written = style or _style([cell for rows in asked for row in rows for cell in row[column + 1 :]])
        if written and 2 * sum(mark in NOTHING for mark in marks) >= len(marks):
            best = len(fitting), RoleColumns(column, column + 1, written)
    return None if best is None else best[1]


def is_2012(block: Block) -> bool:
    """CoNLL-2012: document, part, number, word, tag, tree, lemma, frameset, sense, speaker, name, roles, chain."""
    return all(len(row) >= 12 for row in block.rows) and counts(block.rows, 2)


def _predicates(rows: Rows, column: int) -> list[int]:
    return [place for place, row in enumerate(rows) if len(row) > column and row[column] not in NOTHING]


def _fits(rows: Rows, begin: int, asked: Sequence[int], after: int = 0) -> bool:
    """Have all rows as many columns as there are predicates, or one that is empty where there is none?"""
    widths, width = {len(row) for row in rows}, begin + len(asked) + after
    # Universal Propositions write an empty one
    return widths == {width} or (not asked and widths == {width + 1} and all(not row[-1] for row in rows))


def _style(cells: Sequence[str]) -> str:
    """How roles are written in these cells; "" if they are no roles."""
    if any(_TAG.fullmatch(cell) for cell in cells):
        return "tags" if all(_TAG.fullmatch(cell) or cell in NOTHING for cell in cells) else ""
    if any("*" in cell for cell in cells):
        return "brackets"
    return "heads" if 2 * sum(cell in NOTHING for cell in cells) >= len(cells) else ""


def _of_tags(column: Sequence[str], where: str) -> Spans:
    begin, role = 0, ""
    for place, cell in enumerate([*column, "O"]):
        if not _TAG.fullmatch(cell):
            raise _unreadable(cell, "tags like B-A0, I-A0 and O", where)
        mark, _, name = cell.partition("-")
        if role and (mark in "OBSU" or name != role):
            yield begin, place, role
            role = ""
        if name and not role:
            begin, role = place, name


def _of_brackets(column: Sequence[str], where: str) -> Spans:
    opened: list[tuple[int, str]] = []
    for place, cell in enumerate(column):
        found = _BRACKETS.fullmatch(cell)
        if found is None:
            raise _unreadable(cell, "brackets like (A0*, * and *)", where)
        opened += [(place, name) for name in _OPENED.findall(found[1])]
        for _ in found[2]:
            if not opened:
                raise _unreadable(cell, "an opening bracket before the closing one", where)
            begin, role = opened.pop()
            yield begin, place + 1, role
    if opened:
        raise _unreadable(f"({opened[-1][1]}*", "a closing bracket", where)


def _of_heads(column: Sequence[str], where: str) -> Spans:
    yield from ((place, place + 1, cell) for place, cell in enumerate(column) if cell not in NOTHING)


_STYLES: Mapping[str, Callable[[Sequence[str], str], Spans]] = {
    "tags": _of_tags, "brackets": _of_brackets, "heads": _of_heads
}  # fmt: skip


def _unreadable(cell: str, expected: str, where: str) -> DataError:
    found = f"'{cell}'"
    return DataError(229, "a column of roles cannot be read", where=where, found=found, expected=expected, fix=FIX)
