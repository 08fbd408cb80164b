"""SIGINT and SIGTERM save and say so; a directory has one writer at a time."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from killing import newest, start

LONG = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", "--quiet", "--steps", "100000",
        "backbone.widths=[8]", "plan.batch=8", "plan.save=5"]  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signalled") / "cache"


def running(folder: Path, cache: Path) -> BaseProcess:
    """A run that has saved its first checkpoint and has hours to go."""
    process = start([*LONG, "--out", str(folder)], cache)
    while process.is_alive() and newest(folder) == 0:
        time.sleep(0.002)
    assert process.is_alive(), Path(f"{cache}.stderr").read_text()
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_its_code_and_a_saved_state(
    number: signal.Signals, code: int, cache: Path, tmp_path: Path
) -> None:
    process = running(tmp_path, cache)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(20)
    assert process.exitcode == code
    said = Path(f"{cache}.stderr").read_text()
    assert f"interrupted by {number.name}, state saved" in said
    assert "Traceback" not in said
    assert newest(tmp_path) > 0


def test_a_second_run_in_the_same_directory_is_told_who_works_there(cache: Path, tmp_path: Path) -> None:
    first = running(tmp_path, cache)
    second = start([*LONG, "--out", str(tmp_path)], cache)
    second.join(20)
    try:
        assert second.exitcode == 75
        assert f"pid {first.pid} on " in Path(f"{cache}.stderr").read_text()
        assert first.is_alive()
    finally:
        first.kill()
        first.join()
    third = running(tmp_path, cache)  # the dead one's lock is taken over
    third.kill()
    third.join()
