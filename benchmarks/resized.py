"""Does progressive resizing pay? The same processor time at one size, or most of it at a smaller one.

    python benchmarks/resized.py DATA --out runs/resized --backbone cnn --side 32 --small 16 24 --minutes 4 --seeds 2

DATA holds `train` and `test` folders. A network from scratch learns the task for so many processor minutes at SIDE, or
for a share of them (60 %) at a smaller size, at a constant rate, and for the rest at SIDE. The number of updates that
fit is measured first, so that a busy machine changes nothing. Prints one line of JSON a run.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import headstart

COMMON = {"augment.flip": True}


def stage(data: str, out: Path, start: str, side: int, steps: int, seed: int, network: str, **more: Any) -> float:
    """One run; the processor seconds it took."""
    began = time.process_time()
    settings = {"modality.size": side, **COMMON, **more}
    backbone = network if start == "scratch" else None
    headstart.finetune(
        data, start=start, out=out, backbone=backbone, tuning="full", steps=steps, seed=seed, settings=settings,
        device="cpu", overwrite=True,
    )  # fmt: skip
    return time.process_time() - began


def pace(data: str, out: Path, side: int, network: str) -> float:
    """Processor seconds of one update."""
    _, few, many = (stage(data, out / "pace", "scratch", side, steps, 0, network) for steps in (20, 20, 140))
    return (many - few) / 120


def accuracy(out: Path) -> float:
    """Of the test rows."""
    facts = json.loads((out / "headstart.json").read_text("utf-8"))
    return float(facts["scores"]["accuracy"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--backbone", default="cnn")
    options.add_argument("--side", type=int, default=32)
    options.add_argument("--small", type=int, nargs="+", default=[16, 24])
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--share", type=float, default=0.6)
    options.add_argument("--seeds", type=int, default=2)
    said = options.parse_args()
    network, total = said.backbone, said.minutes * 60
    costs = {side: pace(said.data, said.out, side, network) for side in (said.side, *said.small)}
    print(json.dumps({"seconds an update": costs}), flush=True)
    for seed in range(said.seeds):
        for small in (None, *said.small):
            place, spent, start = said.out / f"{small}-{seed}", 0.0, "scratch"
            steps = [round(total / costs[said.side])]
            if small is not None:
                first = round(said.share * total / costs[small])
                start, steps = str(place / "small"), [first, round((1 - said.share) * steps[0])]
                constant = {"plan.schedule": "constant", "plan.warmup": 0.05}
                spent = stage(said.data, place / "small", "scratch", small, first, seed, network, **constant)
            warmup = {} if small is None else {"plan.warmup": 0.05}
            spent += stage(said.data, place / "last", start, said.side, steps[-1], seed, network, **warmup)
            found = {"small": small, "seed": seed, "steps": steps, "seconds": round(spent)}
            print(json.dumps({**found, "accuracy": accuracy(place / "last")}), flush=True)


if __name__ == "__main__":
    main()
