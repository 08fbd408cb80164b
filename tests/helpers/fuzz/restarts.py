"""A worker that is started again behind an input that crashed it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.helpers.programs import environment, program

WORKER = program("fuzz.worker")


def many(name: str, place: Path, count: int, seed: int, worker: tuple[str, ...] = WORKER) -> dict[str, Any]:
    """What a worker reports; after a crash of native code another goes on behind the input that made it."""
    whole: dict[str, Any] = {"read": 0, "refused": 0, "bad": [], "slowest": 0.0, "grown": 0}
    begin = 0
    while begin < count:
        words = [name, str(count - begin), str(seed), str(place), str(begin)]
        done = subprocess.run(
            [*worker, *words], capture_output=True, text=True, errors="replace", check=False, env=environment()
        )
        if done.returncode == 0:
            found = json.loads(done.stdout.splitlines()[-1])
            whole |= {key: whole[key] + found[key] for key in ("read", "refused", "bad")}
            whole |= {key: max(whole[key], found[key]) for key in ("slowest", "grown")}
            return whole
        number, _, data = (place / "input").read_bytes().partition(b"\n")
        whole["bad"].append(f"process ended with {done.returncode} at input {int(number)}: {done.stderr[-2000:]}")
        (place / f"crash-{int(number)}").write_bytes(data)
        begin = int(number) + 1
    return whole
