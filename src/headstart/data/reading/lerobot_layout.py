"""The `meta/` folder of a LeRobot data set, versions 2 and 3: its features, its tasks, and where each episode lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.opening import json_text, parquet
from headstart.data.reading.file_walk import may_read
from headstart.data.reading.parts import split_of

INFO = "meta/info.json"
OLD, NEW = (
    "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
    ("data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"),
)
_EPISODES = "meta/episodes"
_FIELD = re.compile(r"\{(\w+)(?::0?(\d{0,2})d?)?\}")
_NUMBERS = re.compile(r"(?:float|int|uint)\d+|bool")
_LONGEST = 255  # characters of the name of a file
_FIX = "fetch the data set again"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the data: numbers [shape], a text, or pictures and videos."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    names: tuple[str, ...]

    @property
    def is_numbers(self) -> bool:
        return _NUMBERS.fullmatch(self.dtype) is not None


@dataclass(frozen=True, slots=True)
class Listed:
    """An episode as `meta` lists it: its number, steps, tasks, and the file that its steps lie in."""

    number: int
    file: str
    length: int | None
    tasks: tuple[str, ...]
    split: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """What `meta` says; see `layout`."""

    version: str
    rate: float
    features: tuple[Feature, ...]
    episodes: tuple[Listed, ...]
    tasks: Mapping[int, str] = field(default_factory=dict)

    def named(self, begin: str) -> list[Feature]:
        """Features of numbers whose names begin so."""
        return [one for one in self.features if one.name.startswith(begin) and one.is_numbers]


def is_layout(folder: Path) -> bool:
    """Has a folder the facts that LeRobot writes?"""
    return folder.is_dir() and (folder / INFO).is_file()


def layout(folder: Path, access: Access) -> Layout:
    """The facts of a data set; DataError where they are damaged, or name a file outside of the folder."""
    info = _loaded(folder, INFO, access)
    try:
        features = tuple(_feature(name, about) for name, about in info["features"].items())
        version, rate = str(info.get("codebase_version", "")), float(info.get("fps") or 0)
        splits = _splits(info.get("splits"))
        chunks, template = int(info.get("chunks_size") or 1000), str(info.get("data_path") or "")
        new = version.startswith("v3") or "{file_index" in template
        rows = list(_new(folder, access) if new else _old(folder, access, int(info.get("total_episodes") or 0)))
        listed = tuple(_listed(row, folder, template or (NEW if new else OLD), chunks, splits, access) for row in rows)
        return Layout(version, rate, features, listed, dict(_tasks(folder, access)))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as cause:
        raise _broken(INFO, f"{type(cause).__name__}: {cause}") from cause


def _feature(name: str, about: Mapping[str, Any]) -> Feature:
    shape = tuple(int(one) for one in about.get("shape") or (1,))
    return Feature(str(name), str(about.get("dtype", "")), shape, _flat_names(about.get("names")))


def _flat_names(names: Any) -> tuple[str, ...]:
    """The names of a feature's numbers, which are a list, a list in a list, or the values of a mapping."""
    if isinstance(names, Mapping):  # {"motors": [...]}, or {"x": 0, "y": 1}
        inner = [one for value in names.values() if isinstance(value, list) for one in _flat_names(value)]
        return tuple(inner) or tuple(str(name) for name in names)
    if isinstance(names, list):
        return tuple(name for one in names for name in (_flat_names(one) if isinstance(one, list) else (str(one),)))
    return ()


def _splits(said: Any) -> list[tuple[range, str]]:
    """Numbers of episodes by part; [] where there is but one part."""
    found: list[tuple[range, str]] = []
    for name, numbers in said.items() if isinstance(said, Mapping) else ():
        begin, _, end = str(numbers).partition(":")
        part = split_of(str(name))
        if part is not None and begin.strip().isdecimal() and end.strip().isdecimal():
            found.append((range(int(begin), int(end)), part))
    return found if len({part for _, part in found}) > 1 else []


