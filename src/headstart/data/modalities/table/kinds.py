"""What the columns of a table hold, told from the cells of train rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from headstart.core.errors import RecipeError, nearest
from headstart.data.labels.dates import way_of
from headstart.data.labels.numbers import NumberForm, form_of
from headstart.data.labels.spelling import cleaned
from headstart.data.modalities.table.column import MOST_CODES, Column, Kind, is_absent, spelled

KINDS = ("number", "category", "date", "text", "drop")
MOST_DISTINCT = 20_000  # different cells of a column that are counted
MOST_CATEGORIES = 4_000  # of all columns together
BLOCK = 2_048  # rows that are counted together
_MOST_RARE = 1_000  # names without a code that are remembered of a column
_LOOK = 500  # different cells by which a spelling is judged
_TEXT_WORDS = 4.0  # words a cell from which a column of names is one of texts
_OFTEN = 0.5  # share of different cells from which words are no categories
_PLAIN = frozenset((str, int, float, type(None)))  # not bool: True would be counted as 1
_DIGIT = frozenset("0123456789")  # no text for a missing cell ends so
_UNIQUE = 0.98
_DIGITS = re.compile(r"[-+]?\d[\d.,' ]*")
SEVERAL_FORMS = "numbers in several spellings"  # why a column is left out: 1,5 and 1.5 in one
_ID = re.compile(r"(^|[_\s.-])(id|idx|index|key|uuid|guid|unnamed: \d+|row_?(num|number|id)?)$|^$|[a-z](Id|ID)$", re.I)


@dataclass(slots=True)
class Counts:
    """What was seen of one column: how often each cell occurs, as long as they are not too many to count."""

    cells: Counter[Any] = field(default_factory=Counter)
    full: bool = False
    there: int = 0

    def add(self, values: Sequence[Any]) -> None:
        if not _PLAIN.issuperset(map(type, values)):
            values = [value if type(value) in _PLAIN or is_absent(value) else _hashable(value) for value in values]
        block = Counter(values)
        unsure = (value for value in block if type(value) is not str or value[-1:] not in _DIGIT)
        absent = [value for value in unsure if is_absent(value)]
        self.there += len(values) - sum(block.pop(value) for value in absent)
        if not self.full:
            self.cells.update(block)
            self.full = len(self.cells) > MOST_DISTINCT

    @property
    def distinct(self) -> int:
        return len(self.cells)


def counted(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Counts], int]:
    """The counts of every column, and how many rows there were."""
    found: dict[str, Counts] = {}
    block, count = list[Mapping[str, Any]](), 0
    for row in rows:
        block.append(row)
        count += 1
        if len(block) == BLOCK:
            _add(found, block)
            block = []
    _add(found, block)
    return found, count


def _add(found: dict[str, Counts], block: Sequence[Mapping[str, Any]]) -> None:
    for name in dict.fromkeys(name for row in block for name in row):
        found.setdefault(name, Counts()).add([row.get(name) for row in block])


@dataclass(frozen=True, slots=True)
class Told:
    """The columns that models see, those left out with the reason, and those of names that the cells do not hold: ids,
    and categories of more names than have codes; of these the names without one, where they are few."""

    columns: tuple[Column, ...]
    left: Mapping[str, str]
    apart: tuple[str, ...] = ()
    rare: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


def told(counts: Mapping[str, Counts], rows: int, asked: Mapping[str, str]) -> Told:
    """What each column is, categories first; RecipeError for a column or a kind that there is not."""
    for name, kind in asked.items():
        if name not in counts:
            raise RecipeError(728, "no such column", where="modality.kinds", found=f"'{name}'",
                              fix=nearest(name, list(counts)))  # fmt: skip
        if kind not in KINDS:
            raise RecipeError(729, "unknown kind of column", where="modality.kinds", found=f"'{kind}'",
                              fix=nearest(kind, KINDS))  # fmt: skip
    left, made = dict[str, str](), list[Column]()
    kinds = {name: asked.get(name) or _kind(name, one, rows) for name, one in counts.items()}
    codes = max(8, min(MOST_CODES, MOST_CATEGORIES // max(1, list(kinds.values()).count("category"))))
    for name, kind in kinds.items():
        if kind in ("number", "category", "date", "text"):
            made.append(_column(name, kind, counts[name], rows, codes))
        else:
            left[name] = "dropped as asked" if kind == "drop" else kind
    rare = {one.name: _rare(one, counts[one.name]) for one in made if one.kind == "category"}
    apart = (*(name for name, why in left.items() if why == "id"), *(name for name, names in rare.items() if names))
    known = {name: names for name, names in rare.items() if len(names) <= _MOST_RARE and not counts[name].full}
    return Told(tuple(sorted(made, key=lambda one: one.kind != "category")), left, apart, known)


def _rare(column: Column, counts: Counts) -> frozenset[str]:
    """Names of a category that have no code."""
    return frozenset(map(spelled, counts.cells)).difference(column.words)


def asked_kinds(text: str) -> dict[str, str]:
    """ "age:number,zip:category" -> the kind of each column; RecipeError for what is written otherwise."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, mark, kind = part.rpartition(":")
        if not mark:
            fix = "write modality.kinds=COLUMN:KIND,COLUMN:KIND"
            raise RecipeError(729, "unknown kind of column", where="modality.kinds", found=f"'{part}'", fix=fix)
        found[name.strip()] = kind.strip()
    return found


