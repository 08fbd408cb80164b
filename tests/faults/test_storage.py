"""The n-th write fails: the command says 74, and the same command again ends as if nothing had happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from killing import digest

from headstart.cli import run

RUN = ["pretrain", "digits", "--backbone", "mlp", "--objective", "autoencoder", "--quiet", "--steps", "12",
       "backbone.widths=[8]", "plan.save=4"]  # fmt: skip


def fail_at(monkeypatch: pytest.MonkeyPatch, call: str, n: int) -> Callable[[], int]:
    """From now on the n-th call of os.fsync or Path.replace raises "no space left"; returns a counter of calls."""
    home = os if call == "fsync" else Path
    sound, calls = vars(home)[call], [0]

    def failing(*arguments: object) -> object:
        calls[0] += 1
        if calls[0] == n:
            raise OSError(28, "No space left on device", str(arguments[0]))
        return sound(*arguments)

    monkeypatch.setattr(home, call, failing)
    return lambda: calls[0]


@pytest.fixture
def whole(tmp_path: Path) -> str:
    assert run([*RUN, "--out", str(tmp_path / "whole")]) == 0
    return digest(tmp_path / "whole")


def check_every(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    whole: str,
    call: str,
    places: range,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for n in places:
        arguments = [*RUN, "--out", str(folder / f"{call}{n}")]
        with monkeypatch.context() as patched:
            calls = fail_at(patched, call, n)
            code = run(arguments)
            if calls() < n:
                assert code == 0
                return
        assert code == 74
        said = capsys.readouterr().err
        assert "No space left" in said
        assert "Traceback" not in said
        assert run(arguments) == 0
        assert digest(folder / f"{call}{n}") == whole
        assert run(["verify", str(folder / f"{call}{n}")]) == 0


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_few_writes_that_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whole: str, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_every(monkeypatch, tmp_path, whole, call, range(1, 12, 5), capsys)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_every_single_write_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whole: str, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_every(monkeypatch, tmp_path, whole, call, range(1, 200), capsys)