def _listed(
    row: Mapping[str, Any], folder: Path, template: str, chunks: int, splits: Sequence[tuple[range, str]],
    access: Access,
) -> Listed:  # fmt: skip
    number = int(row["episode_index"])
    values = {
        "episode_index": number, "episode_chunk": number // chunks,
        "chunk_index": int(row.get("data/chunk_index") or 0), "file_index": int(row.get("data/file_index") or 0),
    }  # fmt: skip
    length, tasks = row.get("length"), row.get("tasks")
    split = next((part for numbers, part in splits if number in numbers), None)
    several = tasks if isinstance(tasks, list) else [tasks] if isinstance(tasks, str) else []
    return Listed(number, _file(folder, template, values, access), None if length is None else int(length),
                  tuple(map(str, several)), split)  # fmt: skip


def _file(folder: Path, template: str, values: Mapping[str, int], access: Access) -> str:
    """The file that a template names; DataError for one outside of the folder, or a template with unknown fields."""
    named = _FIELD.sub(lambda found: f"{values[found[1]]:0{found[2] or 0}d}" if found[1] in values else found[0],
                       template)  # fmt: skip
    path = PurePosixPath(named.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
    if "{" in named or len(named) > _LONGEST or outside or not may_read(folder / path, folder, access):
        raise DataError(881, "the recording leads out of itself", where=INFO, found=f"data_path {template}",
                        expected=f"a file below the folder, such as {OLD}",
                        fix=f"correct data_path in {INFO}")  # fmt: skip
    return str(path)


def _new(folder: Path, access: Access) -> Iterator[dict[str, Any]]:
    """The rows of `meta/episodes/*/*.parquet`, without the statistics in them."""
    files = sorted((folder / _EPISODES).glob("*/*.parquet"))
    if not files:
        raise _broken(_EPISODES, "no Parquet file")
    for path in files:
        _check(path, folder, access)
        columns = parquet.header(path, access.budget).columns
        wanted = [name for name in ("episode_index", "length", "tasks", "data/chunk_index", "data/file_index")
                  if name in columns]  # fmt: skip
        yield from parquet.rows(path, access.budget, wanted)


def _old(folder: Path, access: Access, total: int) -> Iterator[dict[str, Any]]:
    """The lines of `meta/episodes.jsonl`; without them the episodes are numbered."""
    if (folder / "meta/episodes.jsonl").is_file():
        yield from _lines(folder, "meta/episodes.jsonl", access)
        return
    access.budget.check_rows(total, (folder / INFO).stat().st_size, INFO)
    yield from ({"episode_index": number} for number in range(total))


def _tasks(folder: Path, access: Access) -> Iterator[tuple[int, str]]:
    """The tasks in words, by number."""
    table = folder / "meta/tasks.parquet"
    if table.is_file():
        _check(table, folder, access)
        rows: Iterator[dict[str, Any]] = parquet.rows(table, access.budget)
    else:
        rows = _lines(folder, "meta/tasks.jsonl", access) if (folder / "meta/tasks.jsonl").is_file() else iter(())
    for row in rows:
        words = row.get("task", row.get("__index_level_0__"))
        if isinstance(row.get("task_index"), int) and isinstance(words, str):
            yield row["task_index"], words


def _lines(folder: Path, name: str, access: Access) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_read(folder, name, access).splitlines(), 1):
        if line.strip():
            found = _parsed(line, f"{name}:{number}", access)
            if not isinstance(found, dict):
                raise _broken(f"{name}:{number}", str(found)[:60])
            yield found


def _loaded(folder: Path, name: str, access: Access) -> Mapping[str, Any]:
    found = _parsed(_read(folder, name, access), name, access)
    if not isinstance(found, Mapping) or not isinstance(found.get("features"), Mapping):
        raise _broken(name, "no features")
    return found


def _read(folder: Path, name: str, access: Access) -> str:
    path = folder / name
    _check(path, folder, access)
    try:
        return json_text.text(path, name, access.budget)
    except (OSError, ValueError) as cause:
        raise _broken(name, str(cause)) from cause


def _parsed(text: str, where: str, access: Access) -> Any:
    try:
        return json_text.loads(text, where, access.budget)
    except (ValueError, RecursionError) as cause:
        raise _broken(where, str(cause)) from cause


def _check(path: Path, folder: Path, access: Access) -> None:
    """DataError for a link that leads out of the folder."""
    if not may_read(path, folder, access):
        raise DataError(385, "a link leads out of the source", where=path, found=path.resolve(),
                        fix="pass --follow, or put a copy in its place")  # fmt: skip


def _broken(where: str, found: str) -> DataError:
    return DataError(880, "the recording cannot be read", where=where, found=found, fix=_FIX)
