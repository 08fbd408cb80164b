"""Progress outside of a terminal: a line that stays."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from headstart.commands.common import progress, progress_line
from headstart.commands.common.progress_line import Line


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the lines see, as a list of one number."""
    now = [0.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_every_few_seconds_and_the_last_one(clock: list[float]) -> None:
    stream = io.StringIO()
    line = Line(stream, updates=False)
    for clock[0] in range(25):
        line.show(f"step {clock[0]}")
    line.close()
    assert stream.getvalue().splitlines() == ["step 10 0:10", "step 20 0:20", "step 24 0:24"]


def test_a_notebook_updates_one_line_which_stays(clock: list[float]) -> None:
    stream = io.StringIO()
    line = Line(stream, updates=True)
    for clock[0] in (1, 2):
        line.show("100 rows" if clock[0] == 1 else "2 rows")
    line.close()
    assert stream.getvalue() == "\r100 rows 0:01\r2 rows 0:02  \n"


def test_work_of_which_nothing_was_told_writes_nothing(clock: list[float]) -> None:
    stream = io.StringIO()
    Line(stream, updates=True).close()
    assert not stream.getvalue()


def test_a_bar_outside_of_a_terminal_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    done: Any = SimpleNamespace(done=1.0, rows=100, seconds=2.0)
    with progress.bar("pretrain mlp", quiet=False) as draw:
        draw(done, {"loss": 0.25, "step": 7.0})
    told = re.sub(r"\d+\.\d GB", "N GB", str(capsys.readouterr().err))
    assert told == "pretrain mlp: 100% 50 rows/s N GB loss 0.25 0:00\n"


def test_a_count_has_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counter("predict", quiet=False) as draw:
        draw(1234)
    assert capsys.readouterr().err == "predict: 1,234 rows 0:00\n"


def test_nothing_is_written_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.bar("a", quiet=True) as draw, progress.counter("b", quiet=True) as count:
        draw(SimpleNamespace(done=1.0, rows=1, seconds=1.0), {})  # pyright: ignore[reportArgumentType]
        count(3)
    assert not capsys.readouterr().err


def test_gain_draws_its_table_as_models_come(capsys: pytest.CaptureFixture[str]) -> None:
    metric: Any = SimpleNamespace(of=lambda rows: sum(rows) / len(rows))
    with progress.cell_bar(4, quiet=False) as draw:
        for seed in (0, 1):
            for arm, rows in (("pretrained", [1, 1]), ("scratch", [1, seed])):
                draw(SimpleNamespace(arm=arm, labels=20, seed=seed, metric=metric, row_scores=rows))  # pyright: ignore
    *lines, last = str(capsys.readouterr().err).splitlines()
    assert [line.split() for line in lines] == [
        ["labels", "seed", "pretrained", "scratch"], ["20", "0", "1.000", "0.500"], ["20", "1", "1.000", "1.000"],
    ]  # fmt: skip
    assert last.startswith("gain: 100% 4 of 4 models")


def test_a_line_tells_the_time_that_is_left(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with progress.counter("a", quiet=False), progress._shown("work", 4.0) as show:
        clock[0] = 30.0
        show(1.0, "1 of 4")
    assert "work: 25% 1:30 left 1 of 4 0:30" in str(capsys.readouterr().err)