def _kind(name: str, counts: Counts, rows: int) -> str:
    """A kind of `Column`, or why the column is left out: "constant", "id"."""
    if (counts.distinct <= 1 and counts.there == rows) or not counts.there:
        return "constant"
    cells = list(counts.cells)
    unique = counts.full or counts.distinct >= _UNIQUE * counts.there
    some = cells[:: max(1, len(cells) // _LOOK)]
    if _are_dates(some):
        return "date"
    if _are_numbers(some):
        return "id" if unique and counts.there > 20 and _numbers_rows(name, cells) else "number"
    words = sum(len(str(cell).split()) for cell in some) / len(some)
    if unique and counts.there > 20 and words < _TEXT_WORDS / 2:
        return SEVERAL_FORMS if all(_DIGITS.fullmatch(cleaned(str(cell))) for cell in some) else "id"
    often = counts.full or counts.distinct > _OFTEN * counts.there
    return "text" if words >= _TEXT_WORDS or (often and words >= 2 and counts.there > 20) else "category"


def _numbers_rows(name: str, cells: Sequence[Any]) -> bool:
    """Do whole numbers, each of which occurs once, name rows: by the name of the column, or as they go up by one?"""
    values = [_whole(cell) for cell in cells]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return False
    ordered = sorted(known)
    return bool(_ID.search(name.strip())) or (ordered == known and ordered[-1] - ordered[0] < 1.01 * len(ordered))


def _whole(cell: Any) -> int | None:
    if isinstance(cell, str):
        text = cleaned(cell)
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 19 else None
    return int(cell) if isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer()) else None


def _are_numbers(cells: Sequence[Any]) -> bool:
    if any(isinstance(cell, bool) for cell in cells):
        return False
    texts = [cleaned(cell) for cell in cells if isinstance(cell, str)]
    others = [cell for cell in cells if not isinstance(cell, str)]
    if not all(isinstance(cell, int | float) or type(cell).__name__ == "Decimal" for cell in others):
        return False
    return not texts or form_of(texts) is not None


def _are_dates(cells: Sequence[Any]) -> bool:
    if all(isinstance(cell, date | datetime) for cell in cells):
        return True
    return all(isinstance(cell, str) for cell in cells) and bool(_way(cells))


def _way(cells: Sequence[Any]) -> str:
    texts = [cleaned(str(cell)) for cell in cells]
    return "" if any(text.lstrip("+-").replace(".", "", 1).isdecimal() for text in texts[:5]) else way_of(texts)


def _column(name: str, kind: Kind, counts: Counts, rows: int, codes: int) -> Column:
    some = list(counts.cells)[:: max(1, counts.distinct // _LOOK)]
    if kind == "category":
        least = max(1, min(10, rows // 500))
        often = Counter[str]()
        for cell, count in counts.cells.items():
            often[spelled(cell)] += count
        ranked = sorted((-count, word) for word, count in often.items() if count >= least)
        return Column(name, kind, tuple(word for _, word in ranked[:codes]))
    if kind == "number":
        form = form_of([cleaned(cell) for cell in some if isinstance(cell, str)]) or NumberForm()
        return Column(name, kind, form=(form.decimal, form.thousands, form.unit))
    return Column(name, kind, way=_way(some) if kind == "date" and isinstance(some[0], str) else "")


def _hashable(value: Any) -> Any:
    """A cell that can be counted."""
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, date | datetime) or type(value).__name__ == "Decimal" else str(value)
