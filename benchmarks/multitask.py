"""Several targets on one network against a network for each: the same rows, steps and seeds, paired intervals.

    python benchmarks/multitask.py SET FOLDER [--rows 1000] [--seeds 3] [--steps 400] [--weighing plain]

SET is california (value of houses, nearness of the ocean), adult (income, hours a week) or clinc (intent, its domain),
FOLDER holds the files of the set. `weighing` is how losses are added: plain, their mean, what
headstart does; scaled, each divided by its value when nothing is known; uncertainty, weights that are learned (Kendall
et al., CVPR 2018, equation 7, a log variance a target).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import torch

import headstart as hs
from headstart.core.contracts import Step
from headstart.core.contracts.metric import Metric
from headstart.evaluation.intervals import arm_interval, gain_interval
from headstart.training.tasks.multitask.multitask import Multitask
from headstart.training.tasks.regress.answer import METRICS

TEST = 2000
ACCURACY = Metric("accuracy", fraction=True)
RMSE = METRICS[0]


def california(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Metric], str]:
    with gzip.open(folder / "housing.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    return rows, {"median_house_value": RMSE, "ocean_proximity": ACCURACY}, "tabm"


def adult(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Metric], str]:
    with gzip.open(folder / "adult-train.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    return rows, {list(rows[0])[-1]: ACCURACY, "hours-per-week": RMSE}, "tabm"


def clinc(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Metric], str]:
    data, domains = (json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
                     for name in ("data_full", "domains"))  # fmt: skip
    domain_of = {intent: domain for domain, intents in domains.items() for intent in intents}
    texts = [pair for part in ("train", "val", "test") for pair in data[part]]
    rows = [{"text": text, "intent": intent, "domain": domain_of[intent]} for text, intent in texts]
    return rows, {"intent": ACCURACY, "domain": ACCURACY}, "bag"


SETS = {"california": california, "adult": adult, "clinc": clinc}


def scaled(made: Multitask) -> None:
    """Each loss divided by the logarithm of the number of classes."""
    _weighed(made, lambda place, loss: loss / (made.held[place].task.chance_loss(1) or 1.0))


def uncertain(made: Multitask) -> None:
    """exp(-s) loss + s for each target, s learned."""
    made.logs = torch.nn.Parameter(torch.zeros(len(made.held)))
    _weighed(made, lambda place, loss: (-made.logs[place]).exp() * loss + made.logs[place])


def _weighed(made: Multitask, weigh: Callable[[int, torch.Tensor], torch.Tensor]) -> None:
    every = made.held

    def judge(features: torch.Tensor, targets: torch.Tensor) -> Step:
        found, losses = {}, []
        for place, one in enumerate(every):
            made.held = (one,)
            step = Multitask.judge(made, features, targets)
            made.held = every
            losses.append(weigh(place, step.loss))
            found |= step.logs
        return Step(torch.stack(losses).mean(), found)

    made.judge = judge


def weighed(how: str) -> None:
    begin = Multitask.__init__

    @wraps(begin)
    def begun(self: Multitask, *objects: Any, **settings: Any) -> None:
        begin(self, *objects, **settings)
        {"plain": lambda made: None, "scaled": scaled, "uncertainty": uncertain}[how](self)

    Multitask.__init__ = begun


def written(rows: list[dict[str, Any]], path: Path, without: frozenset[str] = frozenset()) -> str:
    names = [name for name in rows[0] if name not in without]
    with path.open("w", newline="") as file:
        made = csv.DictWriter(file, names, extrasaction="ignore")
        made.writeheader()
        made.writerows(rows)
    return str(path)


def spread(rows: list[dict[str, Any]], targets: Mapping[str, Metric]) -> list[dict[str, Any]]:
    """In an order in which every class of every target comes early: the tenth row of a class is behind all second ones
    of others."""
    ranks, counts = [], dict[tuple[str, str], int]()
    for row in rows:
        keys = [(name, row[name]) for name, metric in targets.items() if metric is ACCURACY]
        counts |= {key: counts.get(key, 0) + 1 for key in keys}
        ranks.append(min(counts[key] for key in keys) // 10)
    return [rows[place] for place in np.argsort(ranks, kind="stable")]


def scores(answers: list[Any], rows: list[dict[str, Any]], target: str, metric: Metric) -> np.ndarray:
    if metric is ACCURACY:
        return np.array([str(said) == row[target] for said, row in zip(answers, rows, strict=True)], np.float64)
    return -np.array([(float(said) - float(row[target])) ** 2 for said, row in zip(answers, rows, strict=True)])


def learned(
    train: list[dict[str, Any]], test: list[dict[str, Any]], targets: Mapping[str, Metric], every: Mapping[str, Metric],
    backbone: str, seed: int, steps: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Row scores of each of the targets; the others are no inputs."""
    others = frozenset(every) - frozenset(targets)
    with tempfile.TemporaryDirectory() as folder:
        data = {"train": written(train, Path(folder) / "train.csv", others),
                "test": written(test, Path(folder) / "test.csv", others)}  # fmt: skip
        task = "multitask" if len(targets) > 1 else "classify" if ACCURACY in targets.values() else "regress"
        more = {"input": "text"} if "text" in train[0] else {"modality": "table"}
        model = hs.finetune(
            data, start="scratch", backbone=backbone, target=",".join(targets), task=task, seed=seed, steps=steps,
            out=Path(folder) / "run", settings={"plan.batch": 64}, **more,
        )  # fmt: skip
        answers = model.predict(data["test"])
    names = {name: name if len(targets) > 1 else ("label" if metric is ACCURACY else "value")
             for name, metric in targets.items()}  # fmt: skip
    return {name: scores([row[names[name]] for row in answers], test, name, metric) for name, metric in targets.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("set", choices=SETS)
    asked.add_argument("folder", type=Path)
    for name, value in (("rows", 1000), ("seeds", 3), ("steps", 400)):
        asked.add_argument(f"--{name}", type=int, default=value)
    asked.add_argument("--weighing", choices=("scaled", "plain", "uncertainty"), default="plain")
    said = asked.parse_args()
    weighed(said.weighing)
    rows, targets, backbone = SETS[said.set](said.folder)
    joint, single = {name: [] for name in targets}, {name: [] for name in targets}
    for seed in range(said.seeds):
        order = np.random.default_rng(seed).permutation(len(rows))
        test = [rows[place] for place in np.random.default_rng(99).permutation(len(rows))[:TEST]]
        held = {id(row) for row in test}
        train = spread([rows[place] for place in order if id(rows[place]) not in held], targets)[: said.rows]
        for name, found in learned(train, test, targets, targets, backbone, seed, said.steps).items():
            joint[name].append(found)
        for name, metric in targets.items() if said.weighing == "plain" else ():
            single[name].append(learned(train, test, {name: metric}, targets, backbone, seed, said.steps)[name])
        print(seed, {name: (joint[name][-1].mean(), *[one[-1].mean() for one in [single[name]] if one])
                     for name in targets}, flush=True)  # fmt: skip
    for name, metric in targets.items():
        print(name, metric.name, "joint", arm_interval(np.stack(joint[name]), np.random.default_rng(0), metric))
        if single[name]:
            print("  alone", arm_interval(np.stack(single[name]), np.random.default_rng(0), metric))
            pair = np.stack(joint[name]), np.stack(single[name])
            print("  joint better by", gain_interval(*pair, np.random.default_rng(0), metric), flush=True)


if __name__ == "__main__":
    main()
