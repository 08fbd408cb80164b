"""Recorded episodes in HDF5: as robomimic, Minari and D4RL lay them out, or one file an episode."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import Steps, episode, is_picture
from headstart.data.opening import hdf5, json_text
from headstart.data.reading import recordings
from headstart.data.reading.accounts import counted, some
from headstart.data.reading.parts import split_of
from headstart.data.records import example_of

_ENDINGS = (".hdf5", ".h5", ".hdf")
_LEVELS = 2  # groups above those of episodes: `data/demo_0`
_PARTS = "mask"  # the group in which robomimic names the demonstrations of each part


class Hdf5:
    """Every group with observations and actions is an episode, or several one behind the other.

    `data/demo_N/{obs, actions, rewards}` (robomimic), `episode_N/{observations, actions}` (Minari), `observations`,
    `actions`, `terminals` in the file itself (D4RL), or `observations/qpos` and `action` in one file an episode
    (ALOHA). Groups are in the order of their numbers. Pictures are left out. robomimic's `mask/train` and `mask/valid`
    say which part a demonstration is of, and `control_freq` of its `env_args` how many steps a second has.
    """

    form: ClassVar = "rows"
    order: ClassVar = -1

    def __init__(self, path: Path, access: Access) -> None:
        self.path, self._access = path, access
        self._files = _files(path, access)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and bool(_files(given, access))

    def account(self) -> Account:
        unit: dict[str, Any] = {}
        for _, _, tree, _ in self._groups():
            if not isinstance(tree, DataError):
                unit = _read(tree, "", None)  # while the file is open
                break
        used = [Used(what=f"arrays {some(recordings.observations(unit))}", role="observations"),
                Used(what=f"arrays {some(recordings.actions(unit))}", role="actions")]  # fmt: skip
        if len(self._files) > 1:
            used.insert(0, Used(what=counted(len(self._files), "file")))
        return Account(used=tuple(used), unused=tuple(recordings.unused(unit)))

    def examples(self) -> Iterator[dict[str, Any]]:
        for origin, split, steps in self._steps():
            try:
                if isinstance(steps, DataError):
                    raise steps
                made = episode(replace(steps, discrete=self._choices), origin)
            except DataError as error:
                made = {"input": error, "origin": origin}
            yield made | example_of(made["input"], origin, split=split)

    @cached_property
    def _choices(self) -> int:
        return recordings.discrete(steps for _, _, steps in self._steps() if isinstance(steps, Steps))

    def _steps(self) -> Iterator[tuple[str, str | None, Steps | DataError]]:
        for origin, split, tree, rate in self._groups():
            try:
                if isinstance(tree, DataError):
                    raise tree
                for each, steps in recordings.episodes(_read(tree, origin, self._access), origin):
                    yield each, split, replace(steps, rate=steps.rate or rate)
            except DataError as error:
                yield origin, split, error

    def _groups(self) -> Iterator[tuple[str, str | None, Mapping[str, Any] | DataError, float]]:
        """Every recording, not read, with its origin, its part, and its steps a second."""
        for name in self._files:
            path = self.path / name if self.path.is_dir() else self.path
            part = split_of(PurePosixPath(name).parts[0]) if "/" in name else None
            try:
                with hdf5.opened(path) as file:
                    tree = hdf5.tree(file, name)
                    found = list(_recordings(tree, ""))
                    if not found:
                        raise DataError(882, "no observations of numbers, or no actions", where=name,
                                        found="arrays " + some([one[1:] for one, _ in recordings.flat("", tree)]),
                                        fix="call them `observations` and `actions`")  # fmt: skip
                    masks, rate = _masks(tree, name, self._access), _rate(file, self._access)
                    for place, one in found:
                        yield f"{name}{place and '/'}{place}", masks.get(PurePosixPath(place).name, part), one, rate
            except DataError as error:
                yield name, part, error, 0.0


def _recordings(tree: Mapping[str, Any], place: str, level: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The recordings below a group, in the order of their numbers."""
    if recordings.is_recording(tree):
        yield place, tree
    elif level < _LEVELS:
        for name in sorted(tree, key=_numbered):
            if isinstance(tree[name], Mapping) and name != _PARTS:
                yield from _recordings(tree[name], f"{place}{place and '/'}{name}", level + 1)


def _numbered(name: str) -> list[Any]:
    """A key by which demo_10 comes behind demo_9."""
    return [(int(piece), "") if piece.isdecimal() and len(piece) < 19 else (-1, piece)
            for piece in re.split(r"(\d+)", name)]  # fmt: skip


def _read(tree: Mapping[str, Any], where: str, access: Access | None) -> dict[str, Any]:
    """The arrays of numbers of a recording, read within the budget; without one as empty arrays of their shape, for an
    account. Pictures are never read."""
    found: dict[str, Any] = {}
    for name, one in tree.items():
        if isinstance(one, Mapping):
            found[name] = _read(one, f"{where}/{name}", access)
        elif is_picture(one.shape, one.dtype) or access is None:
            found[name] = np.broadcast_to(np.zeros((), np.uint8 if one.dtype.hasobject else one.dtype), one.shape)
        elif one.dtype.kind in "biuf":
            found[name] = hdf5.array(one, f"{where}, {name}", access.budget)
    return found


def _masks(tree: Mapping[str, Any], where: str, access: Access) -> dict[str, str]:
    """The part of each demonstration that robomimic's mask names."""
    found: dict[str, str] = {}
    mask = tree.get(_PARTS)
    for name, one in mask.items() if isinstance(mask, Mapping) else ():
        part = split_of(name)
        if part is not None and not isinstance(one, Mapping) and one.dtype.kind == "S":
            found |= {bytes(each).decode("utf-8", "replace"): part
                      for each in hdf5.array(one, f"{where}, mask/{name}", access.budget).reshape(-1)}  # fmt: skip
    return found


def _rate(file: Any, access: Access) -> float:
    """Steps a second, as robomimic's `env_args` say; 0 where they do not."""
    said = hdf5.attributes(file["data"]).get("env_args") if "data" in file and hdf5.is_group(file["data"]) else None
    try:
        return float(json_text.loads(str(said), "env_args", access.budget)["env_kwargs"]["control_freq"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0.0


def _files(path: Path, access: Access) -> tuple[str, ...]:
    """The HDF5 files: itself, or all below a folder that holds nothing else; () for anything else."""
    if path.is_file():
        return (path.name,) if path.suffix.lower() in _ENDINGS or hdf5.is_hdf5(path) else ()
    if not path.is_dir():
        return ()
    names = recordings.files_of(path, access)
    if not names or not all(name.lower().endswith(_ENDINGS) for name in names):
        return ()
    return tuple(sorted(names, key=_numbered))
