"""Two tasks from outside: one whose target lies in the row, and one without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Row, Step, Task
from headstart.core.contracts.answer import Answer
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.metric import Metric, negative
from headstart.core.contracts.needs import Needs


class Values(Answer):
    """A number a row."""

    def __init__(self) -> None:
        super().__init__([Metric("mae", lower_is_better=True, from_rows=negative)])

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        return f"{side['value']:.3f}" if "value" in side else "its last value"


class Repeat(Baseline):
    """The last value that was seen; blind: the mean of all targets."""

    name: ClassVar[str] = "the last value again"

    def predict(self, asked: Columns, rows: int) -> Predictions:
        _, before = self.modality.baseline_features(self.learned, asked)
        return Predictions([{"value": float(value)} for value in np.asarray(before)[:, 0]], {})

    def blind(self, asked: Columns, rows: int) -> Predictions:
        return Predictions([{"value": float(self.targets["y"].mean())}] * rows, {})


class Ahead(Task):
    """Say the last value of the first column of a row, or of a window of it, from everything before it."""

    needs: ClassVar[Needs] = Needs(layouts=frozenset({"steps"}), feed="windows")
    needs_labels: ClassVar[bool] = False
    baseline: ClassVar[type[Baseline] | None] = Repeat

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment) -> None:
        super().__init__(backbone, augment)
        self.answer = Values()
        self.head = nn.Linear(backbone.width, 1)

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        return {}

    def label(self, example: Example, row: Row) -> Columns:
        return {"y": np.asarray(self._last(row), np.float32)}

    def _last(self, row: Row) -> float:
        return float(row[self.augment.modality.spec.length_of].reshape(-1)[-1])

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What is guessed beside the last value that is seen, and what is right, [B, 1]."""
        states, now = self._before(backbone, batch)
        return states, batch["y"][:, None] - now

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        return Step((self.head(features) - targets).square().mean())

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        states, now = self._before(backbone, batch)
        return now + self.head(states)  # [B, 1]

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return [{"value": value} for value in self.outputs(backbone, batch)[:, 0].tolist()]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return {"mae": -float(self.row_scores(answers, examples).mean())}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        pairs = zip(answers, examples, strict=True)
        return np.array([-abs(answer["value"] - self._last(example["row"])) for answer, example in pairs])

    def _before(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """The state of the last step but one [B, width] and its value [B, 1]; the last step is hidden first."""
        last = batch["keep"].sum(1, keepdim=True) - 1  # [B, 1]
        place = torch.arange(batch["x"].shape[1], device=last.device)[None]  # [1, T]
        keep = batch["keep"] & (place != last)
        states = backbone(self.augment({**batch, "x": batch["x"] * keep[..., None], "keep": keep})).body
        before = (place == (last - 1).clamp_min(0))[..., None].to(states.dtype)  # [B, T, 1]
        return (states * before).sum(1), (batch["x"][..., :1] * before).sum(1)


class Clusters(Answer):
    """A number of a group a row."""

    def __init__(self) -> None:
        super().__init__([Metric("distance", lower_is_better=True, from_rows=negative), Metric("nmi", fraction=True)])

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        return f"group {side['group']}" if "group" in side else str(side.get("label", ""))


class Groups(Task):
    """Put rows into groups around centres that learn where they lie (MacQueen 1967, by gradient)."""

    needs: ClassVar[Needs] = Needs(layouts=frozenset({"cells"}))
    needs_labels: ClassVar[bool] = False

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, *, groups: int = 3) -> None:
        super().__init__(backbone, augment)
        self.answer = Clusters()
        self.centres = nn.Parameter(torch.randn(groups, backbone.width))

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        return {}

    def label(self, example: Example, row: Row) -> Columns:
        return {"y": np.zeros((), np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return backbone.summary(backbone(self.augment(batch))), batch["y"]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        return Step(self._distances(features).square().min(1).values.mean())

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Minus the distance to every centre, [B, groups]."""
        return -self._distances(backbone.summary(backbone(self.augment(batch))))

    def _distances(self, features: Tensor) -> Tensor:
        """From every row to every centre, [B, groups]; ONNX has no `cdist`."""
        return (features[:, None] - self.centres).square().sum(2).clamp_min(1e-12).sqrt()

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        rows = self.outputs(backbone, batch)
        return [
            {"group": int(group), "distance": -float(row[group])}
            for group, row in zip(rows.argmax(1), rows, strict=True)
        ]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        from sklearn.metrics import normalized_mutual_info_score

        scores = {"distance": -float(self.row_scores(answers, examples).mean())}
        if all("label" in example for example in examples):
            truth = [str(example["label"]) for example in examples]
            scores["nmi"] = float(normalized_mutual_info_score(truth, [answer["group"] for answer in answers]))
        return scores

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return np.array([-answer["distance"] for answer in answers])
