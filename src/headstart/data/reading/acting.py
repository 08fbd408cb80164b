"""Tables whose rows are steps of episodes: which columns are observed, which acted, which say where episodes end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from headstart.core.errors import DataError
from headstart.data.labels.readings import StepColumns
from headstart.data.reading import over_time, recordings
from headstart.data.reading.over_time import LOOK, SPLITS, are_numbers, asked_column, asked_columns
from headstart.data.reading.roles import Ask, Roles
from headstart.data.records import is_missing, is_sequence

_EPISODE = (*recordings.EPISODE, "demo_id", "trajectory", "run", "rollout")
_FRAMES, _TASKS = (*recordings.FRAMES, "frame", "t"), ("task", "language_instruction")
_COUNTED = ("index", "task_index", "id", "row")  # which number rows or tasks, and are not observed
_LATER = ("next",)  # names of what is known only after the step: "next.reward", "next_observation"


def of_records(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], ask: Ask, *, input: str | None, target: str | None,
    where: str,
) -> tuple[Roles | None, Iterable[Mapping[str, Any]]]:  # fmt: skip
    """The columns of a table whose rows are steps of episodes or moments of series, None for any other; and the rows,
    of which some may have been looked at."""
    given, unsure = {"input": input, "target": target, "where": where}, ask.whole is None and ask.learned is None
    if unsure and not ask.moments and _acts(columns):
        rows = iter(rows)
        seen = list(islice(rows, LOOK))
        if is_headed_so(columns, seen):
            return choose(columns, seen, ask, **given), rows
        rows = chain(seen, rows)
    if ask.acting:
        return choose(columns, rows, ask, **given), rows
    if ask.moments or (over_time.is_headed_so(columns) and ask.learned is None):
        return over_time.choose(columns, rows, ask, **given), rows
    return None, rows


def is_headed_so(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Are there actions that are numbers, and a column that tells episodes apart or says where they end?"""
    acts = _acts(columns)
    told = recordings.usual(columns, _EPISODE) is not None or bool(_ends(columns))
    return bool(acts) and told and all(_are_values([row.get(name) for row in rows]) for name in acts)


def choose(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], ask: Ask, *, input: str | None, target: str | None,
    where: str,
) -> Roles:  # fmt: skip
    """The columns of such a table, as asked for, as learned from, as they are usually called; DataError where a column
    is not there, or none is acted or observed."""
    learned, seen = ask.learned, list(islice(rows, LOOK))
    episode = asked_column(columns, ask.id or (learned.id if learned else None), "id", where)
    episode = episode or recordings.usual(columns, _EPISODE)
    time = asked_column(columns, ask.time or (learned.time if learned else None), "time", where)
    time = time or recordings.usual([c for c in columns if c != episode], recordings.TIMES)
    acts = asked_columns(columns, target, "target", where) or _learned(columns, learned.channels if learned else ())
    acts = acts or _acts([c for c in columns if c not in (episode, time)])
    free = [c for c in columns if c not in (*acts, episode, time) and not _is_later(c)]
    frame, reward = recordings.usual(free, _FRAMES), recordings.usual(columns, recordings.REWARDS)
    split, task = recordings.usual(free, SPLITS), recordings.usual(free, _TASKS)
    ends = () if episode is not None else _ends(columns)
    apart = (frame, reward, split, task, *_ends(columns))
    numbers = [c for c in free if c not in apart and c.lower() not in _COUNTED
               and _are_values([row.get(c) for row in seen])]  # fmt: skip
    observes = asked_columns(columns, input, "input", where) or _learned(columns, learned.inputs if learned else ())
    observes = observes or tuple(recordings.observations(numbers)) or tuple(numbers)
    if not observes or not (acts or learned):
        raise DataError(882, "no observations of numbers, or no actions", where=where,
                        found="columns " + ", ".join(columns),
                        fix="name the actions with --target a,b, and what is observed with --input c,d")  # fmt: skip
    steps = StepColumns(acts, observes, episode, time, frame, reward, task, ends)
    taken = (*steps.taken, split)
    note = f"no column of {where} tells episodes apart: all rows are one; name it: --id COLUMN"
    return Roles(
        observes, None, split, id=episode, time=time, channels=acts, steps=steps,
        unused=tuple(c for c in columns if c not in taken), notes=() if episode or ends else (note,),
    )  # fmt: skip


def _acts(columns: Sequence[str]) -> tuple[str, ...]:
    """Columns called action, action_0, action.left, action[0]."""
    found = recordings.actions(columns)
    return tuple(found) or tuple(c for c in columns if c.strip().lower().startswith(("action_", "action[", "action ")))


def _ends(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(c for c in columns if c.strip().lower().removeprefix("next.") in recordings.FLAGS)


def _is_later(column: str) -> bool:
    return column.strip().lower().startswith(tuple(f"{word}{joint}" for word in _LATER for joint in "._/ "))


def _learned(columns: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The columns of a model, if all are there."""
    return tuple(names) if names and all(name in columns for name in names) else ()


def _are_values(values: Sequence[Any]) -> bool:
    """Are these numbers, or lists of numbers?"""
    there = [value for value in values if isinstance(value, list) or not is_missing(value)]
    lists = [value for value in there if is_sequence(value)]
    return len(lists) == len(there) > 0 if lists else are_numbers(there)
