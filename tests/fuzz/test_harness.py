"""The harness itself: it must notice a reader that crashes, hangs, writes, grows or says nonsense."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart.core.errors import DataError, InternalError
from tests.helpers.fuzz import subjects
from tests.helpers.fuzz.harness import PATIENCE, Seed, Subject, fuzzed, inputs
from tests.helpers.fuzz.restarts import many


def refuses(path: Path) -> None:
    if path.read_bytes() != b"sound":
        raise DataError(105, "broken", where=path.name)


def crashes(path: Path) -> None:
    if b"\xff" in path.read_bytes():
        raise IndexError("off by one")


def works(path: Path) -> None:
    data = path.read_bytes()
    while b"\xff" in data:
        pass


def waits(path: Path) -> None:
    while b"\xff" in path.read_bytes():
        time.sleep(0.01)


def writes(path: Path) -> None:
    (path.parent.parent / "outside").write_bytes(b"")


def litters(path: Path) -> None:
    (path.parent / "unpacked").write_bytes(b"")


def gives_up(path: Path) -> None:
    raise InternalError(9, "did not expect this")


def leaves(path: Path) -> None:
    raise SystemExit


def run(read: Callable[[Path], object], place: Path, count: int = 60, patience: float = PATIENCE) -> list[str]:
    toy = Subject("toy", (Seed("a", b"sound"),), read)
    return fuzzed(toy, place, count=count, longest=0.2, patience=patience).bad


def test_a_reader_that_refuses_is_well(tmp_path: Path) -> None:
    assert run(refuses, tmp_path) == []


@pytest.mark.parametrize(
    ("read", "said"),
    [(crashes, "IndexError"), (writes, "wrote ['outside']"), (litters, "wrote ['unpacked']"),
     (gives_up, "bad message"), (leaves, "SystemExit")],
)  # fmt: skip
def test_a_reader_that_fails_is_caught(read: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    assert any(said in line for line in run(read, tmp_path))


@pytest.mark.parametrize(("hangs", "patience"), [(works, PATIENCE), (waits, 0.2)])
def test_a_reader_that_hangs_is_caught_in_time(
    hangs: Callable[[Path], object], patience: float, tmp_path: Path
) -> None:
    began, wall = time.process_time(), time.monotonic()
    assert any("hang" in line for line in run(hangs, tmp_path, 20, patience))
    assert time.process_time() - began < 10
    assert time.monotonic() - wall < 2 * PATIENCE


ABORTS = """
import json, os, sys
name, count, seed, folder, begin = sys.argv[1:]
if begin == "0":
    open(f"{folder}/input", "wb").write(b"3\\nevil")
    os.abort()
print(json.dumps({"read": int(count), "refused": 0, "bad": [], "slowest": 0.1, "grown": 7}))
"""


def test_a_crash_of_native_code_is_caught_and_the_rest_is_still_fuzzed(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(ABORTS)
    found = many("toy", tmp_path, 10, 0, (sys.executable, str(tmp_path / "worker.py")))
    assert len(found["bad"]) == 1
    assert "ended with -6 at input 3" in found["bad"][0]
    assert (tmp_path / "crash-3").read_bytes() == b"evil"
    assert found["read"] == 6


def test_the_same_number_makes_the_same_input() -> None:
    subject = subjects.subject("source csv")
    first, again = (list(inputs(subject, 50, seed=1)) for _ in range(2))
    assert first == again
    assert [data for _, _, data in inputs(subject, 1, seed=1, begin=7)] == [first[7][2]]
    assert len({data for _, _, data in first}) > 40
