"""Row A: the autoencoder 784..2 with Adam, against a textbook loop, Lightning, fastai and the Hugging Face Trainer.

Activations are tanh: with ReLU the narrow layers die or live by the luck of the order of the rows (losses of 0.047 or
0.087 after the same samples, on every side), so that equal learning could not be seen.
"""

from __future__ import annotations

from pathlib import Path

import torch

import headstart as hs
from headstart.data.batches import Batches
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.mlp import Mlp
from headstart.training.loop import resting
from headstart.training.objectives.autoencoder import Autoencoder
from loops import FLOPS, RATE, SKIP, WIDTHS, Fastai, HuggingFace, Lightning, Textbook, affine, fill
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report
from pictures import Pictures, load, stored


class Ours:
    """headstart: store, batches, augment switched off, `mlp` with `autoencoder`, the loop."""

    def __init__(self, store: Store, batch: int, steps: int, *, compiled: bool) -> None:
        self._modality = store.modality.with_settings({"scale": "unit"})
        self._store, self._seed = store, 0
        self._batches = Batches(store, store.rows("train"), self._modality, batch=batch)
        self._plan = hs.Plan(
            steps=steps, batch=batch, optimizer="adam", lr=RATE, weight_decay=0, schedule="constant", warmup=0, clip=0,
            compile=compiled,
        )  # fmt: skip
        self._trainee = self._fresh()

    def _fresh(self) -> hs.Trainee:
        backbone = Mlp(self._modality.spec, widths=WIDTHS, activation="tanh")
        objective = Autoencoder(backbone, self._batches.sample(), Augment(self._modality, shift=0))
        fill([*affine(backbone), *affine(objective)])
        return hs.Trainee(backbone, objective)

    def lap(self) -> Lap:
        self._seed += 1  # another order of the rows every round, as the peers have
        rows, size = self._store.rows("train"), self._plan.batch
        self._batches = Batches(self._store, rows, self._modality, batch=size, seed=self._seed)
        self._trainee, watch = self._fresh(), Stopwatch()
        if self._plan.compile:
            torch._dynamo.reset()  # else it gives up after eight fresh networks
        for progress in hs.train(self._trainee, self._batches, self._plan):
            if progress.step == SKIP:
                watch.start()
        return watch.lap(((self._plan.steps or 0) - SKIP) * self._batches.size)

    def loss(self) -> float:
        with resting(self._trainee):
            batch = next(self._batches.once(2000))
            return float(self._trainee.objective(self._trainee.backbone, batch).loss)


def compare(data: Path | None, batch: int, *, rows: int, steps: int, rounds: int, compiled: bool) -> Result:
    """All ways at one batch size."""
    images, labels = load(data, rows)
    store = stored(images)
    kept = store.take(store.rows("train"))["x"][:, 0]
    dataset, looked = Pictures(kept, labels[: len(kept)]), torch.from_numpy(kept[:2000]).float().flatten(1) / 255
    ours = Ours(store, batch, steps, compiled=compiled)
    ways = [Way(name="headstart", lap=ours.lap, score=ours.loss, ours=True, flops=FLOPS)]
    for name, kind in {"textbook loop": Textbook, "lightning": Lightning, "fastai": Fastai, "HF": HuggingFace}.items():
        peer = kind(dataset, looked, batch, steps)
        ways.append(Way(name=name, lap=peer.lap, score=peer.loss, flops=FLOPS))
    return alternate(f"A autoencoder, batch {batch}", 3.0 if batch == 64 else 2.8, ways, rounds=rounds, roof=True)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder with the Fashion-MNIST IDX files")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=150, help="updates a round")
    parser.add_argument("--compile", action="store_true", help="compile headstart's objective")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    results = [
        compare(given.data, batch, rows=given.rows, steps=given.steps, rounds=given.rounds, compiled=given.compile)
        for batch in (64, 256)
    ]
    report(results, as_json=given.json)


if __name__ == "__main__":
    main()
