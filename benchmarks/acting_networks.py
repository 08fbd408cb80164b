"""Which network acts best where demonstrations are few: the linear default, or an mlp, regularised so or so.

    python benchmarks/acting_networks.py CartPole-v1 10 >> acting_networks.jsonl    # an environment and a seed
    python benchmarks/closed_loop.py --table acting_networks.jsonl

`now` reads and says one step; `windows` leaves both at their defaults. `mlp` is what the task advises, `noise` the same
with a noise of .3 on what it reads; `bold` has neither noise nor dropout and little weight decay, `mild` lies between.
The third and fourth word pick arms and numbers of demonstrations: `now-linear,now-mlp 5,20`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import headstart as hs
from closed_loop import FORM, acted
from demonstrations import demonstrated

BUDGETS, EPISODES = (5, 20, 100), 50
LINEAR, MLP = {"backbone.kind": "linear"}, {"backbone.kind": "mlp"}
BOLD = {**MLP, "backbone.dropout": 0.0, "augment.noise": 0.0, "plan.weight_decay": 0.01}
NOISE = {**MLP, "augment.noise": 0.3}
MILD = {**MLP, "backbone.dropout": 0.1, "augment.noise": 0.05, "plan.weight_decay": 0.1}
ARMS: dict[str, dict[str, Any]] = {
    "now-linear": {**FORM, **LINEAR}, "now-mlp": {**FORM, **MLP}, "now-noise": {**FORM, **NOISE},
    "now-mild": {**FORM, **MILD}, "now-bold": {**FORM, **BOLD}, "windows-linear": LINEAR, "windows-mlp": MLP,
}  # fmt: skip


def measured(name: str, seed: int, arms: Sequence[str], budgets: Sequence[int]) -> None:
    """A line a cell."""
    best = demonstrated(name, max(budgets), 2 * seed)
    with TemporaryDirectory() as place:
        for arm in arms:
            for budget in budgets:
                out, told = Path(place) / f"{arm}-{budget}", {**ARMS[arm], "task.answers": "model"}
                model = hs.finetune({"train": best[:budget]}, start="scratch", task="imitate", seed=seed, out=out,
                                    settings=told)  # fmt: skip
                acted(name, seed, arm, budget, model, best, EPISODES)


if __name__ == "__main__":
    named, counts = [*sys.argv[3:], "", ""][:2]
    picked, few = (
        named.split(",") if named else list(ARMS),
        [int(one) for one in counts.split(",")] if counts else BUDGETS,
    )
    measured(sys.argv[1], int(sys.argv[2]), picked, few)
