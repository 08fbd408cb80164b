"""Rows of tables that are steps -> whole episodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import Steps, choices, episode
from headstart.data.labels.moments import moments
from headstart.data.labels.readings import Step, StepColumns, is_gap, measured
from headstart.data.records import is_sequence

_PLACE = re.compile(r"[:#]\d+$|^row .*$")  # in the origin of a row, behind its file
_YES = frozenset(("true", "yes", "1", "1.0"))


@dataclass(slots=True)
class _Rows:
    """The steps of one episode while they are read; `first` is the first of them."""

    first: contracts.Example
    columns: StepColumns
    name: str = ""
    cells: list[Any] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)

    def example(self, discrete: int, *, asked: bool) -> contracts.Example:
        """The episode as one row, its input an error where its cells cannot be read."""
        columns, origin = self.columns, self.name or self.origins[0]
        facts = {name: self.first[name] for name in ("split", "part") if name in self.first}
        kept = dict(self.first.get("kept", {}))
        if asked and columns.episode is not None:
            kept = {columns.episode: self.cells[0][columns.episode], **kept}
        facts |= {"kept": kept} if kept else {}
        try:
            steps = Steps(
                observed={name: self._values(name) for name in columns.observes},
                acted={name: self._values(name) for name in columns.acts}, frames=self._column(columns.frame),
                times=self._times(), rewards=self._column(columns.reward), discrete=discrete,
                task="" if columns.task is None else str(self.cells[0][columns.task]),
            )  # fmt: skip
            return {**facts, **episode(steps, origin)}
        except DataError as error:
            return {**facts, "input": error, "origin": origin}

    def _values(self, name: str) -> np.ndarray:
        """The cells of a column as numbers [T], or [T, C] where they are lists of as many."""
        found = [cells[name] for cells in self.cells]
        widths = {len(one) for one in found if is_sequence(one)}
        if not widths:
            return np.array([measured(one, name, where) for one, where in zip(found, self.origins, strict=True)])
        for one, where in zip(found, self.origins, strict=True):
            if len(widths) > 1 or not (is_sequence(one) or is_gap(one)):
                raise DataError(886, "these are no numbers of steps", where=f"{where}, {name}", found=repr(one)[:60],
                                expected=f"lists of {max(widths)} numbers",
                                fix="correct the cell, or prepare with --skip-bad")  # fmt: skip
        gap = [float("nan")] * max(widths)
        return np.array([one if is_sequence(one) else gap for one in found], np.float64)

    def _column(self, name: str | None) -> np.ndarray | None:
        return None if name is None else self._values(name)

    def _times(self) -> np.ndarray | None:
        name = self.columns.time
        return None if name is None else moments([cells[name] for cells in self.cells], name, self.origins, None)

    @property
    def whole(self) -> list[np.ndarray]:
        """The cells of the actions as they were given: whole numbers may be choices."""
        found: list[np.ndarray] = []
        for name in self.columns.acts:
            cells = [cells[name] for cells in self.cells]
            numbers = [_whole(one) for one in cells]
            found.append(np.array(numbers) if None not in numbers else np.zeros(len(cells)))
        return found


def episodes(rows: Iterable[contracts.Example], *, asked: bool) -> Iterator[contracts.Example]:
    """Episodes in the order in which they come first; any other row as it is. Without a column that tells them apart,
    they end where a row says that one is over."""
    found: dict[Any, _Rows] = {}
    over, number = True, -1
    for row in rows:
        step = row["input"]
        if not isinstance(step, Step):
            yield row
            continue
        columns = step.columns
        if columns.episode is None:
            number += over
            over = any(str(step.cells[name]).strip().lower() in _YES for name in columns.ends)
            key: Any = number if columns.ends else 0
        else:
            key = str(step.cells[columns.episode])
        key = (row.get("split"), _file(row) if columns.episode is None else "", key)
        if key not in found:
            found[key] = _Rows(row, columns, _name(columns, key, row))
        found[key].cells.append(step.cells)
        found[key].origins.append(str(row["origin"]))
    whole = [one.whole for one in found.values()]
    discrete = choices([acts[0] for acts in whole]) if all(len(acts) == 1 for acts in whole) else 0
    for one in found.values():
        yield one.example(discrete, asked=asked)


def _file(row: contracts.Example) -> str:
    """The file of a row, "" for one in memory."""
    return _PLACE.sub("", str(row["origin"]))


def _name(columns: StepColumns, key: tuple[Any, ...], row: contracts.Example) -> str:
    """What an episode is called."""
    own = f"{columns.episode} {key[2]}" if columns.episode is not None else f"episode {key[2]}"
    file = _file(row)
    return f"{file}, {own}" if file else own


def _whole(value: Any) -> int | None:
    """A whole number that was written as one; None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isdecimal() and len(text) < 10 else None
    return int(value) if isinstance(value, bool | int | np.integer | np.bool_) and abs(int(value)) < 1 << 31 else None
