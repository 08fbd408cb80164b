"""kill -9 at random moments: the same command again ends with the same weights, bit for bit."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart.cli import run as command
from tests.helpers.faults.cases import CASES, TABLES, preparing, write_tables
from tests.helpers.faults.killing import digest, finish, kill_again_and_again, said, start

Record = Callable[[str, object], None]
FAMILY = "autoencoder-mlp"
STEPPED = [name for name, case in CASES.items() if case.stepped]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the models lie that runs start from, the tables, and the cache."""
    return tmp_path_factory.mktemp("killed")


@pytest.fixture(scope="module")
def tables(place: Path) -> Path:
    write_tables(place)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        assert [command(preparing(place, name)) for name in TABLES] == [0] * len(TABLES)
    return place


def words(name: str, place: Path) -> list[str]:
    return CASES[name].words(place, steps=CASES[name].steps, save=5)


def start_of(name: str, place: Path) -> None:
    """Make the models that a case starts or learns from."""
    for needed in CASES[name].needed:
        made = place / needed
        if not made.exists():
            finish([*CASES[needed].words(place, steps=20), "--out", str(made)], made, place / "cache")


@pytest.fixture(scope="module")
def uninterrupted(place: Path) -> str:
    """Digest of the autoencoder that nobody killed."""
    return finish([*words(FAMILY, place), "--out", str(place / "whole")], place / "whole", place / "cache")


def test_three_kills_leave_no_trace_in_the_weights(uninterrupted: str, place: Path, tmp_path: Path) -> None:
    found = kill_again_and_again(words(FAMILY, place), tmp_path, place / "cache", kills=3, seed=3)
    assert found.after_the_first_step >= 0.6
    assert set(found.digests) == {uninterrupted}


@pytest.mark.slow
def test_a_hundred_runs_that_were_killed_once_end_equal(
    uninterrupted: str, place: Path, tmp_path: Path, record_property: Record
) -> None:
    found = kill_again_and_again(words(FAMILY, place), tmp_path, place / "cache", kills=100, seed=0, apiece=1)
    record_property("equal", f"{found.digests.count(uninterrupted)} of {len(found.digests)}")
    record_property("kills", f"{len(found.steps)}, {found.after_the_first_step:.0%} after step 0")
    assert found.after_the_first_step >= 0.7
    assert found.while_saving >= 5
    assert len(found.digests) >= 100
    assert set(found.digests) == {uninterrupted}


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPPED)
def test_twenty_kills_of_every_kind_of_training(
    name: str, tables: Path, tmp_path: Path, record_property: Record
) -> None:
    start_of(name, tables)
    cache = tables / "cache"
    whole = finish([*words(name, tables), "--out", str(tmp_path / "whole")], tmp_path / "whole", cache)
    found = kill_again_and_again(words(name, tables), tmp_path / "killed", cache, kills=20, seed=1, apiece=4)
    record_property("equal", f"{found.digests.count(whole)} of {len(found.digests)}")
    record_property("kills", f"{len(found.steps)}, {found.after_the_first_step:.0%} after step 0")
    assert found.after_the_first_step >= 0.7
    assert len(found.digests) >= 5
    assert set(found.digests) == {whole}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.stepped])
def test_kills_of_what_is_solved_in_one_pass(name: str, tables: Path, tmp_path: Path) -> None:
    start_of(name, tables)
    cache = tables / "cache"
    arguments, began = CASES[name].words(tables), time.monotonic()
    whole = finish([*arguments, "--out", str(tmp_path / "whole")], tmp_path / "whole", cache)
    generator, seconds, kills = random.Random(5), time.monotonic() - began, 0
    for _ in range(10):
        process = start([*arguments, "--out", str(tmp_path / "killed")], cache)
        process.join(generator.uniform(0, seconds))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills >= 2
    assert finish([*arguments, "--out", str(tmp_path / "killed")], tmp_path / "killed", cache) == whole
    assert digest(tmp_path / "killed") == whole


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["optimizer", "step", "random", "data"])
def test_negative_control_a_forgetful_resume_is_found_out(place: Path, tmp_path: Path, fault: str) -> None:
    arguments, cache = words(FAMILY, place), place / "cache"
    whole = finish([*arguments, "--out", str(tmp_path / "whole")], tmp_path / "whole", cache, fault)
    again = finish([*arguments, "--out", str(tmp_path / "again")], tmp_path / "again", cache, fault)
    assert whole == again  # the fault shows in resumed runs alone
    found = kill_again_and_again(arguments, tmp_path, cache, kills=6, seed=4, fault=fault)
    assert whole not in found.digests


@pytest.mark.slow
def test_negative_control_saving_in_place_loses_runs(uninterrupted: str, place: Path, tmp_path: Path) -> None:
    arguments = [*words(FAMILY, place), "plan.save=1"]
    found = kill_again_and_again(arguments, tmp_path, place / "cache", kills=12, seed=6, fault="in place", apiece=1)
    assert found.refused >= 1, said(place / "cache")
