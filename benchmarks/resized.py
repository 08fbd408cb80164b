"""Does progressive resizing pay? The same processor time at one size, or most of it at a smaller one.

    python benchmarks/resized.py DATA --out runs/resized --backbone cnn --side 32 --small 16 --minutes 4 --seeds 2

DATA holds folders `train` and `test`. A network from scratch learns to classify for so many processor minutes at SIDE,
or for a share of them (60 %) at a smaller size, at a constant rate, and for the rest at SIDE. How many updates that are
is measured first, so that a busy machine changes nothing. Prints one line of JSON a run.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from headstart.assemble import Parts, finetuning
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe
from headstart.evaluation.evaluate import scored_rows
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.models import artifact


def learned(data: str, start: str, side: int, steps: int, seed: int, network: str, **plan: Any) -> tuple[Parts, float]:
    """One run, and the processor seconds it took."""
    recipe = Recipe(
        verb="finetune", seed=seed, start=start, modality={"size": side}, augment={"flip": True},
        backbone={"kind": network} if start == "scratch" else {}, tuning={"kind": "full"},
        plan={"steps": steps, "check": 0.2, **plan},
    )  # fmt: skip
    parts, began = finetuning(recipe, data, device="cpu"), time.process_time()
    learn_task(parts, Predictor(parts.modality, parts.trainee))
    return parts, time.process_time() - began


def pace(data: str, side: int, network: str) -> float:
    """Processor seconds of one update."""
    few, many = (learned(data, "scratch", side, steps, 0, network)[1] for steps in (10, 50))
    return (many - few) / 40


def keep(parts: Parts, place: Path) -> str:
    """The model as a start."""
    backbone, head = parts.trainee.backbone, parts.trainee.objective
    facts = {"weights": artifact.weights_digest(backbone, head), "lineage": [], "data": {"source": []}}
    seen, modality = np.empty(0, np.uint64), parts.modality
    artifact.save(
        place, config=parts.config(), backbone=backbone, head=head, modality=modality, facts=facts, seen=seen
    )  # fmt: skip
    artifact.seal(place)
    return str(place)


def accuracy(parts: Parts) -> float:
    """Of the test rows."""
    predictor, rows = Predictor(parts.modality, parts.trainee), scored_rows(Task, parts.store, "test")
    return predictor.task.score(predictor.answers(parts.store, rows), parts.store.examples_of(rows))["accuracy"]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--backbone", default="cnn")
    options.add_argument("--side", type=int, default=32)
    options.add_argument("--small", type=int, nargs="+", default=[16])
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--share", type=float, default=0.6)
    options.add_argument("--seeds", type=int, default=2)
    said = options.parse_args()
    data, network, total = said.data, said.backbone, said.minutes * 60
    costs = {side: pace(data, side, network) for side in (said.side, *said.small)}
    print(json.dumps({"seconds an update": costs}), flush=True)
    for seed in range(said.seeds):
        for small in (*said.small, None):
            spent, start, steps = 0.0, "scratch", [round(total / costs[said.side])]
            if small is not None:
                steps = [round(said.share * total / costs[small]), round((1 - said.share) * steps[0])]
                parts, spent = learned(data, "scratch", small, steps[0], seed, network, schedule="constant")
                start = keep(parts, said.out / f"{small}-{seed}")
            parts, more = learned(data, start, said.side, steps[-1], seed, network)
            found = {"small": small, "seed": seed, "steps": steps, "seconds": round(spent + more)}
            print(json.dumps({**found, "accuracy": round(accuracy(parts), 4)}), flush=True)


if __name__ == "__main__":
    main()
