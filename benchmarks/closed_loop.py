"""How often imitators succeed when they act, from few demonstrations: pretrained against scratch.

    python benchmarks/closed_loop.py CartPole-v1,Acrobot-v1 0,1,2 >> closed_loop.jsonl    # environments and seeds
    python benchmarks/closed_loop.py --table closed_loop.jsonl

The third word picks arms: `scratch,actions`. Every arm but `linear` (in closed form) is the same network, an mlp on the
observation now, trained for the same steps on the same demonstrations; all act from the same 100 starts. `scratch`
begins at random; `states` from an autoencoder of the states of 50 episodes of a worse controller (random in every
second step), without actions; `actions` from a model that imitates these episodes, which itself is the line `worse`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import headstart as hs
from demonstrations import demonstrated

BUDGETS, EPISODES, WORSE, STEPS = (5, 20, 100), 100, 50, 300
FORM = {"modality.window": 1, "modality.horizon": 1}
NETWORK = {
    "backbone.kind": "mlp", "backbone.widths": (64, 64), "backbone.activation": "gelu",
    "backbone.last_activation": True, "backbone.dropout": 0.1,
}  # fmt: skip
QUIET = {"augment.noise": 0.0, "plan.weight_decay": 0.01, "plan.batch": 128, "task.answers": "model"}
ARMS = ("linear", "scratch", "states", "actions")


def measured(name: str, seed: int, arms: Sequence[str]) -> None:
    """A line a cell."""
    best, worse = demonstrated(name, max(BUDGETS), 2 * seed), demonstrated(name, WORSE, 2 * seed + 1, random=0.5)
    with TemporaryDirectory() as place:
        home, common = Path(place), {"seed": seed, "steps": STEPS}
        other = hs.finetune({"train": worse}, start="scratch", task="imitate", out=home / "actions",
                            settings={**FORM, **NETWORK, **QUIET}, **common)  # fmt: skip
        if "states" in arms:
            hs.pretrain({"train": worse}, objective="autoencoder", out=home / "states",
                    settings={**FORM, **NETWORK, "objective.noise": 0.1, "modality.kind": "trajectory"},
                    **common)  # fmt: skip
        acted(name, seed, "worse", WORSE, other, best)
        for arm in arms:
            for budget in BUDGETS:
                start = home / arm if (home / arm).exists() else "scratch"
                network = {"linear": {**FORM, "backbone.kind": "linear"}, "scratch": {**FORM, **NETWORK}}.get(arm, {})
                limits = {"seed": seed} if arm == "linear" else common
                model = hs.finetune({"train": best[:budget]}, start=start, task="imitate",
                                    tuning="auto" if arm == "linear" else "full", out=home / f"{arm}-{budget}",
                                    settings={**network, **QUIET}, **limits)  # fmt: skip
                acted(name, seed, arm, budget, model, best)


def acted(
    name: str, seed: int, arm: str, budget: int, model: Any, demonstrations: Any, episodes: int = EPISODES
) -> None:
    """Let a model act, and print what came of every episode."""
    found = hs.rollout(model, demonstrations, environment=name, episodes=episodes, seed=seed)
    line = {
        "environment": name, "seed": seed, "arm": arm, "demonstrations": budget, "rule": found.rule, **found.scores,
        "returns": [round(one.total, 3) for one in found.episodes], "said": [one.said for one in found.episodes],
        "p50": found.latency.p50, "p99": found.latency.p99,
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def table(path: Path) -> None:
    """Success over all episodes with Wilson's interval, mean returns, and success against scratch, paired by seed: the
    interval is that of the t distribution over seeds."""
    from headstart.evaluation.shares import wilson

    cells: dict[Any, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for line in map(json.loads, path.read_text().splitlines()):
        cells[line["environment"], line["demonstrations"], line["arm"]][line["seed"]] = line
    for (name, budget, arm), lines in cells.items():
        share = float(np.mean([line["success"] for line in lines.values()]))
        low, high = wilson(share, sum(len(line["returns"]) for line in lines.values()))
        total = np.mean([line["return"] for line in lines.values()])
        shares = " ".join(f"{line['success']:.2f}" for line in lines.values())
        said = (
            f"{name:25} {budget:4} {arm:20} success {share:.3f} [{low:.3f}, {high:.3f}] ({shares}) return {total:.1f}"
        )
        against = cells.get((name, budget, "scratch"), {})
        both = sorted(set(lines) & set(against)) if arm != "scratch" else []
        print(said, *[_paired([lines[seed]["success"] - against[seed]["success"] for seed in both])][: bool(both)])


def _paired(differences: list[float]) -> str:
    from scipy.stats import t

    values, count = np.array(differences), len(differences)
    half = t.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5 if count > 1 else float("nan")
    return f" against scratch {values.mean():+.3f} +- {half:.3f}"


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        table(Path(sys.argv[2]))
    else:
        for seed in map(int, sys.argv[2].split(",")):
            for name in sys.argv[1].split(","):
                measured(name, seed, ARMS if len(sys.argv) < 4 else sys.argv[3].split(","))
