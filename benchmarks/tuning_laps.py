"""The same network with the same head, tuned by headstart and by transformers' Trainer, as laps of a benchmark."""

from __future__ import annotations

import argparse
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import headstart as hs
from headstart.assemble import Parts, finetuning
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from pairing import Lap, Result, Stopwatch, report


@dataclass(frozen=True, slots=True)
class Ours:
    """A run of `finetune`, from the first weights. `data`: a store, or files for a public network, which reads them in
    its own way."""

    data: Store | Path
    settings: dict[str, Any]
    steps: int
    batch: int

    def parts(self) -> Parts:
        recipe = override(
            Recipe(verb="finetune"), {**self.settings, "plan.steps": self.steps, "plan.batch": self.batch}
        )
        given = self.data if isinstance(self.data, Store) else None
        return finetuning(recipe, self.data, device="cpu", store=given)

    def lap(self) -> Lap:
        parts, watch = self.parts(), Stopwatch()
        watch.start()
        for _ in hs.train(parts.trainee, parts.batches, parts.plan, parts.tuning):
            pass
        return watch.lap(self.steps * self.batch)


class Plain(nn.Module):
    """The same network with a linear head, as a Trainer takes it."""

    def __init__(self, backbone: Any, width: int) -> None:
        super().__init__()
        self.backbone, self.head = backbone, nn.Linear(width, 2)

    def forward(self, x: Tensor, keep: Tensor, labels: Tensor) -> dict[str, Tensor]:
        backbone: Any = self.backbone
        found = self.head(backbone.summary(backbone({"x": x, "keep": keep})))
        return {"loss": nn.functional.cross_entropy(found, labels), "logits": found}


def trainer_lap(model: nn.Module, rows: Any, collate: Any, steps: int, batch: int) -> Lap:
    from transformers import Trainer, TrainingArguments

    settings = TrainingArguments(
        output_dir=tempfile.mkdtemp(), max_steps=steps, per_device_train_batch_size=batch, use_cpu=True,
        learning_rate=3e-4, logging_strategy="no", save_strategy="no", report_to=[], disable_tqdm=True,
        remove_unused_columns=False,
    )  # fmt: skip
    watch = Stopwatch()
    watch.start()
    Trainer(model, settings, train_dataset=rows, data_collator=collate).train()
    return watch.lap(steps * batch)


def run(parser: argparse.ArgumentParser, results: Callable[[Any, Path], list[Result]]) -> None:
    """Print the results of what the command line asks for, measured in a folder that is gone afterwards."""
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        report(results(given, Path(folder)), as_json=given.json)
