"""Does self-training keep the probe where its unlabelled rows are worse on purpose? Digits, 40 labels, an MLP.

    python benchmarks/selftrain_planted.py --draws 5

Labelled rows and test rows are the digits 0 to 4. Unlabelled rows are the same (nothing planted), half or all of them
the digits 5 to 9, pixels of noise, or the same pictures with their pixels shuffled. Prints who answers, the accuracy on
test rows, and that of the probe that was the alternative.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

from headstart.assemble import finetuning
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor

Rows = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
SMALL = {"backbone.kind": "mlp", "backbone.widths": [64], "labels": 40}


def half(own: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kept = rng.permutation(len(own))[: len(own) // 2]
    return np.concatenate([own[kept], others[rng.integers(0, len(others), len(own) - len(kept))]])


PLANTED: dict[str, Rows] = {
    "nothing": lambda own, others, rng: own,
    "half of other classes": half,
    "other classes": lambda own, others, rng: others[rng.integers(0, len(others), len(own))],
    "noise": lambda own, others, rng: rng.integers(0, 256, own.shape).astype(np.uint8),
    "shuffled pixels": lambda own, others, rng: rng.permuted(own.reshape(len(own), -1), axis=1).reshape(own.shape),
}


def answered(store: Store, tuning: str, seed: int, planted: Rows | None, others: np.ndarray) -> tuple[float, float]:
    """Accuracy on the test rows, and 1 where the network answers."""
    said = {"verb": "finetune", "start": "scratch", **SMALL, "tuning.kind": tuning, "seed": seed}
    parts = finetuning(override(Recipe(), said), None, store=store, device="cpu")
    if planted is not None:
        x = parts.batches._resident["x"]  # pyright: ignore[reportAttributeAccessIssue]
        first = len(parts.chosen)
        x[first:] = torch.from_numpy(planted(x[first:].numpy(), others, np.random.default_rng([seed, 1])))
    predictor = Predictor(parts.modality, parts.trainee)
    outcome, rows = learn_task(parts, predictor), store.rows("test")
    labels = [str(one) for one in store.labels_of(rows)]
    right = [answer["label"] == label for answer, label in zip(predictor.answers(store, rows), labels, strict=True)]
    return float(np.mean(right)), outcome.history[-1].get("selftrain", 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=5)
    given = parser.parse_args()
    flat, y = load_digits(return_X_y=True)
    x, own = (flat.reshape(-1, 8, 8) * 15.9375).astype(np.uint8), y < 5
    x = x[:, None]
    order = np.random.default_rng(0).permutation(np.flatnonzero(own))
    cut = {"train": order[:600], "test": order[600:]}
    with tempfile.TemporaryDirectory() as folder:
        parts = {name: (x[at, 0], y[at].astype(str)) for name, at in cut.items()}
        store = prepare(parts, Path(folder) / "data", near="keep")
        probes = [answered(store, "probe", seed, None, x)[0] for seed in range(given.draws)]
        print("| unlabelled rows | network answers in | accuracy | probe | least difference |\n|---|---|---|---|---|")
        for name, rows in PLANTED.items():
            found = [answered(store, "selftrain", seed, rows, x[~own]) for seed in range(given.draws)]
            right = [one for one, _ in found]
            worst = min(mine - probe for mine, probe in zip(right, probes, strict=True))
            network = f"{sum(kept for _, kept in found):.0f} of {given.draws}"
            print(f"| {name} | {network} | {np.mean(right):.3f} | {np.mean(probes):.3f} | {worst:+.3f} |", flush=True)


if __name__ == "__main__":
    main()
