"""A directory has one writer at a time; the lock of a dead one binds nobody."""

from __future__ import annotations

import os
import platform
import signal
import time
from pathlib import Path

import pytest

from headstart.core.errors import BusyError
from headstart.core.recipe import Recipe
from headstart.core.rundir import claim
from tests.helpers.faults.killing import LONG, newest, running, start


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("locked") / "cache"


def test_a_second_run_is_told_at_once_who_works_there(cache: Path, tmp_path: Path) -> None:
    first = running(tmp_path, cache)
    try:
        began = time.monotonic()
        with pytest.raises(BusyError) as refused, claim(tmp_path, Recipe(verb="pretrain")):
            pass
        assert time.monotonic() - began < 1
        assert f"pid {first.pid} on {platform.node()} since {time.strftime('%Y-')}" in str(refused.value)
        second = start([*LONG, "--out", str(tmp_path)], cache)
        second.join(20)
        assert second.exitcode == 75
        assert "Traceback" not in Path(f"{cache}.stderr").read_text()
        assert first.is_alive()
    finally:
        first.kill()
        first.join()


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_the_lock_of_a_killed_run_is_taken_over_without_cleaning(times: int, cache: Path, tmp_path: Path) -> None:
    for _ in range(times):
        process = running(tmp_path, cache, least=newest(tmp_path) + 1)
        process.kill()
        process.join()
        assert str(process.pid) in (tmp_path / ".lock").read_text()


def test_a_forked_child_of_a_killed_run_does_not_hold_its_lock(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = running(folder, cache, "helper")
    helper = int((tmp_path / "helper").read_text())
    try:
        first.kill()
        first.join()
        os.kill(helper, 0)  # it lives
        second = running(folder, cache, least=newest(folder) + 1)
        second.kill()
        second.join()
    finally:
        os.kill(helper, signal.SIGKILL)
