"""Accuracy of every way to learn from few labels and from all of them, on one image set, paired over the same draws.

    python benchmarks/few_labels.py fashion_mnist --data PATH/fashion_mnist --out runs/few --all --flip
    python benchmarks/few_labels.py cifar10_jpeg --data PATH/cifar10_jpeg --out runs/few --tunings probe,full \\
        --arms "masked CNN,distil CNN" --minutes 10

Without --arms: a linear model on pixels, PCA + linear model, a CNN from scratch, and every way to pretrain, each with
every tuning. --arms takes whole names of arms ("masked CNN + probe") or those before the plus. Every arm of a seed
learns from the same rows and answers the same test rows. What is stepped is pretrained for so many **processor**
minutes: the seconds of a step are measured once, and the steps that fit are kept in --out, so that a repetition makes
the same model. A pretrained model or a cell that lies in --out is not made again, so the command can be interrupted.
Prints a Markdown table for docs/results.md.
"""

from __future__ import annotations

import argparse
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.assemble import pretraining
from headstart.core import catalog
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe, override
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.evaluation.evaluate import pick_split, scored_rows
from headstart.training.loop import train
from labels import Arm, cell, pretrained, table

# one recipe for every network that learns by gradient, from scratch or pretrained
STEPPED = {
    "plan.beta2": 0.98, "plan.schedule": "linear", "plan.warmup": 0.2, "plan.channels_last": True,
    "plan.precision": "float32", "plan.patience": 0,
}  # fmt: skip
FEW = {"plan.steps": 300, "plan.batch": 50, "plan.lr": 3e-3, "task.smoothing": 0.1}
ALL = {"plan.epochs": 10, "plan.batch": 128, "plan.lr": 6e-3, "task.smoothing": 0.05}
GENTLE = {"vit": 1 / 3}  # of these rates, for networks that they would ruin
TUNINGS = ("probe", "gradual", "full")
FIXED = ("probe", "spread")  # the network stays as it is

CNN = {"backbone.kind": "cnn"}
LEARNER = {"plan.batch": 64, "plan.lr": 2e-3, "plan.precision": "float32"}
ADVERSARIAL = {"plan.batch": 64, "plan.precision": "float32"}  # else as the objective advises
CONTRAST_BY_16 = {"objective.kind": "contrastive", **CNN, **LEARNER, "plan.batch": 16}
PCA = {"objective.kind": "pca", "backbone.kind": "linear", "backbone.width": 50}
KMEANS = {"objective.kind": "kmeans", "backbone.kind": "dictionary"}
WAVES = {**KMEANS, "backbone.waves": 3}

# name: how it is pretrained, and with what teacher
LEARNED: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "k-means patches": (KMEANS, {}),
    "k-means patches and waves": (WAVES, {}),
    "k-means first layer of a CNN": ({"objective.kind": "kmeans", **CNN}, {}),
    "contrastive CNN": ({"objective.kind": "contrastive", **CNN, **LEARNER, "plan.batch": 256}, {}),
    "contrastive CNN by 16": (CONTRAST_BY_16, {}),
    "decoupled CNN by 16": ({**CONTRAST_BY_16, "objective.decoupled": True}, {}),
    "autoencoder CNN": ({"objective.kind": "autoencoder", **CNN, **LEARNER}, {}),
    "VAE CNN": ({"objective.kind": "vae", **CNN, **LEARNER}, {}),
    "AAE CNN": ({"objective.kind": "aae", **CNN, **ADVERSARIAL}, {}),
    "ALI CNN": ({"objective.kind": "ali", **CNN, **ADVERSARIAL}, {}),
    "masked CNN": ({"objective.kind": "masked", **CNN, **LEARNER}, {}),
    "masked ViT": ({"objective.kind": "masked", "backbone.kind": "vit", **LEARNER, "plan.lr": 1e-3}, {}),
    "distil CNN": ({"objective.kind": "distil", **CNN, **LEARNER}, {}),
    "distil CNN from patches": ({"objective.kind": "distil", **CNN, **LEARNER}, KMEANS),
}
SOLVED = ("k-means patches", "k-means patches and waves")  # one solved layer, which is kept as it is

PLAIN = (
    Arm("logistic on pixels"),
    Arm("PCA + logistic", pretrain=PCA, tune={"tuning.kind": "probe", "tuning.solver": "logistic"}),
    Arm("PCA + spread", pretrain=PCA, tune={"tuning.kind": "spread"}),
    Arm("CNN from scratch", tune={**CNN, **STEPPED, "tuning.kind": "full"}),
)


