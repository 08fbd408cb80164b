"""LeRobot data sets on disk, versions 2.0, 2.1 and 3.0: episodes of named observations and actions, without videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import Steps, choices, episode
from headstart.data.opening import parquet
from headstart.data.reading.accounts import counted, some
from headstart.data.reading.lerobot_layout import Feature, Listed, is_layout, layout
from headstart.data.records import example_of

_NUMBER, _FRAME, _TIME, _TASK, _REWARD = "episode_index", "frame_index", "timestamp", "task_index", "next.reward"


class Lerobot:
    """The episodes that `meta/` lists, by the templates of `meta/info.json`.

    Columns `observation*` and `action*` of numbers are read, with their names, `fps` and tasks; pictures and videos are
    not. Data that lie in one Parquet file beside `meta/`, with `episode_index`, are read as well.
    """

    form: ClassVar = "rows"
    order: ClassVar = -2

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._access = path, access
        self._layout = layout(path, access)
        self._observed, self._acted = self._layout.named("observation"), self._layout.named("action")
        if not self._observed or not self._acted:
            found = "features " + some([one.name for one in self._layout.features])
            raise DataError(882, "no observations of numbers, or no actions", where=path.name, found=found,
                            fix="record the state beside the pictures: they are not read")  # fmt: skip

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and is_layout(given)

    def account(self) -> Account:
        known = [one.length for one in self._layout.episodes if one.length is not None]
        steps = f" of {sum(known):,} steps" if known else ""
        rate = f", {self._layout.rate:g} a second" if self._layout.rate else ""
        what = f"{counted(len(self._layout.episodes), 'episode')}{steps}{rate} (LeRobot {self._layout.version})"
        used = [Used(what=what)]
        used += [Used(what=self._words(one), role="observations") for one in self._observed]
        used += [Used(what=self._words(one), role="actions") for one in self._acted]
        read = {one.name for one in (*self._observed, *self._acted)} | {_NUMBER, _FRAME, _TIME, _TASK, _REWARD, "index"}
        kinds = {"video": "videos", "image": "pictures"}
        left = [f"{kinds.get(f.dtype, 'column')} {f.name}" for f in self._layout.features if f.name not in read]
        return Account(used=tuple(used), unused=tuple(left))

    def _words(self, one: Feature) -> str:
        return f"column {one.name} [{', '.join(map(str, one.shape))}]"

    def examples(self) -> Iterator[dict[str, Any]]:
        for place, group in groupby(self._layout.episodes, lambda one: self._place(one.file)):
            wanted = {one.number: one for one in group}
            seen: set[int] = set()
            columns = [one.name for one in (*self._observed, *self._acted)]
            try:
                for number, rows in self._rows(place, columns, wanted):
                    if number not in seen:
                        seen.add(number)
                        yield self._example(wanted[number], rows, place)
            except DataError as error:
                lost = [one for number, one in wanted.items() if number not in seen]
                yield from (self._of(one, error) for one in lost)
                continue
            for number, one in wanted.items():
                if number not in seen:
                    lacking = DataError(202, "no such file",
                                        where=f"{one.file}, episode {number}",
                                        fix="fetch the data set again, or prepare with --skip-bad")  # fmt: skip
                    yield self._of(one, lacking)

    def _of(self, one: Listed, value: Any) -> dict[str, Any]:
        return example_of(value, f"episode {one.number}", split=one.split)

    def _example(self, one: Listed, rows: _Rows, place: Path) -> dict[str, Any]:
        """An episode of its rows, or the error that it is."""
        try:
            arrays = rows.arrays(place.name)
            length = len(arrays[self._acted[0].name])
            if one.length is not None and one.length != length:
                found, expected = f"{length:,} steps", f"{one.length:,}, as meta/ says"
                raise DataError(883, "the parts of an episode differ in length", where=f"episode {one.number}",
                                found=found, expected=expected,
                                fix="fetch it again, or prepare with --skip-bad")  # fmt: skip
            observed, acted = ({f.name: arrays[f.name] for f in part} for part in (self._observed, self._acted))
            steps = Steps(
                observed=observed, acted=acted, frames=arrays.get(_FRAME), times=arrays.get(_TIME),
                rewards=arrays.get(_REWARD), names={f.name: f.names for f in (*self._observed, *self._acted)},
                rate=self._layout.rate, discrete=self._choices, task=self._task(one, arrays.get(_TASK)),
            )  # fmt: skip
            return episode(steps, f"episode {one.number}") | ({"split": one.split} if one.split else {})
        except DataError as error:
            return self._of(one, error)

    def _task(self, one: Listed, numbers: np.ndarray | None) -> str:
        known = None if numbers is None or not numbers.size else self._layout.tasks.get(int(np.nan_to_num(numbers[0])))
        return known or (one.tasks[0] if one.tasks else "")

    def _place(self, file: str) -> Path:
        """The file of a template; where there is none, the one Parquet file beside `meta/`."""
        place = self.path / file
        beside = self._beside
        return beside[0] if len(beside) == 1 and not beside[0].is_symlink() and not place.exists() else place

    @cached_property
    def _beside(self) -> list[Path]:
        return sorted(self.path.glob("*.parquet"))

    @cached_property
    def _choices(self) -> int:
        """How many choices the actions are of, where they are one whole number."""
        whole = len(self._acted) == 1 and self._acted[0].dtype.startswith(("int", "uint", "bool"))
        if not whole or int(np.prod(self._acted[0].shape)) != 1:
            return 0
        every: list[np.ndarray] = []
        for place in dict.fromkeys(self._place(one.file) for one in self._layout.episodes):
            try:
                for _, rows in self._rows(place, [self._acted[0].name], None):
                    every.append(rows.arrays(place.name)[self._acted[0].name].astype(np.int64))
            except DataError:
                continue  # told when its rows are read
        return choices(every)

    def _rows(self, path: Path, columns: Sequence[str], wanted: Any) -> Iterator[tuple[int, _Rows]]:
        """The rows of each episode in a file, as they lie; of those that are `wanted`, or of all."""
        if not path.is_file():
            return
        there = parquet.header(path, self._access.budget).columns
        more = [name for name in (_NUMBER, _FRAME, _TIME, _TASK, _REWARD) if name in there and name not in columns]
        lacking = [name for name in (*columns, _NUMBER) if name not in there]
        if lacking:
            raise DataError(882, "no observations of numbers, or no actions", where=path.name,
                            found=f"no column {lacking[0]}", expected="the features of meta/info.json",
                            fix="fetch the data set again")  # fmt: skip
        number, rows = None, _Rows()
        for batch in parquet.batches(path, self._access.budget, [*columns, *more]):
            numbers = parquet.numbers(batch[_NUMBER], _NUMBER, path.name).reshape(-1)
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1), len(numbers)]
            for begin, end in pairwise(cuts):
                here = int(np.nan_to_num(numbers[begin], nan=-1)) if end > begin else number
                if number is not None and here != number:
                    if wanted is None or number in wanted:
                        yield number, rows
                    rows = _Rows()
                number = here
                rows.add({name: batch[name].slice(begin, end - begin) for name in (*columns, *more)})
        if number is not None and (wanted is None or number in wanted):
            yield number, rows


@dataclass(slots=True)
class _Rows:
    """Rows of one episode by column, in pieces."""

    pieces: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, columns: dict[str, Any]) -> None:
        for name, values in columns.items():
            self.pieces.setdefault(name, []).append(values)

    def arrays(self, where: str) -> dict[str, np.ndarray]:
        """Every column as numbers [T, ...]."""
        found = {name: np.concatenate([parquet.numbers(one, name, where) for one in several])
                 for name, several in self.pieces.items()}  # fmt: skip
        single = (_NUMBER, _FRAME, _TIME, _TASK, _REWARD)
        return {name: one.reshape(-1) if name in single else one for name, one in found.items()}
