"""Accuracy of every way to learn from few labels and from all of them, on one image set, paired over the same draws.

    python benchmarks/few_labels.py fashion_mnist --data PATH/fashion_mnist --out runs/few --all --flip

Arms: a linear model on pixels, PCA + linear model, a CNN from scratch, pretrained models with a probe or fine-tuned.
Every arm of a seed learns from the same rows and answers the same test rows. A cell that lies in --out is not trained
again, so the command can be interrupted. Prints a Markdown table for docs/results.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from headstart.data.cache import open_data
from headstart.evaluation.evaluate import labelled_rows, pick_split
from labels import Arm, cell, table

# one recipe for every network that learns by gradient, from scratch or pretrained
STEPPED = {
    "backbone.kind": "cnn", "plan.beta2": 0.98, "plan.schedule": "linear", "plan.warmup": 0.2,
    "plan.channels_last": True, "plan.precision": "float32", "plan.patience": 0,
}  # fmt: skip
FEW = {"plan.steps": 300, "plan.batch": 50, "plan.lr": 3e-3, "task.smoothing": 0.1}
ALL = {"plan.epochs": 10, "plan.batch": 128, "plan.lr": 6e-3, "task.smoothing": 0.05}
FIRST = {"objective.kind": "kmeans", "backbone.kind": "cnn"}
CONTRAST = {"objective.kind": "contrastive", "backbone.kind": "cnn", "plan.minutes": 5, "plan.lr": 2e-3}
PCA = {"objective.kind": "pca", "backbone.kind": "linear", "backbone.width": 50}

ARMS = (
    Arm("logistic on pixels"),
    Arm("PCA + logistic", pretrain=PCA, tune={"tuning.kind": "probe", "tuning.solver": "logistic"}),
    Arm("CNN from scratch", tune={**STEPPED, "tuning.kind": "full"}),
    Arm("k-means patches + probe", pretrain={"objective.kind": "kmeans"}, tune={"tuning.kind": "probe"}),
    Arm("k-means first layer of a CNN + full", pretrain=FIRST, tune={**STEPPED, "tuning.kind": "full"}),
    Arm("contrastive CNN + probe", pretrain=CONTRAST, tune={"tuning.kind": "probe"}),
    Arm("contrastive CNN + gradual", pretrain=CONTRAST, tune={**STEPPED, "tuning.kind": "gradual"}),
    Arm("contrastive CNN + full", pretrain=CONTRAST, tune={**STEPPED, "tuning.kind": "full"}),
)


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
    few = chosen.per_class * len({str(label) for label in store.labels("train") if label is not None})
    wanted = [name.strip() for name in chosen.arms.split(",") if name.strip()]
    arms = [arm for arm in ARMS if not wanted or arm.name in wanted]
    for arm in arms:
        for labels, seed in [*((few, seed) for seed in range(chosen.seeds)), *([(0, 0)] if chosen.all else [])]:
            budget = FEW if labels else {**ALL, "plan.epochs": chosen.epochs}
            stepped = {**budget, "augment.flip": chosen.flip} if "plan.beta2" in arm.tune else {}
            cell(replace(arm, tune={**arm.tune, **stepped}), store, rows, labels, seed, chosen.out / chosen.name)
    rivals = ("CNN from scratch", "logistic on pixels")
    table(chosen.out / chosen.name, arms, [(few, chosen.seeds), (0, 1)], rivals)


if __name__ == "__main__":
    main()
