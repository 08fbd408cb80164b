"""Reconstruction error on test pictures: the textbook autoencoder, its better variant, and PCA with as many dimensions.

    python benchmarks/autoencoder_mse.py --data PATH/mnist --out runs/autoencoders --seeds 3

Errors are means over all test pixels in [0, 1]. PCA is fitted to the same train rows by scikit-learn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from headstart.commands.pretrain import pretrain
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.training.loop import resting

RECIPES = Path(__file__).parents[1] / "recipes"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=3)
    chosen = options.parse_args()
    store = open_data(chosen.data)
    for name in ("autoencoder_784", "autoencoder_784_better"):
        for seed in range(chosen.seeds):
            out = chosen.out / f"{name}-{seed}"
            model = pretrain(store, out=out, recipe=RECIPES / f"{name}.toml", settings={"seed": seed})
            error, used = measure(model, store)
            print(f"{name}, seed {seed}: test MSE {error:.4f}, code units that vary {used} of 2", flush=True)
    for dimensions in (2, 8, 16, 64):
        print(f"PCA, {dimensions} dimensions: test MSE {principal(store, dimensions):.4f}", flush=True)
    print(f"the mean picture: test MSE {principal(store, 0):.4f}")


def measure(model: Predictor, store: Store) -> tuple[float, int]:
    """Test MSE, and how many numbers of the code vary over the test rows."""
    rows, total = store.rows("test"), 0.0
    for start in range(0, len(rows), 1000):
        batch = model.batch(store, rows[start : start + 1000])
        with resting(model.trainee):
            shown = model.trainee.objective.illustrate(model.trainee.backbone, batch)
        inputs, painted = (model.modality.view.denormalise(shown[name]) for name in ("input", "reconstruction"))
        total += float((inputs - painted).square().mean()) * len(inputs)
    codes = model.features(store, rows)
    return total / len(rows), int((codes.std(0) > 1e-6).sum())


def principal(store: Store, dimensions: int) -> float:
    """Test MSE of PCA with so many dimensions."""
    train, test = (store.modality.baseline_features(store.take(store.rows(split))) for split in ("train", "test"))
    centre = train.mean(0)
    if not dimensions:
        return float(np.square(test - centre).mean())
    from sklearn.decomposition import PCA

    pca = PCA(dimensions, random_state=0).fit(train)
    return float(np.square(test - pca.inverse_transform(pca.transform(test))).mean())


if __name__ == "__main__":
    main()
