"""What the accuracy tables share: train one cell and keep its hits, and print cells as a Markdown table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from headstart.assemble import finetuning, targets
from headstart.commands.pretrain import pretrain
from headstart.core.contracts import Task
from headstart.core.contracts.metric import Metric
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.evaluation.intervals import arm_interval, gain_interval
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.training.tasks.classify.answer import METRICS


@dataclass(frozen=True)
class Arm:
    """One way to learn. `pretrain` says how the start is made from the set's own rows (and `teacher` how the model is
    that it learns from), `start` names one that lies elsewhere; `tune` how it adapts; without `tune` it is a linear
    model on the plain input, by `solver`, or, with `outside`, whatever that function makes of (task, store, learned
    rows, asked rows)."""

    name: str
    pretrain: Mapping[str, Any] = field(default_factory=dict)
    teacher: Mapping[str, Any] = field(default_factory=dict)
    start: str = "scratch"
    tune: Mapping[str, Any] = field(default_factory=dict)
    solver: str = "logistic"
    outside: Callable[[Task, Store, np.ndarray, np.ndarray], list[dict[str, Any]]] | None = None


def cell(
    arm: Arm,
    store: Store,
    rows: np.ndarray,
    labels: int,
    seed: int,
    folder: Path,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Train one model and keep its hits on every test row; nothing, if that was done before. `more`: of every arm."""
    place = _place(folder, arm, labels, seed)
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    start, pretraining, processor = arm.start, 0.0, 0.0
    if arm.pretrain:
        said = dict(arm.pretrain)
        if arm.teacher:
            said["objective.teacher"], processor = pretrained(arm.teacher, store, folder)
        start, own = pretrained(said, store, folder)
        processor += own
        pretraining = json.loads((Path(start) / "headstart.json").read_text())["cost"]["seconds"]
    said = {"seed": seed, "start": start, **more, **(arm.tune or {"backbone.kind": "auto"})}
    if said.get("backbone.kind") == "auto":
        said["backbone.kind"] = "encoder" if store.manifest["modality"] == "text" else "linear"
    began = time.perf_counter()
    same = start == "scratch" or arm.pretrain
    parts = finetuning(
        override(Recipe(), said | ({"labels": labels} if labels else {})),
        None if same else store.directory, store=store if same else None,
    )  # fmt: skip
    predictor = Predictor(parts.modality, parts.trainee)
    task = predictor.task
    if arm.tune:
        learn_task(parts, predictor)
        answers = predictor.answers(parts.store, rows)
    elif arm.outside is not None:
        answers = arm.outside(task, store, parts.chosen, rows)
    else:
        known, asked = store.take(parts.chosen), store.take(rows)
        probe = task.linear_probe()
        train, test = probe.features(store.modality, known, asked)
        truth = probe.decisions(store.modality, known, targets(task, store, parts.chosen))
        linear = probe.fit(train, truth, solver=arm.solver, seed=seed)
        answers = probe.regroup(torch.from_numpy(test @ linear.weight + linear.bias), store.modality, asked)
    seconds, examples = time.perf_counter() - began, store.examples_of(rows)
    hits, scores = task.row_scores(answers, examples).astype(np.float32), task.score(answers, examples)
    np.save(place.with_suffix(".npy"), hits, allow_pickle=False)
    facts = {"seconds": seconds, "pretraining_seconds": pretraining, "pretraining_processor_seconds": processor}
    place.write_text(json.dumps({**facts, "scores": scores}))
    shown = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    told = f"{folder.name}: {arm.name}, {labels or 'all'} labels, seed {seed}: {shown} in {seconds:.0f} s"
    print(told, flush=True)


def pretrained(said: Mapping[str, Any], store: Store, folder: Path) -> tuple[str, float]:
    """The model that these settings make of the set's rows, and the processor seconds it took, with all threads.

    It is made once and kept; the seconds stand beside it, for nothing may be added to a finished model.
    """
    digest = "-".join(str(value).rpartition("/")[2] for value in said.values())
    place = folder / f"pretrained {digest}".replace(" ", "_")
    took, began = place.with_name(f"{place.name}.seconds"), time.process_time()
    made = not (place / "manifest.json").exists()
    model = pretrain(store, out=place, settings=dict(said))
    assert model.path is not None
    if made:
        took.write_text(str(time.process_time() - began))
    return str(model.path), float(took.read_text()) if took.exists() else float("nan")


def table(
    folder: Path,
    arms: Sequence[Arm],
    budgets: Sequence[tuple[int, int]],
    rivals: Sequence[str],
    metric: Metric = METRICS[0],
) -> None:
    """One line an arm and number of labels: mean with its interval, paired gains over the rivals, processor minutes of
    pretraining, and the seconds of pretraining and of the rest by the clock.

    budgets  (labels, seeds), 0 labels for all of them
    """
    generator = np.random.default_rng(0)
    print(f"\n| {folder.name} | labels | {metric.name} | " + " | ".join(f"over {r}" for r in rivals)
          + " | CPU minutes before | seconds |")  # fmt: skip
    print("|---|---|---|" + "---|" * len(rivals) + "---|---|")
    for labels, seeds in budgets:
        hits = {arm.name: found for arm in arms if (found := _hits(folder, arm, labels, seeds)) is not None}
        for arm in arms:
            if arm.name not in hits:
                continue
            own = hits[arm.name]
            over = [
                str(gain_interval(own, hits[r], generator, metric)) if r in hits and r != arm.name else ""
                for r in rivals
            ]
            facts = [json.loads(_place(folder, arm, labels, seed).read_text()) for seed in range(seeds)]
            cost = f"{facts[0]['pretraining_seconds']:.0f} + {np.mean([f['seconds'] for f in facts]):.0f}"
            before = f"{facts[0].get('pretraining_processor_seconds', float('nan')) / 60:.1f}" if arm.pretrain else ""
            told = [arm.name, str(labels or "all"), str(arm_interval(own, generator, metric)), *over, before, cost]
            print("| " + " | ".join(told) + " |")


def _place(folder: Path, arm: Arm, labels: int, seed: int) -> Path:
    return folder / f"{arm.name} {labels or 'all'} {seed}.json".replace(" ", "_").replace("/", "-")


def _hits(folder: Path, arm: Arm, labels: int, seeds: int) -> np.ndarray | None:
    places = [_place(folder, arm, labels, seed) for seed in range(seeds)]
    return np.stack([np.load(p.with_suffix(".npy")) for p in places]) if all(p.exists() for p in places) else None