def arms_of(tunings: Sequence[str], wanted: Sequence[str]) -> list[Arm]:
    """The arms that are asked for, without their budgets."""
    found = list(PLAIN)
    for name, (said, teacher) in LEARNED.items():
        for tuning in FIXED if name in SOLVED else tunings:
            stepped = {} if tuning in FIXED else STEPPED
            found.append(
                Arm(f"{name} + {tuning}", pretrain=said, teacher=teacher, tune={**stepped, "tuning.kind": tuning})
            )
    return [arm for arm in found if not wanted or arm.name in wanted or arm.name.rpartition(" + ")[0] in wanted]


def opened(name: str, data: Path, out: Path, side: int = 0) -> Store:
    """The set as it is, or in colours at a side; hand signs with their own split, else at a third of their size."""
    if name == "sign_digits":
        files = out / "sign_digits_files"
        if not files.exists():
            zipfile.ZipFile(data / "sign_digits.zip").extractall(files)
            (files / "labels.csv").write_bytes((data / "labels.csv").read_bytes())
        return open_data(files / "labels.csv", input="file", target="label", settings={"size": side or 32})
    packed = list(data.glob("*.zip"))
    return open_data(packed[0] if packed else data, settings={"size": side, "channels": 3} if side else None)


def budgeted(said: Mapping[str, Any], teacher: str, minutes: float, store: Store, folder: Path) -> dict[str, Any]:
    """The settings with as many steps as take so many processor minutes; as they are for what is solved."""
    if catalog.load("objectives", said["objective.kind"]).solved:
        return dict(said)
    kept = folder / f"steps {minutes} {'-'.join(map(str, said.values()))} {bool(teacher)}.json".replace(" ", "_")
    if not kept.exists():
        more = {"objective.teacher": teacher} if teacher else {}
        parts = pretraining(override(Recipe(), {"verb": "pretrain", **said, **more, "plan.steps": 1_000}), store)
        ticks = [time.process_time() for _ in islice(train(parts.trainee, parts.batches, parts.plan), 12)]
        each = (ticks[-1] - ticks[2]) / (len(ticks) - 3)  # the first ones make room
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"seconds a step": each, "steps": max(1, round(60 * minutes / each))}))
    return {**said, "plan.steps": json.loads(kept.read_text())["steps"]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", help="fashion_mnist, mnist, cifar10_jpeg or sign_digits")
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--arms", default="", help="comma-separated names of arms; default: all of them")
    options.add_argument("--tunings", default=",".join(TUNINGS), help="of what was pretrained by steps")
    options.add_argument("--minutes", type=float, default=5, help="processor minutes of pretraining")
    options.add_argument("--per-class", type=int, default=10)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--all", action="store_true", help="also learn from all labels, seed 0")
    options.add_argument("--flip", action="store_true", help="mirror pictures while fine-tuning: not for digits")
    options.add_argument("--both-ways", action="store_true", help="dictionaries see pictures and their mirror images")
    options.add_argument("--epochs", type=int, default=10, help="passes over all labels")
    options.add_argument("--steps", type=int, default=FEW["plan.steps"], help="of fine-tuning with few labels")
    chosen = options.parse_args()
    folder = chosen.out / chosen.name
    store = opened(chosen.name, chosen.data, chosen.out)
    rows = scored_rows(Task, store, pick_split(Task, store))
    few = chosen.per_class * len({str(label) for label in store.labels("train") if label is not None})
    wanted = [name.strip() for name in chosen.arms.split(",") if name.strip()]
    made: list[Arm] = []
    for arm in arms_of(chosen.tunings.split(","), wanted):
        teacher = pretrained(arm.teacher, store, folder)[0] if arm.teacher else ""
        said = budgeted(arm.pretrain, teacher, chosen.minutes, store, folder) if arm.pretrain else {}
        # the minutes are part of the name, so that cells of another budget are others
        name = arm.name.replace(" +", f" ({chosen.minutes:g} min) +") if "plan.steps" in said else arm.name
        if chosen.both_ways and said.get("backbone.kind") == "dictionary":
            said["backbone.both_ways"], name = True, name.replace(" +", " both ways +")
        arm = replace(arm, name=name, pretrain=said)
        made.append(arm)
        gentle = GENTLE.get(str(said.get("backbone.kind")), 1.0)
        everything = chosen.all and arm.tune.get("tuning.kind") != "spread"  # which is for few labels
        for labels, seed in [*((few, seed) for seed in range(chosen.seeds)), *([(0, 0)] if everything else [])]:
            budget = {**FEW, "plan.steps": chosen.steps} if labels else {**ALL, "plan.epochs": chosen.epochs}
            budget |= {"plan.lr": gentle * budget["plan.lr"], "augment.flip": chosen.flip}
            cell(replace(arm, tune={**arm.tune, **(budget if "plan.beta2" in arm.tune else {})}), store, rows, labels,
                 seed, folder)  # fmt: skip
    table(folder, made, [(few, chosen.seeds), (0, 1)], ("CNN from scratch", "logistic on pixels"))


if __name__ == "__main__":
    main()
