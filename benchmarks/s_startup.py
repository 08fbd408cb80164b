"""Row S: start-up in fresh processes: help, import, first training step, and what peers take to be imported."""

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

STEP = """
import numpy as np, torch
import headstart as hs
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.batches import Batches
from headstart.data.store import Store
from headstart.models.backbones.mlp import Mlp
from headstart.training.objectives.autoencoder import Autoencoder
store = Store.open({store!r})
batches = Batches(store, store.rows("train"), store.modality, batch=64)
backbone = Mlp(store.modality.spec, widths=(128, 64, 2))
objective = Autoencoder(backbone, batches.sample(), Augment(store.modality, shift=0))
next(hs.train(hs.Trainee(backbone, objective), batches, hs.Plan(steps=1, batch=64)))
"""
PREPARE = """
import numpy as np
from headstart.data.prepare import prepare
prepare(np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8), {store!r}, split="train=1.0")
"""
HELP = "import sys; from headstart.cli import run; sys.exit(run(['--help']))"
PEERS = {
    "transformers Trainer": "from transformers import Trainer",
    "lightning": "import lightning",
    "fastai": "from fastai.vision.all import *",
    "lightly_train": "import lightly_train",
    "timm": "import timm",
}


def seconds(code: str) -> tuple[float, float]:
    """Wall and processor seconds of a fresh interpreter that runs the code."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True)
    wall, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def measure(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Every start-up once a round, in turn; a first round warms the disk cache and is left out."""
    store = str(Path(tempfile.mkdtemp()) / "store")
    subprocess.run([sys.executable, "-c", PREPARE.format(store=store)], check=True)
    codes = {
        "python alone": "pass", "headstart --help": HELP, "import headstart": "import headstart",
        "import torch": "import torch", "first training step": STEP.format(store=store), **PEERS,
    }  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in codes}
    for turn in range(rounds + 1):
        for name, code in codes.items():
            taken = seconds(code)
            if turn:
                found[name].append(taken)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    found = measure(given.rounds)
    median = {name: tuple(statistics.median(side) for side in zip(*rows, strict=True)) for name, rows in found.items()}
    step = statistics.median(
        a[0] - b[0] for a, b in zip(found["first training step"], found["import torch"], strict=True)
    )
    work = median["first training step"][1] - median["import torch"][1]
    # the goals are for a quiet machine: processor time is what one would wait there
    goals = {
        "headstart --help < 0.3 s": median["headstart --help"][1] < 0.3,
        "import headstart <= 0.2 s": median["import headstart"][1] <= 0.2,
        "first step <= torch + 1.5 s": work <= 1.5,
    }
    if given.json:
        named = {name: {"wall": wall, "processor": used} for name, (wall, used) in median.items()}
        over = {"wall": step, "processor": work}
        print(json.dumps({"row": "S", "seconds": named, "first_step_over_torch": over, "goals": goals}, indent=1))
        return
    print(f"{'S start-up':<24}{'wall s (min-max)':>22}{'processor s':>14}")
    for name, rows in found.items():
        walls = [row[0] for row in rows]
        spread = f"{median[name][0]:.2f} ({min(walls):.2f}-{max(walls):.2f})"
        print(f"{name:<24}{spread:>22}{median[name][1]:>14.2f}")
    print(f"first step over torch: {step:.2f} s by the wall, {work:.2f} s by the processor")
    print(", ".join(f"{name}: {'reached' if ok else 'missed'}" for name, ok in goals.items()))


if __name__ == "__main__":
    main()
