"""Which column of a table is the input, which the label, which the split; and one row as an example."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.core.errors import DataError, nearest
from headstart.data.layout import part

_INPUTS = (
    "input",
    "image",
    "img",
    "picture",
    "photo",
    "file",
    "filename",
    "file_name",
    "path",
    "filepath",
    "file_path",
)
_INPUTS_LATE = ("image_path", "image_file", "bytes", "content", "x")
_TARGETS = ("label", "labels", "class", "target", "category", "y")
_SPLITS = ("split", "subset", "part")


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that matter; `target` and `split` are None where the table has none."""

    input: str
    target: str | None
    split: str | None


def choose(columns: Sequence[str], *, input: str | None, target: str | None, where: str) -> Roles:
    """Columns named by the user, else the usual names; DataError lists the columns there are."""
    wanted = _named(columns, input, "input", where) or _usual(columns, (*_INPUTS, *_INPUTS_LATE))
    answer = _named(columns, target, "target", where) or _usual([c for c in columns if c != wanted], _TARGETS)
    rest = [c for c in columns if c not in (answer, wanted)]
    split = _usual(rest, _SPLITS)
    if wanted is None:
        found = "columns " + ", ".join(columns)
        raise DataError(
            211, "cannot tell which column is the input", where=where, found=found, fix="pass --input COLUMN"
        )
    return Roles(wanted, answer, split)


def _named(columns: Sequence[str], name: str | None, role: str, where: str) -> str | None:
    if name is None or name in columns:
        return name
    found = "columns " + ", ".join(columns)
    fix = f"for --{role}: {nearest(name, columns)}"
    raise DataError(212, f"no column '{name}'", where=where, found=found, fix=fix)


def _usual(columns: Sequence[str], names: Sequence[str]) -> str | None:
    lower = {c.strip().lower(): c for c in columns}
    return next((lower[name] for name in names if name in lower), None)


def example(row: Mapping[str, Any], roles: Roles, origin: str) -> dict[str, Any]:
    """One row as an example. A path is its own origin; other columns keep their names.

    A list label stays a list (many labels), a missing one (None, NaN, "") is left out.
    """
    value = row[roles.input]
    if isinstance(value, Mapping) and "bytes" in value:  # the way Hugging Face data sets store images
        value = value["bytes"] if value["bytes"] is not None else value.get("path")
    others = {k: v for k, v in row.items() if k not in (roles.input, roles.target, roles.split, "origin")}
    made: dict[str, Any] = {**others, "input": value, "origin": value if isinstance(value, str) and value else origin}
    label = None if roles.target is None else plain(row[roles.target])
    if label is not None:
        made["label"] = label
    split = None if roles.split is None else part(row[roles.split])
    if split is not None:
        made["split"] = split
    return made


def plain(value: Any) -> Any:
    """A label as plain Python: numpy scalars and arrays unwrapped, None for what is missing."""
    import numpy as np

    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    ):
        return None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)
