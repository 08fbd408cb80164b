"""Tasks that need no labels: groups of rows, and a number that lies in the stored row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Row, Step, Task
from headstart.core.contracts.answer import Answer
from headstart.core.contracts.metric import Metric, negative
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.models.nn.sizes import summary_width
from headstart.training.heads import build_head, set_linear
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.solve import fit_values


class Cluster(Task):
    """Say which of `count` centres a row lies nearest to; the centres are learned."""

    needs_labels: ClassVar[bool] = False

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, count: int = 3) -> None:
        super().__init__(backbone, augment)
        self.answer = Answer((Metric("distance", lower_is_better=True, from_rows=negative), Metric("purity")))
        self.centres = nn.Parameter(torch.randn(count, summary_width(backbone, augment.modality.ready(sample))))

    def label(self, example: Example, row: Row) -> Columns:
        return {}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        features = backbone.summary(backbone(self.augment(batch)))
        return features, torch.zeros(len(features))

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        return Step(torch.cdist(features.float(), self.centres).amin(1).mean())

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        distances, places = torch.cdist(self.examine(backbone, batch)[0].float(), self.centres).min(1)
        return [{"label": str(n), "distance": d} for n, d in zip(places.tolist(), distances.tolist(), strict=True)]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        scores = {"distance": float(-self.row_scores(answers, examples).mean())}
        if all("label" in example for example in examples):
            groups: dict[str, list[str]] = {}
            for answer, example in zip(answers, examples, strict=True):
                groups.setdefault(answer["label"], []).append(str(example["label"]))
            most = sum(max(map(group.count, set(group))) for group in groups.values())
            scores["purity"] = most / len(examples)
        return scores

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return -np.array([answer["distance"] for answer in answers])


class _Probe(LinearProbe):
    task: Brightness

    def fit(self, features: Any, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        return fit_values(features, targets, seed=seed)

    def load(self, fit: LinearFit) -> None:
        set_linear(self.task.head, fit)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        return [{"label": value} for value in outputs[:, 0].tolist()]


class Brightness(Task):
    """Say how bright a picture is: its mean pixel, from 0 to 1."""

    needs_labels: ClassVar[bool] = False
    probe = _Probe
    baseline = LinearBaseline

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment) -> None:
        super().__init__(backbone, augment)
        self.answer = Answer((Metric("mae", lower_is_better=True, from_rows=negative),))
        self.head = build_head(backbone, sample, augment, 1, hidden=0, dropout=0.0)

    def label(self, example: Example, row: Row) -> Columns:
        return {"y": np.array([row["x"].mean() / 255], np.float32)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return backbone.summary(backbone(self.augment(batch))), batch["y"]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        return Step(functional.l1_loss(self.head(features).float(), targets))

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return self.linear_probe().decode(self.head(backbone.summary(backbone(self.augment(batch)))))

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return {"mae": float(-self.row_scores(answers, examples).mean())}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        pairs = zip(answers, examples, strict=True)
        return -np.array([abs(answer["label"] - example["row"]["x"].mean() / 255) for answer, example in pairs])
