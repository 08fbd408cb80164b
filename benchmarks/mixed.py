"""What mixup and cutmix bring with few labels: scikit-learn's digits, a small cnn from scratch, paired over seeds."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import torch
from scipy import stats
from sklearn.datasets import load_digits

from headstart.core import catalog
from headstart.data.batches import Batches
from headstart.data.store import Store
from headstart.training.loop import train
from headstart.training.microbatches import Trainee
from headstart.training.plan import Plan
from pictures import stored

WAYS: dict[str, dict[str, Any]] = {
    "whole pictures": {},
    "mixup 0.2": {"mixup": 0.2},
    "mixup 1": {"mixup": 1.0},
    "cutmix 1": {"cutmix": 1.0},
    "mixup 0.2, cutmix 1": {"mixup": 0.2, "cutmix": 1.0},
}
ASKED = 1_000  # rows that score


def scored(store: Store, classes: np.ndarray, way: str, *, labels: int, steps: int, seed: int) -> tuple[float, float]:
    """Accuracy and mean -log p of the true class on other rows, after learning from so many labels."""
    order = np.random.default_rng(seed).permutation(len(classes))
    rows, asked = order[:labels], order[labels : labels + ASKED]
    torch.manual_seed(seed)
    modality = store.modality
    network = catalog.load("backbones", "cnn")(modality.spec, channels=(16, 32))
    augment = modality.augment(modality, **WAYS[way])
    batches = Batches(store, rows, modality, labels={"y": classes[rows]}, batch=64, seed=seed)
    task = catalog.load("tasks", "classify")(network, batches.sample(), augment, classes=[*map(str, range(10))])
    for _ in train(Trainee(network, task), batches, Plan(steps=steps, batch=64, lr=2e-3, precision="float32")):
        pass
    network.eval()
    task.eval()
    with torch.no_grad():
        shares = task.outputs(network, next(Batches(store, asked, modality).once(ASKED))).numpy()  # [ASKED, 10]
    truth = classes[asked]
    right = shares[np.arange(ASKED), truth]
    return float((shares.argmax(1) == truth).mean()), float(-np.log(right.clip(1e-9)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    flat, classes = load_digits(return_X_y=True)
    pictures = (np.asarray(flat).reshape(-1, 8, 8) * 15.9375).astype(np.uint8)
    store, truth = stored(pictures), np.asarray(classes, np.int64)
    assert len(store.rows("train")) == len(truth)  # nothing was left out, so that rows are numbered as given
    found = {
        way: np.array(
            [scored(store, truth, way, labels=given.labels, steps=given.steps, seed=s) for s in range(given.seeds)]
        )
        for way in WAYS
    }
    for way, scores in found.items():
        accuracy, surprise = scores.mean(0)
        gain = scores[:, 0] - found["whole pictures"][:, 0]
        wide = stats.t.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / len(gain) ** 0.5
        told = f"{gain.mean():+.4f} [{gain.mean() - wide:+.4f}, {gain.mean() + wide:+.4f}]"
        print(f"{way:<22} accuracy {accuracy:.4f}  -log p {surprise:.3f}  gain {told}")


if __name__ == "__main__":
    main()
