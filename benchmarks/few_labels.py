"""Accuracy of every way to learn from few labels and from all of them, on one image set, paired over the same draws.

    python benchmarks/few_labels.py fashion_mnist --data PATH/fashion_mnist --out runs/few --all --flip

Arms: a linear model on pixels, PCA + linear model, a CNN from scratch, pretrained models with a probe or fine-tuned.
Every arm of a seed learns from the same rows and answers the same test rows. A cell that lies in --out is not trained
again, so the command can be interrupted. Prints a Markdown table for docs/results.md.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.assemble import finetuning, targets
from headstart.commands.pretrain import pretrain
from headstart.core.recipe import Recipe, override
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.evaluation import fit
from headstart.evaluation.evaluate import labelled_rows, pick_split
from headstart.evaluation.intervals import arm_interval, gain_interval
from headstart.evaluation.scales import scale_of
from headstart.inference.predictor import Predictor

# one recipe for every network that learns by gradient, from scratch or pretrained
STEPPED = {
    "backbone.kind": "cnn", "plan.beta2": 0.98, "plan.schedule": "linear", "plan.warmup": 0.2,
    "plan.channels_last": True, "plan.precision": "float32", "plan.patience": 0,
}  # fmt: skip
FEW = {"plan.steps": 300, "plan.batch": 50, "plan.lr": 3e-3, "task.smoothing": 0.1}
ALL = {"plan.epochs": 10, "plan.batch": 128, "plan.lr": 6e-3, "task.smoothing": 0.05}
FIRST = {"objective.kind": "kmeans", "backbone.kind": "cnn"}
CONTRAST = {"objective.kind": "contrastive", "backbone.kind": "cnn", "plan.minutes": 5, "plan.lr": 2e-3}

# arm -> how its model is pretrained (absent: not at all), and how it is tuned (absent: a linear model on the pixels)
ARMS: dict[str, dict[str, Any]] = {
    "logistic on pixels": {},
    "PCA + logistic": {
        "pretrain": {"objective.kind": "pca", "backbone.kind": "linear", "backbone.width": 50},
        "tune": {"tuning.kind": "probe", "tuning.solver": "logistic"},
    },
    "CNN from scratch": {"tune": {**STEPPED, "tuning.kind": "full"}},
    "k-means patches + probe": {"pretrain": {"objective.kind": "kmeans"}, "tune": {"tuning.kind": "probe"}},
    "k-means first layer of a CNN + full": {"pretrain": FIRST, "tune": {**STEPPED, "tuning.kind": "full"}},
    "contrastive CNN + probe": {"pretrain": CONTRAST, "tune": {"tuning.kind": "probe"}},
    "contrastive CNN + gradual": {"pretrain": CONTRAST, "tune": {**STEPPED, "tuning.kind": "gradual"}},
    "contrastive CNN + full": {"pretrain": CONTRAST, "tune": {**STEPPED, "tuning.kind": "full"}},
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name")
    options.add_argument("--data", required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--arms", default="", help="comma-separated names of arms; default: all of them")
    options.add_argument("--per-class", type=int, default=10)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--all", action="store_true", help="also learn from all labels, seed 0")
    options.add_argument("--flip", action="store_true", help="mirror pictures while fine-tuning: not for digits")
    options.add_argument("--epochs", type=int, default=10, help="passes over all labels")

    chosen = options.parse_args()
    store = open_data(chosen.data)
    rows = labelled_rows(store, pick_split(store))
    classes = len({str(label) for label in store.labels("train") if label is not None})
    budgets = [(chosen.per_class * classes, seed) for seed in range(chosen.seeds)]
    budgets += [(0, 0)] if chosen.all else []
    wanted = [name.strip() for name in chosen.arms.split(",") if name.strip()]
    arms = [arm for arm in ARMS if not wanted or arm in wanted]
    for arm in arms:
        for labels, seed in budgets:
            budget = FEW if labels else {**ALL, "plan.epochs": chosen.epochs}
            cell(arm, store, rows, labels, seed, chosen.out / chosen.name, {**budget, "augment.flip": chosen.flip})
    table(chosen.out / chosen.name, arms, chosen.per_class * classes, chosen.seeds)


def cell(
    arm: str, store: Store, rows: np.ndarray, labels: int, seed: int, folder: Path, stepped: dict[str, Any]
) -> None:
    """Train one model and keep its hits on every test row."""
    place = folder / f"{arm} {labels or 'all'} {seed}".replace(" ", "_")
    if place.with_suffix(".json").exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    about, pretraining = ARMS[arm], 0.0
    start = "scratch"
    if "pretrain" in about:
        digest = "-".join(str(value) for value in about["pretrain"].values()).replace("/", "_")
        model = pretrain(store, out=folder / f"pretrained {digest}".replace(" ", "_"), settings=about["pretrain"])
        assert model.path is not None
        start = str(model.path)
        pretraining = json.loads((model.path / "headstart.json").read_text())["cost"]["seconds"]
    said = {"seed": seed, "start": start, **about.get("tune", {"backbone.kind": "linear"})}
    if "plan.beta2" in said:
        said |= stepped
    parts = finetuning(override(Recipe(), said | ({"labels": labels} if labels else {})), None, store=store)
    predictor = Predictor(parts.modality, parts.trainee)
    began, task = time.perf_counter(), predictor.task
    if "tune" in about:
        fit.finetune(parts)
        answers = predictor.answers(store, rows)
    else:
        learned = targets(task, store, parts.chosen)["y"]
        train, test = (store.modality.plain(store.take(r)) for r in (parts.chosen, rows))
        linear = task.fit_linear(train, learned, solver="logistic", seed=seed)
        answers = task.say(torch.from_numpy(test @ linear.weight + linear.bias))
    seconds = time.perf_counter() - began
    hits = task.row_scores(answers, store.examples_of(rows)).astype(np.float32)
    np.save(place.with_suffix(".npy"), hits, allow_pickle=False)
    facts = {"seconds": seconds, "pretraining_seconds": pretraining, "accuracy": float(hits.mean())}
    place.with_suffix(".json").write_text(json.dumps(facts))
    print(
        f"{folder.name}: {arm}, {labels or 'all'} labels, seed {seed}: {hits.mean():.4f} in {seconds:.0f} s", flush=True
    )


def table(folder: Path, arms: list[str], labels: int, seeds: int) -> None:
    """One line an arm: mean with interval, gains over scratch and over pixels with theirs, seconds."""
    scale, generator = scale_of("accuracy"), np.random.default_rng(0)
    few = {arm: _few(folder, arm, labels, seeds) for arm in arms}
    few = {arm: hits for arm, hits in few.items() if hits is not None}
    print(f"\n| {folder.name} | {labels} labels | over scratch | over pixels | all labels | pretraining s | tuning s |")
    print("|---|---|---|---|---|---|---|")
    for arm, hits in few.items():
        over = [
            str(gain_interval(hits, few[other], generator, scale)) if other in few and other != arm else ""
            for other in ("CNN from scratch", "logistic on pixels")
        ]
        facts = [json.loads(p.read_text()) for p in _places(folder, arm, labels, seeds)]
        everything = _places(folder, arm, 0, 1)[0]
        full = f"{json.loads(everything.read_text())['accuracy']:.4f}" if everything.exists() else ""
        cost = f"{facts[0]['pretraining_seconds']:.0f} | {np.mean([f['seconds'] for f in facts]):.1f}"
        print(f"| {arm} | {arm_interval(hits, generator, scale)} | {over[0]} | {over[1]} | {full} | {cost} |")


def _places(folder: Path, arm: str, labels: int, seeds: int) -> list[Path]:
    names = [f"{arm} {labels or 'all'} {seed}".replace(" ", "_") for seed in range(seeds)]
    return [folder / f"{name}.json" for name in names]


def _few(folder: Path, arm: str, labels: int, seeds: int) -> np.ndarray | None:
    places = _places(folder, arm, labels, seeds)
    return np.stack([np.load(p.with_suffix(".npy")) for p in places]) if all(p.exists() for p in places) else None


if __name__ == "__main__":
    main()
