"""How good are new pictures? Objectives that paint, each for as many minutes, against a Gaussian and real pictures.

    python benchmarks/samples.py vae aae ali --data PATH/mnist --out runs/samples --minutes 4.5

The distance is Frechet's between Gaussians of features (benchmarks/frechet.py), n pictures against n real
ones of the test part. Features: the summary of a small `cnn` that was trained here on the labels of the same train part
for two epochs, or of the model that --features names. `real` compares n other test pictures, which is the floor;
`gaussian` is drawn along the first principal axes of the train pixels. Sheets of 64 new pictures, of reconstructions
and of ways between test pictures are written beside the models.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import headstart as hs
from frechet import frechet, gaussian_rows
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.reports.draw.pictures import contact_sheet, enlarged

AXES = (50, 100)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("objectives", nargs="+", help="vae, aae, ali")
    options.add_argument("--data", required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--minutes", type=float, default=4.5, help="of each objective")
    options.add_argument("--backbone", default="mlp")
    options.add_argument("--features", type=Path, help="a model whose vectors are compared")
    options.add_argument("--n", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--threads", type=int, default=1)
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    store = open_data(chosen.data)
    judge = hs.load(chosen.features) if chosen.features else extractor(store, chosen.out / "features", chosen.seed)
    test = store.rows("test")[np.random.default_rng(chosen.seed).permutation(len(store.rows("test")))]
    real, others = judge.features(store, test[: chosen.n]), judge.features(store, test[chosen.n : 2 * chosen.n])
    print(f"{'':<14}{'rows seen':>12}{'seconds':>9}{'frechet':>10}{'test mse':>10}", flush=True)
    say("real", frechet(others, real))
    train = store.take(store.rows("train"))["x"]
    for axes in AXES:
        drawn = gaussian_rows(train, axes, chosen.n, seed=chosen.seed)
        say(f"gaussian {axes}", frechet(judge.embed(list(drawn.transpose(0, 2, 3, 1).squeeze(-1))), real))
    for kind in chosen.objectives:
        began, place = time.perf_counter(), chosen.out / f"{kind}-{chosen.seed}"
        model = hs.pretrain(
            store, objective=kind, backbone=chosen.backbone, minutes=chosen.minutes, out=place, seed=chosen.seed
        )
        seconds = time.perf_counter() - began
        new = judge.embed([np.asarray(one) for one in model.generate(n=chosen.n, seed=chosen.seed)])
        seen = model.start.facts["cost"]["rows"] if model.start is not None else 0
        say(kind, frechet(new, real), seen, seconds, missed(model, store, test[: chosen.n]))
        sheets(model, store, test, chosen.out, kind, chosen.seed)


def extractor(store: Store, place: Path, seed: int) -> Predictor:
    """A small network that was taught the labels; its score is printed, since the distance is only as good as it."""
    model = hs.finetune(
        store, start="scratch", backbone="cnn", tuning="full", epochs=2, out=place, seed=seed,
        settings={"backbone.channels": [16, 32, 64]},
    )  # fmt: skip
    print(f"features: cnn, test accuracy {hs.evaluate(model, store).scores['accuracy']:.4f}", flush=True)
    return model


def say(name: str, distance: float, rows: int = 0, seconds: float = 0, mse: float = float("nan")) -> None:
    told = f"{rows:>12,}{seconds:>9.0f}" if rows else " " * 21
    print(f"{name:<14}{told}{distance:>10.1f}" + (f"{mse:>10.4f}" if rows else ""), flush=True)


def missed(model: Predictor, store: Store, rows: np.ndarray) -> float:
    """Mean squared error of reconstructed pixels in [0, 1]."""
    pairs = model.reconstruct([one.transpose(1, 2, 0).squeeze(-1) for one in store.take(rows)["x"]], len(rows))
    return float(np.mean([np.square((np.asarray(a, float) - np.asarray(b, float)) / 255).mean() for a, b in pairs]))


def sheets(model: Predictor, store: Store, test: np.ndarray, out: Path, kind: str, seed: int) -> None:
    """What a person looks at."""
    some = [one.transpose(1, 2, 0).squeeze(-1) for one in store.take(test[:32])["x"]]
    pairs = [one for pair in model.reconstruct(some) for one in pair]
    ways = [one for way in model.interpolate(some[:9], n=8) for one in way]
    for name, shown, columns in (
        ("new", model.generate(n=64, seed=seed), 8),
        ("again", pairs, 8),
        ("between", ways, 10),
    ):
        contact_sheet(enlarged(shown)[0], columns=columns).save(out / f"{kind}-{name}.png")


if __name__ == "__main__":
    main()
