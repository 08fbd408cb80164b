"""How often imitators succeed in gymnasium, from few demonstrations, pretrained against scratch.

    python benchmarks/closed_loop.py CartPole-v1 0 >> closed_loop.jsonl    # an environment and a seed
    python benchmarks/closed_loop.py --table closed_loop.jsonl

Every arm is the same network (an mlp on the observation now), trained for the same steps on the same demonstrations,
and acts from the same 100 starts. `scratch` begins at random; `autoencoder` from the states of 100 episodes of a worse
controller (random in every second step), without actions; `imitating` from a model that imitates that controller.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import headstart as hs
from demonstrations import demonstrated

BUDGETS, EPISODES, WORSE, STEPS = (5, 20, 100), 100, 100, 400
FORM = {"modality.window": 1, "modality.horizon": 1}
ARMS = ("scratch", "imitating", "autoencoder")


def measured(name: str, seed: int) -> None:
    """A line a cell."""
    best, worse = demonstrated(name, max(BUDGETS), 2 * seed), demonstrated(name, WORSE, 2 * seed + 1, random=0.5)
    with TemporaryDirectory() as place:
        home, common = Path(place), {"seed": seed, "steps": STEPS}
        other = hs.finetune({"train": worse}, start="scratch", task="imitate", out=home / "imitating",
                            settings={**FORM, "backbone.kind": "mlp", "task.answers": "model"}, **common)  # fmt: skip
        hs.pretrain({"train": worse}, objective="autoencoder", out=home / "autoencoder",
                    settings={**FORM, "backbone.kind": "mlp", "objective.noise": 0.1, "modality.kind": "trajectory"},
                    **common)  # fmt: skip
        told(name, seed, "worse controller", WORSE, hs.rollout(other, best, environment=name, episodes=EPISODES))
        for arm in ARMS:
            for budget in BUDGETS:
                fresh = arm == "scratch"
                network = {**FORM, "backbone.kind": "mlp"} if fresh else {}  # else those of the start
                start, settings = "scratch" if fresh else home / arm, {**network, "task.answers": "model"}
                model = hs.finetune({"train": best[:budget]}, start=start, task="imitate", tuning="full",
                                    out=home / f"{arm}-{budget}", settings=settings, **common)  # fmt: skip
                found = hs.rollout(model, best, environment=name, episodes=EPISODES, seed=seed)
                told(name, seed, arm, budget, found)


def told(name: str, seed: int, arm: str, budget: int, found: Any) -> None:
    line = {"environment": name, "seed": seed, "arm": arm, "demonstrations": budget, "rule": found.rule,
            **found.scores, "p50": found.latency.p50, "p99": found.latency.p99}  # fmt: skip
    print(json.dumps(line), flush=True)


def table(path: Path) -> None:
    """Means over seeds; the interval is that of the t distribution over them."""
    from scipy.stats import t

    cells: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for line in map(json.loads, path.read_text().splitlines()):
        cells[line["environment"], line["demonstrations"], line["arm"]].append(line)
    for key, lines in cells.items():
        said = []
        for score in ("success", "return"):
            values = np.array([line[score] for line in lines if score in line])
            if len(values):
                half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0
                said.append(f"{score} {values.mean():.3f} +- {half:.3f}")
        print(*key, *said, f"({len(lines)} seeds)", sep="  ")


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        table(Path(sys.argv[2]))
    else:
        measured(sys.argv[1], int(sys.argv[2]))
