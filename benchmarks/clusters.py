"""`headstart cluster` against k-means on the raw input, with as many clusters: NMI with classes that nobody looked at.

python benchmarks/clusters.py DATA --out DIR [--from MODEL] [--seeds 5] [task.clusters=K ...]

DATA is prepared. Train rows (at most 20,000) are those in which clusters were found, test rows are new ones. The simple
model has 50 main axes of pixels, of weighted words, pairs of words and letters, or of statistics of sounds, and five
starts of k-means. Seeds draw rows (where there are more than 20,000) and starts. Intervals: t over seeds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import t as students
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

import headstart as hs
from headstart.assemble import open_store
from headstart.core.recipe import Recipe
from headstart.training.clustering.found import squares
from headstart.training.clustering.methods import k_means
from headstart.training.clustering.space import MOST_ROWS
from headstart.training.tasks.cluster.simple import shortened

SCORES = {"nmi": normalized_mutual_info_score, "ari": adjusted_rand_score, "ami": adjusted_mutual_info_score}


def interval(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}"
    half = students.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{np.mean(values):.3f} [{np.mean(values) - half:.3f}, {np.mean(values) + half:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("settings", nargs="*", help="name=value")
    parser.add_argument("--from", dest="start")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_intermixed_args()
    named = dict(one.split("=") for one in asked.settings)
    settings = {name: int(value) if value.isdigit() else value for name, value in named.items()}
    _, store = open_store(Recipe(), asked.data)
    found: dict[str, list[float]] = {}
    for seed in range(asked.seeds):
        began = time.monotonic()
        model = hs.cluster(asked.data, start=asked.start, out=asked.out / f"{seed}", seed=seed, settings=settings)
        seconds, train = time.monotonic() - began, store.rows("train")
        train = np.sort(np.random.default_rng(seed).permutation(train)[:MOST_ROWS])
        count = len(model.task.groups.sizes) if model.task and model.task.groups else 0
        raw, _ = shortened(*store.modality.baseline_features(store.take(train), store.take(train[:2])), seed)
        said = {
            "clusters, train rows": (train, np.array([one["cluster"] for one in model.answers(store, train)])),
            "k-means on the raw input, train rows": (train, squares(raw, k_means(raw, count, seed)).argmin(1)),
        }
        if len(test := store.rows("test")):
            said["clusters, new rows"] = (test, np.array([one["cluster"] for one in model.answers(store, test)]))
        for name, (rows, numbers) in said.items():
            classes = [str(label) for label in store.labels_of(rows)]
            for score, function in SCORES.items():
                found.setdefault(f"{score} {name}", []).append(float(function(classes, numbers)))
        told = {name: round(values[-1], 3) for name, values in found.items() if name.startswith("nmi")}
        print(f"seed {seed}: {count} clusters, {seconds:.0f} s, {told}", flush=True)
    for name, values in found.items():
        print(f"{name}: {interval(values)}")
    ours, rival = (found[f"nmi {name}, train rows"] for name in ("clusters", "k-means on the raw input"))
    print(f"gain in nmi: {interval([a - b for a, b in zip(ours, rival, strict=True)])}")


if __name__ == "__main__":
    main()
