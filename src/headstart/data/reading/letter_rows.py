"""Columns of sequences and of a label for each of their letters, and a row of these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from headstart.core.errors import DataError
from headstart.data.alphabets import is_sequence
from headstart.data.records import Words, is_missing

_NAMES = ("sequence", "seq", "sequences", "protein_sequence", "dna_sequence", "rna_sequence", "aa_sequence",
          "mutated_sequence", "protein", "dna", "rna", "peptide", "aaseq")  # fmt: skip
_MASKS = ("mask", "resolved")
_LETTERS = re.compile(r"[A-Za-z*.-]{2,}")
_LONG = 8  # mean letters of labels from which equal lengths are no chance
_MOSTLY = 0.9
_FIX = "correct the row, or prepare with --skip-bad"


def sequence_column(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, sure: bool) -> str | None:
    """The column that is called a sequence and holds mostly some: plain ones where that must be `sure`, else letters
    without spaces."""
    lower = {name.strip().lower(): name for name in columns}
    for name in (lower[one] for one in _NAMES if one in lower):
        texts = _texts(rows, name)
        if 2 * sum(is_sequence(one) if sure else bool(_LETTERS.fullmatch(one)) for one in texts) > len(texts):
            return name
    return None


def has_sequence_name(columns: Sequence[str]) -> bool:
    """Is a column called a sequence?"""
    return any(name.strip().lower() in _NAMES for name in columns)


def are_of_letters(rows: Sequence[Mapping[str, Any]], input: str, target: str) -> bool:
    """Are nearly all labels of the column texts as long as the sequence of their row?"""
    pairs = [
        (str(row[input]).strip(), row[target].strip()) for row in rows
        if isinstance(row.get(target), str) and row[target].strip() and not is_missing(row.get(input))
    ]  # fmt: skip
    long = sum(len(label) for _, label in pairs) >= _LONG * len(pairs)
    fitting = sum(len(text) == len(label) and bool(_LETTERS.fullmatch(text)) for text, label in pairs)
    return bool(pairs) and long and fitting >= _MOSTLY * len(pairs)


def mask_column(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], input: str) -> str | None:
    """The column that says of each letter whether its label is known, as 0 and 1."""
    lower = {name.strip().lower(): name for name in columns}
    for name in (lower[one] for one in _MASKS if one in lower):
        if are_of_letters(rows, input, name) and all(set(one) <= {"0", "1"} for one in _texts(rows, name)):
            return name
    return None


def of_letters(text: str, label: str | None, mask: str | None, where: str) -> dict[str, Any]:
    """{"input": Words} of the letters of a sequence and, with a label, {"label": tags}: None where the mask has 0.

    DataError if they are not of one length.
    """
    letters = "".join(text.split())
    for name, given in (("labels", label), ("marks of the mask", mask)):
        if given is not None and len(given) != len(letters):
            found = f"{len(given):,} {name} for {len(letters):,} letters"
            raise DataError(467, "letters and their labels differ in number", where=where, found=found, fix=_FIX)
    made: dict[str, Any] = {"input": Words(tuple(letters))}
    if label is not None:
        tags = [tag if mask is None or mask[place] != "0" else None for place, tag in enumerate(label)]
        made |= {"label": tags} if any(tag is not None for tag in tags) else {}
    return made


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return [row[name].strip() for row in rows if isinstance(row.get(name), str) and row[name].strip()]
