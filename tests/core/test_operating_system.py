"""The parts that differ between systems: those of Windows are tried with stand-ins for what only Windows has."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from headstart.core import operating_system
from headstart.core.errors import BusyError, UsageError
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim

EVERYTHING = """
import importlib, pkgutil, sys
sys.modules.update(fcntl=None, resource=None)
import headstart
for module in pkgutil.walk_packages(headstart.__path__, "headstart."):
    importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("headstart.")]))
"""


def test_every_module_imports_without_what_windows_lacks() -> None:
    shown = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, check=True).stdout
    assert int(shown) > 250


def windows(monkeypatch: pytest.MonkeyPatch, *, locked: bool = False) -> list[tuple[int, int]]:
    """Windows, as far as locks go; gives the places (offset, bytes) that were locked."""
    places: list[tuple[int, int]] = []

    def locking(handle: int, mode: int, count: int) -> None:
        places.append((os.lseek(handle, 0, os.SEEK_CUR), count))
        if locked:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))  # pyright: ignore[reportArgumentType]
    monkeypatch.setitem(sys.modules, "fcntl", None)  # pyright: ignore[reportArgumentType]
    return places


def test_a_run_directory_is_locked_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = windows(monkeypatch)
    with claim(tmp_path, Recipe()):
        assert (tmp_path / ".lock").read_text().startswith(f"pid {os.getpid()} on ")
    assert places == [(1 << 30, 1)]
    assert (tmp_path / ".lock").stat().st_size < 200


def test_a_locked_run_directory_is_refused_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with claim(tmp_path, Recipe()):
        windows(monkeypatch, locked=True)
        with pytest.raises(BusyError, match=f"pid {os.getpid()}"), claim(tmp_path, Recipe()):
            raise AssertionError("two runs in one directory")


def test_nothing_is_flushed_that_windows_cannot_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("a")
    windows(monkeypatch)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a folder was opened"))
    operating_system.flush(tmp_path)


def test_pickles_are_converted_on_linux_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.models.public.converting import convert

    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="HS-U569"):
        convert(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_there_is_a_usable_core_everywhere(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert operating_system.usable_cores() >= 1


def test_a_process_is_alive_until_it_ends() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert operating_system.is_alive(process.pid)
    process.communicate(b"\n")
    assert not operating_system.is_alive(process.pid)
