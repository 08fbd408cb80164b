"""Row S, first line: seconds from the start of a command to the first line that it prints, in fresh processes."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXTS = "".join(f"the {word} number {n} is broken today,{team}\n" for n in range(200)
                for word, team in (("disk", "hw"), ("wifi", "net")))  # fmt: skip


def commands(place: Path) -> dict[str, list[str]]:
    """A command line a verb, in an order in which each finds what it needs."""
    data, model, tuned = str(place / "t.csv"), str(place / "model"), str(place / "tuned")
    out = ["--out", str(place / "fresh")]
    return {
        "--help": ["--help"], "list": ["list", "tasks"], "doctor": ["doctor"],
        "prepare": ["prepare", data, *out], "prepare --dry-run": ["prepare", data, "--dry-run"],
        "pretrain": ["pretrain", data, *out], "finetune": ["finetune", data, "--from", model, *out],
        "rank": ["rank", data, "--minutes", "0.1", *out], "auto": ["auto", data, "--minutes", "0.1", *out],
        "gain": ["gain", data, "--from", model, "--labels", "20", "--seeds", "1", *out],
        "evaluate": ["evaluate", tuned, data], "predict": ["predict", tuned, data],
        "embed": ["embed", model, data, "--out", str(place / "v.npy")], "show": ["show", tuned],
        "verify": ["verify", tuned],
    }  # fmt: skip


def first_line(words: list[str], environment: dict[str, str]) -> float:
    """Seconds until a line is on stdout or stderr; the command is then ended."""
    read, write = os.pipe()
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-m", "headstart", *words], stdout=write, stderr=write,
                             env=environment)  # fmt: skip
    os.close(write)
    with os.fdopen(read, "rb") as lines:
        line = lines.readline()
        passed = time.perf_counter() - began
        child.kill()
        child.wait()
    if not line or line.startswith(b"error"):
        raise SystemExit(f"{' '.join(words)}: {line.decode() or 'nothing was printed'}")
    return passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "t.csv").write_text(f"text,label\n{TEXTS}")
        environment = {**os.environ, "HEADSTART_CACHE": str(place / "cache")}
        data, model, tuned = (str(place / name) for name in ("t.csv", "model", "tuned"))
        learn = ["pretrain", data, "backbone.width=16", "--out", model]
        for words in (learn, ["finetune", data, "--from", model, "--out", tuned]):
            made = [sys.executable, "-m", "headstart", *words, "--quiet"]
            subprocess.run(made, check=True, env=environment, capture_output=True)
        found: dict[str, list[float]] = {}
        for _ in range(given.rounds):
            for name, words in commands(place).items():
                found.setdefault(name, []).append(first_line(words, environment))
                subprocess.run(["rm", "-rf", str(place / "fresh")], check=True)
    median = {name: statistics.median(times) for name, times in found.items()}
    if given.json:
        print(json.dumps({"row": "S first line", "seconds": median}, indent=1))
        return
    for name, value in median.items():
        print(f"| `{name}` | {value:.1f} ({min(found[name]):.1f}-{max(found[name]):.1f}) |")


if __name__ == "__main__":
    main()
