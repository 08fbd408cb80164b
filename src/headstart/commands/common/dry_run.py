"""--dry-run of every verb that reads data: how they are read, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.commands.common.verbs import Verb
    from headstart.core.contracts.account import Account
    from headstart.data.reading.roles import Learned

_STARTS = ("start", "init")  # parameters of verbs whose model learned from columns of its own


def account(verb: Verb, given: Mapping[str, Any]) -> Account:
    """How a call of a verb with these arguments would read its data; nothing is trained or written."""
    if "dry_run" in verb.takes:
        found = verb.function(**{name: value for name, value in given.items() if name in verb.takes})
    else:
        found = _inputs(given) if "inputs" in given else _data(verb.name, given)
    return found


def summary(found: Account) -> dict[str, Any]:
    """What the command line prints of it."""
    from headstart.data.reading.accounts import fields, line

    text = "\n".join([line(found), *(f"warning: {one_line(note)}" for note in found.notes)])
    return {**fields(found), "out": None, "warnings": list(found.notes), "text": text}


def _data(verb: str, given: Mapping[str, Any]) -> Account:
    """Of data for a verb that learns or scores."""
    from headstart.commands.common.request import data_of, data_table, path_of, requested
    from headstart.data.cache import account_of

    columns = {name: given.get(name) for name in ("input", "target", "id", "modality")}
    columns |= {"follow": given.get("follow") or None, **_rows_of(given.get("task"))}
    start = next((given[name] for name in _STARTS if given.get(name) not in (None, "auto")), None)
    fields = {"start": path_of(start), **data_table(given.get("data"), **columns)}
    wanted = requested(verb, fields, seed=0, recipe=given.get("recipe"), settings=given.get("settings"))
    learned = _learned(str(path_of(given["model"])), needed=True) if "model" in given else _learned(wanted.start)
    marks = _marks(wanted.task)
    data: dict[str, Any] = {} if marks is None else {"marks": marks}
    data |= {name: value for name, value in wanted.data.items() if name not in ("source", "hash", "all")}
    return account_of(data_of(given.get("data"), wanted), learned=learned, **data)


def _rows_of(task: str | None) -> dict[str, bool | None]:
    """Are rows of a table that are events of one recording one row for this task, and columns labels by name?"""
    from headstart.core import catalog

    kind = None if task in (None, "auto") else catalog.load("tasks", str(task))
    return {} if kind is None else {"gather": kind.gathers or None, "by_name": kind.by_name or None}


def _marks(table: Mapping[str, Any]) -> str | None:
    """The column of labels of moments, where the task has one."""
    from headstart.core import catalog

    kind = table.get("kind", "auto")
    return None if kind == "auto" else catalog.load("tasks", kind).marks(catalog.settings_of(table))


def _learned(name: str, *, needed: bool = False) -> Learned | None:
    """The columns that a model learned from; where they are `needed`, the label too, if its task is scored by one."""
    if name == "scratch":
        return None
    from headstart.core import catalog
    from headstart.models.open_start import open_start
    from headstart.models.start import learned_by

    model = open_start(name)
    if model is None:
        return None
    task = model.config.get("task") if needed else None
    labelled = task is not None and catalog.load_saved("tasks", task["kind"]).needs_labels
    return learned_by(model, needed=needed, labelled=labelled)


def _inputs(given: Mapping[str, Any]) -> Account:
    """Of inputs for a verb that answers."""
    from headstart.commands.common.request import path_of
    from headstart.core.errors import UsageError
    from headstart.data.inputs import account_of
    from headstart.data.reading.roles import Ask
    from headstart.models.open_start import open_start
    from headstart.models.start import learned_by

    model = open_start(str(path_of(given["model"])))
    if model is None:
        raise UsageError(531, "nothing is trained yet", found="scratch", fix="name a model")
    ask = Ask(
        input=given.get("input"), target=given.get("target"), id=given.get("id"), keep=given.get("keep"),
        learned=learned_by(model, needed=True), follow=bool(given.get("follow")),
    )  # fmt: skip
    return account_of(given["inputs"], modality=model.modality(), kind=model.config["modality"]["kind"], ask=ask)
