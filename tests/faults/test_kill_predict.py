"""kill -9 in the middle of `predict --out` or `embed --out` leaves no file that looks whole."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from tests.helpers.programs import environment

ROWS = 60_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = tmp_path_factory.mktemp("model")
    texts = [f"the {word} number {number} is here" for number in range(60) for word in ("disk", "wifi")]
    labels = ["hw", "net"] * 60
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        return hs.finetune((texts, labels), start="scratch", backbone="linear", out=place / "m")


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "name"), [("predict", "a.csv"), ("predict", "a.jsonl"), ("embed", "a.npy")])
def test_a_killed_command_leaves_nothing_that_looks_whole(model: Any, tmp_path: Path, verb: str, name: str) -> None:
    inputs, out = tmp_path / "in.txt", tmp_path / "out" / name
    inputs.write_text("".join(f"the disk number {number} is here\n" for number in range(ROWS)))
    words = [sys.executable, "-W", "ignore", "-m", "headstart", verb, str(model.path), str(inputs), "--out", str(out)]
    child = subprocess.Popen([*words, "--quiet"], env=environment())
    last = time.monotonic() + 120
    while not list((tmp_path / "out").glob(f".{name}.*")) and time.monotonic() < last and child.poll() is None:
        time.sleep(0.02)
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "the command ended before it could be killed"
    assert not out.exists()
    assert list((tmp_path / "out").iterdir()), "it was killed before it wrote"
    subprocess.run([*words, "--quiet"], env=environment(), check=True, capture_output=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    assert rows_of(out) == ROWS


def rows_of(path: Path) -> int:
    """How many answers a file holds; their order is that of the inputs."""
    if path.suffix == ".npy":
        return len(np.load(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file)) if path.suffix == ".csv" else [json.loads(line) for line in file]
    assert [row["origin"] for row in rows] == [f"in.txt:{number + 1}" for number in range(len(rows))]
    return len(rows)
