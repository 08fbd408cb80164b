"""The peers of row A: the same autoencoder, rows and first weights under other people's loops."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from pairing import Lap, Stopwatch
from pictures import Named

WIDTHS = (128, 64, 32, 16, 8, 4, 2)
RATE = 1e-3
FLOPS = 6.0 * 2 * sum(a * b for a, b in itertools.pairwise((784, *WIDTHS)))
SKIP = 5  # first steps of a fit, in which things are set up


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

            def on_train_batch_end(self, outputs: object, batch: object, batch_idx: int) -> None:
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
        from fastai.callback.core import Callback, CancelFitException, CancelValidException  # pyright: ignore
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
            opt_func=lambda groups, lr: OptimWrapper(groups, torch.optim.Adam, lr=lr),  # pyright: ignore[reportArgumentType]
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
    fill(affine(net))
    return net


def affine(module: nn.Module) -> list[nn.Linear]:
    return [part for part in module.modules() if isinstance(part, nn.Linear)]


def fill(maps: list[nn.Linear]) -> None:
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
