"""SIGINT and SIGTERM at any moment: saved where there is something to save, one line, and the rerun ends equal."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.helpers.faults.killing import LONG, SHORT, finish, newest, ready, running, start
from tests.helpers.sentences import sentences

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
PHASES = ("before", "step", "save", "finish", "any")
SLOWLY = [pytest.param(n, marks=pytest.mark.slow) for n in range(2, 30)]
both_signals = pytest.mark.parametrize("number", list(CODES), ids=lambda number: number.name)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signalled") / "cache"


@pytest.fixture(scope="module")
def whole(cache: Path) -> str:
    return finish([*SHORT, "--out", str(cache.parent / "whole")], cache.parent / "whole", cache)


def send(process: BaseProcess, number: int) -> None:
    assert process.pid is not None
    if process.is_alive():
        os.kill(process.pid, number)


def await_phase(phase: str, process: BaseProcess, folder: Path, generator: random.Random) -> None:
    """Wait for a random moment before training, at a step, while saving, while finishing, or at all."""
    if phase in ("step", "save"):
        target = generator.randrange(5, 250)
        while process.is_alive() and newest(folder) < target:
            time.sleep(0.001)
    while phase == "finish" and process.is_alive() and not (folder / "history.jsonl").exists():
        time.sleep(0.001)
    longest = {"before": 0.15, "step": 0.02, "save": 0.1, "finish": 0.12, "any": 1.0}[phase]
    process.join(generator.uniform(0, longest))


@both_signals
@pytest.mark.parametrize("seed", [0, 1, *SLOWLY])
def test_a_signal_at_a_random_moment_loses_nothing(
    number: signal.Signals, seed: int, whole: str, cache: Path, tmp_path: Path
) -> None:
    phase = PHASES[(seed + (number == signal.SIGTERM) * 2) % len(PHASES)]
    log, words = Path(f"{cache}.stderr"), [*SHORT, "--out", str(tmp_path / "run")]
    before = log.stat().st_size
    process = start(words, cache, "slow saves" if phase == "save" else "")
    ready(process, cache)
    await_phase(phase, process, tmp_path / "run", random.Random(seed))
    send(process, number)
    process.join(20)
    told = log.read_bytes()[before:].decode()
    errors = [line for line in told.splitlines() if line.startswith("error")]
    # once the command's exit code is decided, a signal ends the process as it would end any other
    assert process.exitcode in (CODES[number], 0, -number), told
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert len(errors) == (process.exitcode == CODES[number])
    assert finish(words, tmp_path / "run", cache) == whole


@both_signals
def test_a_signal_ends_a_run_with_its_code_and_a_saved_state(
    number: signal.Signals, cache: Path, tmp_path: Path
) -> None:
    process = running(tmp_path, cache)
    send(process, number)
    process.join(20)
    assert process.exitcode == CODES[number]
    assert f"interrupted by {number.name}, state saved" in Path(f"{cache}.stderr").read_text()
    assert newest(tmp_path) > 0


def test_a_second_ctrl_c_ends_a_long_step_within_a_second(cache: Path, tmp_path: Path) -> None:
    words = [*LONG, "--out", str(tmp_path), "plan.save=1"]
    running_slowly = start(words, cache, "slow steps")
    while newest(tmp_path) == 0:
        time.sleep(0.01)
    send(running_slowly, signal.SIGINT)
    running_slowly.join(0.3)
    assert running_slowly.is_alive()  # the step takes three seconds
    began = time.monotonic()
    send(running_slowly, signal.SIGINT)
    running_slowly.join(20)
    assert time.monotonic() - began < 1
    assert running_slowly.exitcode == 130
    process = start(words, cache)
    step = newest(tmp_path)
    while process.is_alive() and newest(tmp_path) <= step:
        time.sleep(0.01)
    assert newest(tmp_path) > step >= 1
    process.kill()
    process.join()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough sentences to be busy with them for a while."""
    path = tmp_path_factory.mktemp("many") / "table.csv"
    texts, topics = sentences(3000)
    with path.open("w", newline="", encoding="utf-8") as file:
        numbered = [(f"{text} {n}", topic) for n in range(10) for text, topic in zip(texts, topics, strict=True)]
        csv.writer(file).writerows([("text", "topic"), *numbered])
    return path


@pytest.mark.parametrize("delay", [0.0, *[pytest.param(n / 3, marks=pytest.mark.slow) for n in range(1, 9)]])
def test_sigterm_ends_a_preparation_in_one_line_and_leaves_nothing(delay: float, table: Path, tmp_path: Path) -> None:
    words = ["prepare", str(table), "--out", str(tmp_path / "data"), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "headstart.cli", *words], stderr=subprocess.PIPE)
    while process.poll() is None and not list(tmp_path.glob("data.partial-*")):
        time.sleep(0.005)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=20)[1].decode()
    assert (process.returncode, told.count("\n")) in [(143, 1), (0, 0), (-15, 0)], told
    assert "Traceback" not in told
    left = [path.name for path in tmp_path.iterdir()]
    assert left == ([] if process.returncode == 143 else ["data"])


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.5, 1, 1.5, 2, 2.5, 3, 4])
def test_sigterm_while_things_are_imported_or_scored(delay: float, whole: str, cache: Path, tmp_path: Path) -> None:
    words = ["finetune", "digits", "--from", str(cache.parent / "whole"), "--labels", "300", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "headstart.cli", *words, "--out", str(tmp_path / "tuned")], stderr=subprocess.PIPE
    )
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=20)[1].decode()
    assert (process.returncode, told.count("\n")) in [(143, 1), (0, 0), (-15, 0)], told
    assert "Traceback" not in told
