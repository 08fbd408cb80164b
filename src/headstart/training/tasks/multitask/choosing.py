"""Which task suits each of several targets, by its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headstart.core import catalog
from headstart.core.catalog import settings_of
from headstart.core.contracts import RowTask
from headstart.core.contracts.choice import Suits
from headstart.core.errors import DataError, RecipeError, UsageError, alternatives, nearest


def labels_in(label: Any, where: str = "") -> Mapping[str, Any]:
    """The labels of a row by their names; DataError if it has none of that form."""
    if not isinstance(label, Mapping):
        fix = 'name several columns with --target a,b, or write objects: {"a": 1.5, "b": "new"}'
        raise DataError(926, "a row needs its labels by name", where=where, found=str(label)[:60], fix=fix)
    return label


def are_named(labels: Sequence[Any]) -> bool:
    """Are all labels objects of names, numbers, and lists of names?"""
    return bool(labels) and all(
        isinstance(label, Mapping) and bool(label) and all(map(_is_plain, label.values())) for label in labels
    )


def _is_plain(value: Any) -> bool:
    several = isinstance(value, list) and bool(value) and all(isinstance(one, str | int | float) for one in value)
    return value is None or isinstance(value, str | int | float) or several


def by_target(labels: Sequence[Any]) -> dict[str, list[Any]]:
    """The labels of each target that rows have, in the order of the names; None where a row lacks it."""
    rows = [labels_in(label) for label in labels if label is not None]
    return {name: [row.get(name) for row in rows] for name in sorted({name for row in rows for name in row})}


def tables(labels: Sequence[Any], said: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Kind and settings of the task of each target. Of what no label is there, the user has said everything, or it is
    a UsageError."""
    columns = {name: [one for one in column if one is not None] for name, column in by_target(labels).items()}
    columns = {name: column for name, column in columns.items() if column}
    missing = [name for name in said if name not in columns and len(said[name]) < 2]
    if missing:
        fix = nearest(missing[0], columns)
        raise UsageError(927, "no train row has a label of this target", where="task.tasks", found=missing[0], fix=fix)
    made = {name: _table(name, column, said.get(name, {})) for name, column in columns.items()}
    return dict(sorted(({name: dict(table) for name, table in said.items() if name not in made} | made).items()))


def _table(name: str, labels: Sequence[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    kind = said.get("kind", "auto")
    kind = _suited(name, labels) if kind == "auto" else kind
    cls = held_class(kind, name)
    found = cls.completed(labels, settings_of(said))
    classes = cls.class_names(found)
    if len(classes) == 1 and cls.one_class(found):
        fix = "label rows of a second class, or leave it out of --target"
        raise DataError(928, "a target has one class alone", where=f"target {name}", found=classes[0], fix=fix)
    return {"kind": kind, **found}


def held_class(kind: str, name: str) -> type[RowTask]:
    """The class of a task that can be one of several; RecipeError for another one."""
    cls = catalog.load_saved("tasks", kind)
    if not cls.row_wise:
        expected = alternatives(row_wise())
        raise RecipeError(
            929,
            "this task says more than one thing of a row",
            where=f"task.tasks.{name}",
            found=kind,
            expected=expected,
        )
    return cls


def row_wise() -> list[str]:
    """The kinds that can be one of several."""
    return [kind for kind in catalog.kinds("tasks") if catalog.load("tasks", kind).row_wise]


def _suited(name: str, labels: Sequence[Any]) -> str:
    """The kind that suits the labels of a target best; UsageError where two suit alike, or none does."""
    answers: dict[str, Suits | None] = {kind: catalog.load("tasks", kind).fits(labels) for kind in row_wise()}
    suited = {kind: one for kind, one in answers.items() if one is not None}
    best = [kind for kind, one in suited.items() if one.strength == max(each.strength for each in suited.values())]
    if len(best) == 1:
        return best[0]
    found = f"{' and '.join(best) or 'none'} for '{str(labels[0])[:40]}'"
    fix = "say which: " + " or ".join(f"'task.tasks={{{name}={{kind=\"{kind}\"}}}}'" for kind in best or answers)
    raise UsageError(931, "no single task suits the labels best", where=f"target {name}", found=found, fix=fix)
