"""A directory that takes the place of another one: whenever that is cut off, the old or the new one is whole."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.core import swap


def test_nothing_is_left_of_what_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model").write_text("old")
    with pytest.raises(FileNotFoundError), swap.made_aside(tmp_path / "out") as aside:
        (aside / "absent").unlink()
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "model").read_text() == "old"


def test_the_new_one_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with swap.made_aside(tmp_path / "out") as aside:
            (aside / "model").write_text(text)
        assert [one.name for one in tmp_path.iterdir()] == ["out"]
        assert (tmp_path / "out" / "model").read_text() == text


def test_what_killed_processes_left_is_removed_and_what_living_ones_write_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f"out.partial-{platform.node()}-{pid}" for pid in (dead.pid, os.getppid())]
    for name in (*names, "out.partial-elsewhere-1"):
        (tmp_path / name).mkdir()
    with swap.made_aside(tmp_path / "out"):
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["out", names[1], "out.partial-elsewhere-1"])


def test_a_disk_that_cannot_swap_names_loses_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, aside = tmp_path / "run", tmp_path / "aside"
    for place, text in ((path, "old"), (aside, "new")):
        place.mkdir()
        (place / "model").write_text(text)

    def refused(one: Path, other: Path) -> None:
        raise OSError("cannot swap")

    def killed(self: Path, to: Path) -> Path:
        if self == aside:
            raise KeyboardInterrupt
        return Path(os.rename(self, to) or to)

    monkeypatch.setattr(swap, "exchange", refused)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            swap.take_place(aside, path)
    assert not path.exists()
    swap.restore(path)
    assert (path / "model").read_text() == "old"
    swap.take_place(aside, path)
    assert (path / "model").read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_a_run_killed_while_the_one_it_replaced_is_removed_is_not_mistaken_for_what_is_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, aside = tmp_path / "run", swap.aside_of(tmp_path / "run")
    for place, text in ((path, "old"), (aside, "new")):
        place.mkdir(parents=True)
        (place / "model").write_text(text)
    with monkeypatch.context() as patched:
        patched.setattr(swap.shutil, "rmtree", lambda *given, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            swap.take_place(aside, path)
    assert not aside.exists()
    swap.tidy(path)
    assert (path / "model").read_text() == "new"
    assert sorted(one.name for one in tmp_path.iterdir()) == [".run.new", "run"]
