"""Clusters against k-means on the same features and on the raw input: NMI with classes that nobody looked at.

python benchmarks/clusters.py DATA --from MODEL [--rows 20000] [--seeds 3] [--method spectral] [--clusters 0]

DATA is prepared or raw, MODEL what gives the vectors. Every seed draws other rows. Interval: t over seeds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from scipy.stats import t as students
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

import headstart as hs
from headstart.assemble import open_store
from headstart.core.recipe import Recipe
from headstart.training.clustering.found import squares
from headstart.training.clustering.grouping import grouped
from headstart.training.clustering.head import ClusterHead
from headstart.training.clustering.methods import k_means
from headstart.training.clustering.space import main_axes
from headstart.training.tasks.cluster.simple import shortened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--from", dest="start", required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--method", default="spectral")
    parser.add_argument("--clusters", type=int, default=0)
    asked = parser.parse_args()
    model = hs.load(asked.start)
    _, store = open_store(Recipe(start=asked.start), asked.data)
    scores: dict[str, list[float]] = {}
    for seed in range(asked.seeds):
        rows = store.rows("train")
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[: asked.rows])
        names = np.array([str(label) for label in store.labels_of(rows)])
        vectors = model.features(store, rows)
        head, began = ClusterHead(vectors.shape[1], max(40, asked.clusters)), time.monotonic()
        found = grouped(head, vectors, asked.method, asked.clusters, 0.5, seed)
        seconds = time.monotonic() - began
        with torch.no_grad():
            said = np.concatenate([head(part).cluster.numpy() for part in torch.from_numpy(vectors).split(2000)])
        count = head.count
        mean, axes = main_axes(vectors, 0.5, seed)
        points = (vectors - mean) @ axes
        plain = squares(points, k_means(points, count, seed)).argmin(1)
        raw, _ = shortened(*store.modality.baseline_features(store.take(rows), store.take(rows[:2])), seed)
        simple = squares(raw, k_means(raw, count, seed)).argmin(1)
        for name, one in {"clusters": said, "k-means, same features": plain, "k-means, raw input": simple}.items():
            scores.setdefault(f"nmi {name}", []).append(float(normalized_mutual_info_score(names, one)))
            scores.setdefault(f"ari {name}", []).append(float(adjusted_rand_score(names, one)))
        told = {name: round(values[-1], 3) for name, values in scores.items()}
        print(
            f"seed {seed}: {count} clusters, {seconds:.0f} s, noise {float((said < 0).mean()):.1%}, {told}", flush=True
        )
        print("  " + found.told[0], flush=True)
    for name, values in scores.items():
        half = students.ppf(0.975, max(1, len(values) - 1)) * np.std(values, ddof=1) / len(values) ** 0.5
        print(f"{name}: {np.mean(values):.3f} [{np.mean(values) - half:.3f}, {np.mean(values) + half:.3f}]")
    ours, rival = (np.array(scores[f"nmi {name}"]) for name in ("clusters", "k-means, raw input"))
    half = students.ppf(0.975, max(1, len(ours) - 1)) * np.std(ours - rival, ddof=1) / len(ours) ** 0.5
    print(f"gain over the raw input: {(ours - rival).mean():.3f} [{(ours - rival).mean() - half:.3f}, "
          f"{(ours - rival).mean() + half:.3f}]")  # fmt: skip


if __name__ == "__main__":
    main()
