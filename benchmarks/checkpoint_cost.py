"""What saving costs: the share of a run's time that goes into checkpoints at the default interval.

    taskset -c 1 python benchmarks/checkpoint_cost.py [--seconds 70] [--width 192]

A vision transformer on noise of 32 x 32 learns for that long with the default `plan.save`; every call of
`checkpoint.save` is timed. The rule is at most 5 %.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from headstart.assemble import pretraining
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.evaluation.validation import look_at_objective
from headstart.inference.predictor import Predictor
from headstart.training.run import checkpoint
from headstart.training.run.run import Run


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--seconds", type=float, default=70.0)
    reader.add_argument("--width", type=int, default=192)
    asked = reader.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), asked.seconds, asked.width)


def report(folder: Path, seconds: float, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 32, 32, 3), dtype=np.uint8)
    store = prepare(pixels, folder / "data", near="keep")
    settings = {"backbone.kind": "vit", "backbone.width": width, "objective.kind": "masked", "plan.batch": 32}
    recipe = override(Recipe(verb="pretrain"), {**settings, "plan.minutes": seconds / 60})
    parts = pretraining(recipe, store, device="cpu")
    spent, sound = list[float](), checkpoint.save

    def timed(*arguments: object) -> None:
        began = time.perf_counter()
        sound(*arguments)  # pyright: ignore[reportArgumentType]
        spent.append(time.perf_counter() - began)

    checkpoint.save = timed
    began = time.perf_counter()
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    with Run(parts.trainee, parts.batches, parts.plan, folder=folder / "run") as run:
        for _ in run:
            if run.look_due:
                look_at_objective(run, parts, predictor)
            run.save()
    outcome = run.outcome
    took = time.perf_counter() - began
    weighs = sum(path.stat().st_size for path in (folder / "run" / "last").glob("*")) / 2 / 2**20
    share = sum(spent) / took
    print(f"{outcome.steps} steps in {took:.1f} s, {len(spent)} checkpoints of {weighs:.1f} MiB")
    print(f"{sum(spent):.2f} s of saving, {100 * share:.2f} % of the run: {'good' if share <= 0.05 else 'TOO MUCH'}")


if __name__ == "__main__":
    main()
