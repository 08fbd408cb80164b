"""Row A: the autoencoder 784..2 with Adam, against a textbook loop, Lightning, fastai and the Hugging Face Trainer.

Activations are tanh: with ReLU the narrow layers die or live by the luck of the order of the rows (losses of 0.047 or
0.087 after the same samples, on every side), so that equal learning could not be seen.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import headstart as hs
from headstart.data.augments.image import Image as Augment
from headstart.data.batches import Batches
from headstart.data.store import Store
from headstart.models.backbones.mlp import Mlp
from headstart.training.loop import resting
from headstart.training.objectives.autoencoder import Autoencoder
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report
from pictures import Named, Pictures, load, stored

WIDTHS = (128, 64, 32, 16, 8, 4, 2)
RATE = 1e-3
FLOPS = 6.0 * 2 * sum(a * b for a, b in itertools.pairwise((784, *WIDTHS)))
SKIP = 5  # first steps of a fit, in which things are set up


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
        backbone = Mlp(self._modality.facts(), widths=WIDTHS, activation="tanh")
        objective = Autoencoder(backbone, self._batches.sample(), Augment(self._modality, shift=0))
        _fill([*_affine(backbone), *_affine(objective)])
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


class Peer:
    """What all peers share: the same network as one nn.Sequential, the same rows, the same first weights."""

    def __init__(self, rows: Dataset, images: Tensor, batch: int, steps: int) -> None:
        self.rows, self.batch, self.steps = rows, batch, steps
        self._images = images
        self.net, self.seed = network(), 0

    def fresh(self) -> nn.Sequential:
        self.net, self.seed = network(), self.seed + 1
        torch.manual_seed(self.seed)
        return self.net

    def loss(self) -> float:
        self.net.eval()
        with torch.no_grad():
            return float(nn.functional.mse_loss(self.net(self._images), self._images))


class Textbook(Peer):
    """zero_grad, forward, loss, backward, step over a shuffling DataLoader."""

    def lap(self) -> Lap:
        net, watch = self.fresh(), Stopwatch()
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
        for step, (x, _) in enumerate(_endless(DataLoader(self.rows, self.batch, shuffle=True, drop_last=True)), 1):
            optimizer.zero_grad()
            x = x.flatten(1)
            loss = nn.functional.mse_loss(net(x), x)
            loss.backward()
            optimizer.step()
            if step == SKIP:
                watch.start()
            if step == self.steps:
                break
        return watch.lap((self.steps - SKIP) * self.batch)


class Lightning(Peer):
    """A LightningModule and its Trainer, logging, bars and checkpoints off."""

    def lap(self) -> Lap:
        import lightning

        net, watch = self.fresh(), Stopwatch()

        class Module(lightning.LightningModule):
            def __init__(self) -> None:
                super().__init__()
                self.net = net

            def training_step(self, batch: list[Tensor], index: int) -> Tensor:
                x = batch[0].flatten(1)
                return nn.functional.mse_loss(self.net(x), x)

            def configure_optimizers(self) -> torch.optim.Optimizer:
                return torch.optim.Adam(self.parameters(), lr=RATE)

            def on_train_batch_end(self, outputs: object, batch: object, index: int) -> None:
                if self.global_step == SKIP:
                    watch.start()

        trainer = lightning.Trainer(
            max_steps=self.steps, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(Module(), DataLoader(self.rows, self.batch, shuffle=True, drop_last=True))
        return watch.lap((self.steps - SKIP) * self.batch)


class Fastai(Peer):
    """A Learner with its bar and recorder off; its Adam made equal to torch's (no decay, same moments)."""

    def lap(self) -> Lap:
        from fastai.callback.core import Callback, CancelFitException, CancelValidException
        from fastai.data.core import DataLoaders
        from fastai.data.load import DataLoader as FastaiLoader
        from fastai.learner import Learner
        from fastai.optimizer import OptimWrapper

        net, watch, steps = self.fresh(), Stopwatch(), self.steps

        class Count(Callback):
            seen = 0

            def after_batch(self) -> None:
                Count.seen += 1
                if Count.seen == SKIP:
                    watch.start()
                if Count.seen == steps:
                    raise CancelFitException

            def before_validate(self) -> None:
                raise CancelValidException

        class Pairs(Dataset[tuple[Tensor, Tensor]]):
            def __init__(self, rows: Dataset) -> None:
                self.rows = rows

            def __len__(self) -> int:
                return len(self.rows)  # pyright: ignore[reportArgumentType]

            def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
                x = self.rows[index][0].flatten()
                return x, x

        loader = FastaiLoader(Pairs(self.rows), bs=self.batch, shuffle=True, drop_last=True, num_workers=0)
        learner = Learner(
            DataLoaders(loader, loader), net, loss_func=nn.functional.mse_loss, cbs=[Count()], lr=RATE,
            opt_func=lambda groups, lr: OptimWrapper(groups, torch.optim.Adam, lr=lr),
        )  # fmt: skip
        learner.logger = _silent  # pyright: ignore[reportAttributeAccessIssue]
        learner.fit(1000, RATE)
        return watch.lap((self.steps - SKIP) * self.batch)


class HuggingFace(Peer):
    """transformers.Trainer with torch's Adam, no warm-up, no clipping, no logging and no saving."""

    def lap(self) -> Lap:
        from transformers import Trainer, TrainerCallback, TrainingArguments

        net, watch = self.fresh(), Stopwatch()

        class Count(TrainerCallback):
            def on_step_end(self, args: object, state: object, control: object, **rest: object) -> None:
                if state.global_step == SKIP:  # pyright: ignore[reportAttributeAccessIssue]
                    watch.start()

        class Model(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = net

            def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
                x = x.flatten(1)
                return {"loss": nn.functional.mse_loss(self.net(x), x)}

        settings = TrainingArguments(
            output_dir=tempfile.mkdtemp(), max_steps=self.steps, per_device_train_batch_size=self.batch, use_cpu=True,
            lr_scheduler_type="constant", max_grad_norm=0, logging_strategy="no", save_strategy="no", report_to=[],
            disable_tqdm=True, dataloader_drop_last=True, remove_unused_columns=False,
            seed=self.seed,
        )  # fmt: skip
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
        rows = Named(self.rows, ("x", "labels"))  # pyright: ignore[reportArgumentType]
        trainer = Trainer(Model(), settings, train_dataset=rows, optimizers=(optimizer, None), callbacks=[Count()])
        trainer.train()
        return watch.lap((self.steps - SKIP) * self.batch)


def network() -> nn.Sequential:
    """784 .. 2 .. 784 with tanh between, the code and the output bare."""
    sizes = (784, *WIDTHS, *WIDTHS[-2::-1], 784)
    parts: list[nn.Module] = []
    for i in range(len(sizes) - 1):
        parts.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i not in (len(WIDTHS) - 1, len(sizes) - 2):
            parts.append(nn.Tanh())
    net = nn.Sequential(*parts)
    _fill(_affine(net))
    return net


def _affine(module: nn.Module) -> list[nn.Linear]:
    return [part for part in module.modules() if isinstance(part, nn.Linear)]


def _fill(maps: list[nn.Linear]) -> None:
    """The same first weights for everybody."""
    generator = torch.Generator().manual_seed(0)
    for part in maps:
        nn.init.xavier_normal_(part.weight, generator=generator)
        nn.init.zeros_(part.bias)


def _silent(line: object) -> None:
    """fastai prints a line an epoch."""


def _endless(loader: DataLoader) -> Iterator[list[Tensor]]:
    while True:
        yield from loader


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
