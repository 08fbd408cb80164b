"""Column files of dependency trees: CoNLL-U and its kin, with ten columns or more, and CoNLL-2009 with fourteen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, nearest
from headstart.data.reading.conll_columns import Form, Rows, blocks, form, misfit, no_sentence

_ID = re.compile(r"(\d+)|\d+-\d+|\d+\.\d+")
_LOOK = 10  # sentences looked at
FEATURES = "feats"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what, counted from 0; `fields` are those that a user names."""

    columns: int
    head: int
    fields: Mapping[str, int]

    def column(self, name: str, role: str, path: Path) -> int:
        """The column of this name, or of this number counted from 1."""
        if name.lower() in self.fields:
            return self.fields[name.lower()]
        if name.isdecimal() and 1 <= int(name) <= self.columns:
            return int(name) - 1
        found, fix = "columns " + ", ".join(self.fields), f"for --{role}: {nearest(name, self.fields)}"
        raise DataError(212, f"no column '{name}'", where=path.name, found=found, fix=fix)

    def fits(self, rows: Rows) -> bool:
        """Is this how these rows, with their words alone, are laid out? Heads are numbers, or all of them unknown."""
        heads = [row[self.head] for row in rows if len(row) >= self.columns]
        return (
            len(heads) == len(rows)
            and any(map(str.isdecimal, heads))
            and all(head == "_" or head.isdecimal() for head in heads)
        )


UNIVERSAL = Layout(10, 6, {"form": 1, "lemma": 2, "upos": 3, "xpos": 4, FEATURES: 5, "deprel": 7})
CONLL_2009 = Layout(14, 8, {"form": 1, "lemma": 2, "upos": 4, "xpos": 4, FEATURES: 6, "deprel": 10})


def tree_form(path: Path, budget: Budget) -> Form:
    """How such a file is written: its tokens begin with a number, so that "#" always begins a comment."""
    return Form(form(path, budget).tabbed, 0)


def layout(path: Path, budget: Budget) -> Layout | None:
    """The layout of a file as its first sentences show it; None if they are no trees."""
    found: list[Rows] = []
    for block in islice(blocks(path, tree_form(path, budget), budget), _LOOK):
        try:
            found.append(words(block.rows, path.name))
        except DataError:
            return None
    if not found:
        raise no_sentence(path)
    return next((one for one in (UNIVERSAL, CONLL_2009) if all(map(one.fits, found))), None)


def has_trees(path: Path, budget: Budget) -> bool:
    """Does the file hold trees, whatever its name? False if it cannot be read; its reader then says why."""
    try:
        return layout(path, budget) is not None
    except DataError:
        return False


def words(rows: Rows, where: str) -> Rows:
    """The rows of words, without those of multiword tokens (3-4) and empty nodes (5.1); they count from 1."""
    found = []
    for row in rows:
        number = _ID.fullmatch(row[0])
        if number is None or (number[1] and int(number[1][:9]) != len(found) + 1):
            raise misfit(where, f"the number '{row[0]}'", str(len(found) + 1))
        if number[1]:
            found.append(row)
    if not found:
        raise misfit(where, f"the number '{rows[-1][0]}'", "1")
    return found
