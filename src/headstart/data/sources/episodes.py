"""Recorded episodes as arrays: .npz files, folders of .npz or .npy files, and what a program holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import Steps, episode
from headstart.data.opening import arrays
from headstart.data.opening.archives import Zip, unpacked_members
from headstart.data.reading import recordings
from headstart.data.reading.accounts import counted, some
from headstart.data.reading.parts import split_of
from headstart.data.records import example_of

_LARGEST = 1 << 32  # bytes of the arrays of one file, which is read as a whole


class Episodes:
    """Observations and actions, and what else recordings have beside them, found by their usual names.

    A .npz holds one episode, several one behind the other (cut where `terminals`, `timeouts`, `dones`, `episode_ends`
    or a number of the episode says so, as in D4RL), or an axis of episodes [E, T, ...]. In a folder every .npz is such
    a file, in train/, valid/ and test/ of that part; a folder of .npy files called like the arrays is one recording. A
    program gives one mapping, or a list of them. One observation more than actions, as gymnasium records, is left out.
    """

    form: ClassVar = "rows"
    order: ClassVar = -1

    def __init__(self, given: Any, access: Access) -> None:
        self._given, self._access = given, access
        self._names: tuple[str, ...] = _names(given, access) if isinstance(given, Path) else ()

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, Path):
            return bool(_names(given, access))
        several = given if isinstance(given, list | tuple) else (given,)
        return len(several) > 0 and all(map(recordings.is_episode, several))

    def account(self) -> Account:
        unit = next((unit for _, _, unit in self._units() if not isinstance(unit, DataError)), {})
        used = [Used(what=f"arrays {some(recordings.observations(unit))}", role="observations"),
                Used(what=f"arrays {some(recordings.actions(unit))}", role="actions")]  # fmt: skip
        if isinstance(self._given, Path) and self._given.is_dir():
            used.insert(0, Used(what=counted(len(self._names), "file")))
        return Account(used=tuple(used), unused=tuple(recordings.unused(unit)))

    def examples(self) -> Iterator[dict[str, Any]]:
        for origin, split, steps in self._steps():
            try:
                made: dict[str, Any] = steps if isinstance(steps, dict) else episode(
                    replace(steps, discrete=self._choices), origin
                )  # fmt: skip
            except DataError as error:
                made = {"input": error, "origin": origin}
            yield made | example_of(made["input"], made["origin"], split=split)

    def _steps(self) -> Iterator[tuple[str, str | None, Steps | dict[str, Any]]]:
        for origin, split, unit in self._units():
            try:
                if isinstance(unit, DataError):
                    raise unit
                for each, steps in recordings.episodes(unit, origin):
                    yield each, split, steps
            except DataError as error:
                yield origin, split, {"input": error, "origin": origin}

    @cached_property
    def _choices(self) -> int:
        return recordings.discrete(steps for _, _, steps in self._steps() if isinstance(steps, Steps))

    def _units(self) -> Iterator[tuple[str, str | None, recordings.Unit | DataError]]:
        """Every recording with its origin and its part."""
        if not isinstance(self._given, Path):
            several = self._given if isinstance(self._given, list | tuple) else (self._given,)
            for place, unit in enumerate(several):
                yield f"episode {place}", None, unit
        elif self._given.is_dir() and _is_npy(self._names[0]):
            yield self._given.name, None, self._opened(self._given, self._names)
        else:
            for name in self._names:
                path = self._given / name if self._given.is_dir() else self._given
                yield name, split_of(PurePosixPath(name).parts[0]), self._opened(path, ())

    def _opened(self, path: Path, names: Sequence[str]) -> recordings.Unit | DataError:
        """The arrays of a file, or of the .npy files of a folder."""
        try:
            if names:
                return {PurePosixPath(name).stem: arrays.mapped(path / name) for name in names}
            return _arrays(path, self._access)
        except arrays.UNREADABLE as cause:
            found = str(cause).rstrip(".") or type(cause).__name__
            return DataError(880, "the recording cannot be read", where=path.name, found=found,
                             fix="save it again with numpy.savez, or prepare with --skip-bad")  # fmt: skip
        except DataError as error:
            return error


def _arrays(path: Path, access: Access) -> dict[str, np.ndarray]:
    with Zip(path, access.budget) as archive:
        names = list(unpacked_members(archive, path, access.budget))
        size = sum(info.file_size for info in archive.infolist())
        if size > _LARGEST:
            raise ValueError(f"arrays of {size:,} bytes, where {_LARGEST:,} are read")
        return {name.removesuffix(".npy"): arrays.member(archive, name) for name in names}


def _is_npy(name: str) -> bool:
    return name.lower().endswith(".npy")


def _names(path: Path, access: Access) -> tuple[str, ...]:
    """The files of a recording: itself, or those of a folder; () for what is none."""
    if path.is_file():
        return (path.name,) if path.suffix.lower() == ".npz" and _is_recording(path, access) else ()
    if not path.is_dir():
        return ()
    names = recordings.files_of(path, access)
    endings = {PurePosixPath(name).suffix.lower() for name in names}
    if endings == {".npy"} and all("/" not in name for name in names):
        return tuple(names) if recordings.is_recording(PurePosixPath(name).stem for name in names) else ()
    return tuple(names) if endings == {".npz"} and _is_recording(path / names[0], access) else ()


def _is_recording(path: Path, access: Access) -> bool:
    try:
        with Zip(path, access.budget) as archive:
            return recordings.is_recording(name.removesuffix(".npy") for name in archive.namelist())
    except (DataError, *arrays.UNREADABLE):
        return False
