"""Row E: a linear probe on a frozen ViT, 4,000 labelled pictures, against five epochs of the Trainer on the head."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import headstart as hs
from headstart.assemble import targets
from headstart.data.batches import Batches
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.vit import Vit
from headstart.training.loop import resting
from headstart.training.objectives.masked import Masked
from headstart.training.tasks.classify.classify import Classify
from headstart.training.tunings.probe import Probe
from pairing import Lap, Stopwatch, Way, alternate, arguments, report
from pictures import Named, Pictures, load, stored

EPOCHS, BATCH, RATE = 5, 64, 3e-2


def pretrained(store: Store, steps: int) -> Vit:
    """The starting point of both sides: a small ViT after some steps of masked autoencoding."""
    torch.manual_seed(0)
    batches = Batches(store, store.rows("train"), store.modality, batch=128)
    backbone = Vit(store.modality.spec, patch=4, width=192, depth=6, heads=3, positions="sincos")
    objective = Masked(backbone, batches.sample(), Augment(store.modality, shift=0))
    for _ in hs.train(hs.Trainee(backbone, objective), batches, hs.Plan(steps=steps, batch=128)):
        pass
    return backbone


class Ours:
    """headstart: classify with the tuning `probe`, from the store's rows to a fitted head."""

    def __init__(self, store: Store, backbone: Vit) -> None:
        self._store, self._backbone = store, backbone
        self._rows = store.rows("train")
        self._task = self._fresh()

    def _fresh(self) -> Classify:
        settled = Classify.infer_settings(self._store.labels_of(self._rows))
        sample = Batches(self._store, self._rows[:4], self._store.modality).sample()
        return Classify(self._backbone, sample, Augment(self._store.modality, shift=0), **settled)

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        self._task = self._fresh()
        labels = targets(self._task, self._store, self._rows)
        batches = Batches(self._store, self._rows, self._store.modality, labels=labels)
        for _ in hs.train(hs.Trainee(self._backbone, self._task), batches, hs.Plan(steps=1), Probe()):
            pass
        return watch.lap(len(self._rows))

    def accuracy(self, x: Tensor, y: np.ndarray) -> float:
        with resting(hs.Trainee(self._backbone, self._task)):
            answers = self._task.predict(self._backbone, {"x": x, "key": torch.zeros(len(x), dtype=torch.int64)})
        return float(np.mean([int(a["label"]) == label for a, label in zip(answers, y, strict=True)]))


class Theirs:
    """The same frozen backbone, mean-pooled, with a linear head that the Trainer trains."""

    def __init__(self, rows: Named, backbone: Vit, count: int) -> None:
        self._rows, self._backbone, self._count = rows, backbone, count
        self._head = nn.Linear(backbone.width, 10)

    def lap(self) -> Lap:
        from transformers import Trainer, TrainingArguments

        backbone = self._backbone.eval().requires_grad_(False)
        self._head = head = nn.Linear(backbone.width, 10)

        class Model(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.backbone, self.head = backbone, head

            def forward(self, pixels: Tensor, labels: Tensor) -> dict[str, Tensor]:
                outputs = self.head(self.backbone({"x": pixels}).pooled())
                return {"loss": nn.functional.cross_entropy(outputs, labels), "logits": outputs}

        settings = TrainingArguments(
            output_dir=tempfile.mkdtemp(), num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, use_cpu=True,
            learning_rate=RATE, logging_strategy="no", save_strategy="no", report_to=[], disable_tqdm=True,
            remove_unused_columns=False,
        )  # fmt: skip
        watch = Stopwatch()
        watch.start()
        Trainer(Model(), settings, train_dataset=self._rows).train()
        lap = watch.lap(self._count)
        backbone.requires_grad_(True)
        return lap

    def accuracy(self, ready: Tensor, y: np.ndarray) -> float:
        with torch.no_grad():
            outputs = self._head(self._backbone.eval()({"x": ready}).pooled())
        return float((outputs.argmax(1).numpy() == y).mean())


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder with the Fashion-MNIST IDX files")
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--test-rows", type=int, default=1_000)
    parser.add_argument("--pretrain-steps", type=int, default=100)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    images, labels = load(given.data, given.rows + given.test_rows)
    unseen, truth = torch.from_numpy(images[given.rows :].copy())[:, None], labels[given.rows :]
    store = stored(images[: given.rows], labels[: given.rows])
    kept = store.rows("train")
    modality, backbone = store.modality, pretrained(store, given.pretrain_steps)
    pixels, known = store.take(kept)["x"][:, 0], np.array([int(label) for label in store.labels("train")])
    named = Named(Pictures(pixels, known, modality.mean, modality.std), ("pixels", "labels"))  # pyright: ignore[reportAttributeAccessIssue]
    ours, theirs = Ours(store, backbone), Theirs(named, backbone, len(kept))
    ready = modality.ready({"x": unseen})["x"]
    ways = [
        Way(name="headstart probe", lap=ours.lap, score=lambda: ours.accuracy(unseen, truth), ours=True),
        Way(name="Trainer, 5 epochs of the head", lap=theirs.lap, score=lambda: theirs.accuracy(ready, truth)),
    ]
    title = f"E frozen probe, {len(kept):,} pictures"
    report([alternate(title, 3.0, ways, rounds=given.rounds, score_name="accuracy")], as_json=given.json)


if __name__ == "__main__":
    main()
