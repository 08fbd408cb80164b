"""Load once, answer many: the one path from a model to answers and vectors, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.core import catalog
from headstart.core.contracts import Augment, Batch, Columns, Example, Modality, Objective, Task
from headstart.core.errors import ContractError, UsageError
from headstart.core.random import keys
from headstart.data.inputs import examples_of, prepared
from headstart.data.store import Store
from headstart.models.artifact import Artifact, split_part
from headstart.training.loop import Trainee, resting

CHUNK = 512


class Predictor:
    """A backbone with its head and the preprocessing it was trained with.

    `path` is the model's directory, None while it is still being trained.
    """

    def __init__(self, modality: Modality, trainee: Trainee, *, device: str = "cpu", path: Path | None = None) -> None:
        self.modality, self.trainee, self.device, self.path = modality, trainee, device, path

    @classmethod
    def load(cls, path: str | Path, *, device: str = "cpu") -> Predictor:
        """A saved model. Raises UsageError if there is none, DataError if it is damaged."""
        artifact = Artifact.open(Path(path))
        modality, backbone = artifact.modality(), artifact.backbone()
        family = "task" if "task" in artifact.config else "objective"
        kind, settings = split_part(artifact.config[family])
        augment_class: type[Augment] = catalog.load_saved("augments", artifact.config["augment"]["kind"])
        sample = _to_batch(modality, [modality.blank()] * 2, torch.device("cpu"))
        learner: type[Objective] = catalog.load_saved(f"{family}s", kind)
        head = learner(backbone, sample, augment_class(modality), **catalog.check(learner, settings, family))
        artifact.fill_head(head)
        backbone.to(device)
        head.to(device)
        return cls(modality, Trainee(backbone, head), device=device, path=artifact.path)

    @property
    def kind(self) -> str:
        """The modality's kind, which is its file's name."""
        return type(self.modality).__module__.rpartition(".")[2]

    @property
    def task(self) -> Task:
        """The task whose answers this model gives; UsageError for a model that was only pretrained."""
        if not isinstance(self.trainee.objective, Task):
            fix = f"fine-tune it first: headstart finetune DATA --from {self.path or 'MODEL'} --out DIR"
            raise UsageError(530, "this model was pretrained only, it has no task", where=self.path or "", fix=fix)
        return self.trainee.objective

    def predict(self, inputs: Any) -> list[dict[str, Any]]:
        """One answer a row, as plain JSON. inputs: anything `prepare` accepts, or a list of files, arrays or images."""
        return [answer for _, answer in self.answer_each(inputs)]

    def embed(self, inputs: Any) -> np.ndarray:
        """One vector a row, [n, F] float32."""
        return _stack([vector[None] for _, vector in self.embed_each(inputs)])

    def answer_each(self, inputs: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Origin and answer of every row, as they come; memory does not grow with the number of rows."""
        task = self.task
        for origins, batch in self._batches(inputs):
            yield from zip(origins, self._ask(task, batch), strict=True)

    def embed_each(self, inputs: Any) -> Iterator[tuple[str, np.ndarray]]:
        """Origin and vector of every row, as they come."""
        for origins, batch in self._batches(inputs):
            yield from zip(origins, self._features(batch), strict=True)

    def batch(self, store: Store, rows: np.ndarray) -> Batch:
        """Prepared rows as one batch, on the device. Raises ContractError if they are stored in another size."""
        if store.modality.facts() != self.modality.facts():
            raise ContractError(
                160, "the data are prepared in another size than the model expects", where=store.directory,
                found=dict(store.modality.facts()), expected=dict(self.modality.facts()),
                fix="give the raw data instead",
            )  # fmt: skip
        columns = self.modality.collate(store.take(rows))
        return _keyed(columns, torch.from_numpy(rows), torch.device(self.device))

    def answers(self, store: Store, rows: np.ndarray) -> list[dict[str, Any]]:
        """Answers for prepared rows."""
        task = self.task
        return [answer for batch in self._stored(store, rows) for answer in self._ask(task, batch)]

    def features(self, store: Store, rows: np.ndarray) -> np.ndarray:
        """Vectors of prepared rows, [n, F] float32."""
        return _stack([self._features(batch) for batch in self._stored(store, rows)])

    def loss(self, store: Store, rows: np.ndarray, labels: Columns | None = None) -> float:
        """Mean loss over prepared rows, without augmentation."""
        total = 0.0
        with resting(self.trainee):
            for start, batch in zip(range(0, len(rows), CHUNK), self._stored(store, rows), strict=True):
                there = {
                    k: torch.from_numpy(v[start : start + CHUNK]).to(self.device) for k, v in (labels or {}).items()
                }
                step = self.trainee.objective(self.trainee.backbone, {**batch, **there})
                total += float(step.loss) * len(batch["key"])
        return total / max(1, len(rows))

    def _ask(self, task: Task, batch: Batch) -> list[dict[str, Any]]:
        with resting(self.trainee):
            return task.predict(self.trainee.backbone, batch)

    def _features(self, batch: Batch) -> np.ndarray:
        backbone = self.trainee.backbone
        with resting(self.trainee):
            return backbone.summary(backbone(self.modality.ready(batch))).float().cpu().numpy()

    def _batches(self, inputs: Any) -> Iterator[tuple[list[str], Batch]]:
        """Origins and batches of whatever was given."""
        store = prepared(inputs)
        if store is None:
            yield from self._fresh(examples_of(inputs, modality=self.kind))
            return
        rows = np.concatenate([store.rows(split) for split in store.splits])
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            yield store.origins_of(chunk), self.batch(store, chunk)

    def _stored(self, store: Store, rows: np.ndarray) -> Iterator[Batch]:
        for start in range(0, len(rows), CHUNK):
            yield self.batch(store, rows[start : start + CHUNK])

    def _fresh(self, examples: Iterable[Example]) -> Iterator[tuple[list[str], Batch]]:
        """Records are read, encoded and answered a chunk at a time."""
        for chunk in batched(examples, CHUNK):
            rows = [self.modality.encode(self.modality.read(example)) for example in chunk]
            origins = [str(example.get("origin", "")) for example in chunk]
            yield origins, _to_batch(self.modality, rows, torch.device(self.device))


def load(path: str | Path, *, device: str = "cpu") -> Predictor:
    """Open a saved model: `load("runs/defects").predict(["new.jpg"])`."""
    return Predictor.load(path, device=device)


def batched(items: Iterable[Example], size: int) -> Iterator[list[Example]]:
    """Lists of at most `size` items."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def _to_batch(modality: Modality, rows: Sequence[Columns], device: torch.device) -> Batch:
    """Encoded rows of one size -> a batch on the device."""
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return _keyed(modality.collate(columns), torch.arange(len(rows)), device)


def _keyed(host: Mapping[str, torch.Tensor], index: torch.Tensor, device: torch.device) -> Batch:
    """Move to the device; the keys make whatever an objective draws at random the same every time."""
    return {**{name: t.to(device) for name, t in host.items()}, "key": keys(0, 0, index).to(device)}


def _stack(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)
