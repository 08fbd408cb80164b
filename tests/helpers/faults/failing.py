"""The n-th call that changes a disk fails: open for writing, write (after half of it), fsync, rename, mkdir."""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(slots=True)
class Disk:
    """Counts the calls that concern a folder; the `fails_at`-th raises "no space left". 0: none does."""

    folder: Path
    fails_at: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return 0 < self.fails_at <= len(self.calls)

    def tick(self, call: str, where: Any) -> bool:
        """Is this the call that fails?"""
        place = f"/proc/self/fd/{where}" if isinstance(where, int) else os.fspath(where)
        place = os.path.realpath(place) if isinstance(where, int) else os.path.abspath(place)
        if not str(place).startswith(f"{self.folder}{os.sep}"):
            return False
        self.calls.append(f"{call} {place}")
        return len(self.calls) == self.fails_at


class _File:
    """A file opened for writing whose n-th write puts half of its content down and fails."""

    def __init__(self, file: Any, disk: Disk, path: Any) -> None:
        self._file, self._disk, self._path = file, disk, path

    def write(self, content: Any) -> int:
        if self._disk.tick("write", self._path):
            self._file.write(content[: len(content) // 2])
            self._file.flush()
            raise full(self._path)
        return self._file.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *what: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)


def full(path: Any) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@contextmanager
def failing_at(folder: Path, n: int) -> Iterator[Disk]:
    """Inside, the n-th change of anything below the folder fails, in this process."""
    disk = Disk(folder.resolve(), n)
    with pytest.MonkeyPatch.context() as patched:
        opener = _opening(builtins.open, disk)
        patched.setattr(builtins, "open", opener)
        patched.setattr(io, "open", opener)
        for call in ("fsync", "replace", "rename", "mkdir"):
            patched.setattr(os, call, _failing(call, vars(os)[call], disk))
        yield disk


def _opening(sound: Callable[..., Any], disk: Disk) -> Callable[..., Any]:
    def opened(path: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if isinstance(path, int) or not set(mode) & set("wax+"):
            return sound(path, mode, *arguments, **options)
        if disk.tick("open", path):
            raise full(path)
        return _File(sound(path, mode, *arguments, **options), disk, path)

    return opened


def _failing(call: str, sound: Callable[..., Any], disk: Disk) -> Callable[..., Any]:
    def called(*arguments: Any, **options: Any) -> Any:
        if disk.tick(call, arguments[-1] if call in ("replace", "rename") else arguments[0]):
            raise full(arguments[0])
        return sound(*arguments, **options)

    return called


def in_place(path: Path, content: bytes) -> None:
    """The control: what `write_whole` would be without the file aside."""
    with path.open("wb") as file:
        file.write(content)


@contextmanager
def writing_in_place() -> Iterator[None]:
    """Inside, every module writes its files in place."""
    from headstart.core.files import write_whole

    users = [module for name, module in sys.modules.items() if name.startswith("headstart.")]
    with pytest.MonkeyPatch.context() as patched:
        for module in users:
            if vars(module).get("write_whole") is write_whole:
                patched.setattr(module, "write_whole", in_place)
        yield


def broken_files(folder: Path) -> list[str]:
    """Files without a leading dot that are not whole: JSON, safetensors, TOML and parquet must parse."""
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path, folder)
            and not _parses(path)]  # fmt: skip


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") or ".partial-" in part for part in path.relative_to(folder).parts)


def _parses(path: Path) -> bool:
    import json
    import tomllib

    from pyarrow import ArrowInvalid, parquet
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        if path.suffix == ".json":
            content = path.read_bytes()
            json.loads(content.partition(b"\n")[2] if path.parent.name == "last" else content)
        elif path.suffix == ".jsonl":
            [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        elif path.suffix == ".safetensors":
            load(path.read_bytes())
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text("utf-8"))
        elif path.suffix == ".parquet":
            parquet.read_table(path)
        elif path.suffix == ".html":
            return path.read_text("utf-8").rstrip().endswith("</html>")
    except (ValueError, SafetensorError, ArrowInvalid, tomllib.TOMLDecodeError):
        return False
    return path.stat().st_size > 0 or path.name in ("seen.bin",)
