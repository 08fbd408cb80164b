"""What tasks on measured series share: what they read of their modality, the horizon, and what came after a window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.needs import Needs
from headstart.core.errors import ContractError
from headstart.training.heads import HeadProbe

LINEAR_WHY = "a linear map of the window is at or near the best networks on most series"


class Grid(Protocol):
    """The moments of a series."""

    def at(self, start: float, step: int) -> float: ...
    def between(self, first: float, last: float) -> int: ...
    def text(self, moment: float) -> str | float: ...


class Scales(Protocol):
    """What a modality knows of series by their numbers, and of all of them."""

    mean: np.ndarray
    deviation: np.ndarray
    naive: np.ndarray
    period: int
    prices: bool
    averages: bool


class Form(Protocol):
    """In which form series are scored; see the modality."""

    def read(self, past: np.ndarray) -> np.ndarray: ...
    def apart(self, values: np.ndarray, last: np.ndarray) -> np.ndarray: ...
    def back(self, apart: np.ndarray, last: np.ndarray) -> dict[str, np.ndarray]: ...
    def of_last_period(self, length: int, period: int, steps: int) -> np.ndarray: ...
    def of_mean(self, length: int, steps: int) -> np.ndarray: ...
    def of_drift(self, steps: int) -> np.ndarray | None: ...


class SeriesModality(Modality, Protocol):
    """A modality of series: what tasks read of it."""

    before: int
    after: int
    grid: Grid
    time_name: str
    names: Mapping[str, int]
    scales: Scales
    form: Form
    width: int


def come(batch: Batch) -> Tensor:
    """What came after each window [B, H]; NaN where it was not measured."""
    return batch["y"].masked_fill(~batch["known"], float("nan"))


def back(form: Form, apart: Tensor, batch: Batch) -> dict[str, np.ndarray]:
    """What a head says of windows [B, H] -> the "forecast" in the unit of the series, and what else its form says."""
    scale = batch["scale"][:, None].cpu().numpy()
    return form.back(apart.detach().double().cpu().numpy() * scale, batch["shift"].cpu().numpy())


def come_of(batch: Batch, name: str) -> Tensor:
    """The same with a number of each row behind it, [B, H + 1]: its moment ("at"), or that of its series ("series")."""
    return torch.cat([come(batch), batch[name].to(batch["y"].dtype)[:, None]], 1)


class SeriesProbe(HeadProbe):
    """A linear map from windows to what came; `behind` names the number that stands behind the targets of a row."""

    behind: ClassVar[str]

    def decisions(self, modality: Modality, learned: Columns, targets: Columns) -> np.ndarray:
        return come_of(modality.collate(learned), self.behind).numpy()

    def regroup(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        return self.task.told(outputs.float(), modality.collate(asked))

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        raise ContractError(523, "answers about series are told with their window", fix="use predict")


class SeriesTask(Task):
    """A task whose targets are the values after each window of a series, so that it needs no labels.

    horizon  steps that are forecast, as the user asked; 0: as the data are stored
    """

    needs = Needs(layouts=frozenset({"grid"}))
    needs_labels: ClassVar[bool] = False

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment, horizon: int) -> None:
        super().__init__(backbone, augment)
        self.series: SeriesModality = augment.modality  # pyright: ignore[reportAttributeAccessIssue]
        self.steps = int(sample["y"].shape[1])
        timeline = self.series.timeline
        self.reach = 0 if timeline is None else timeline.before  # steps that are stored before what comes
        if horizon not in (0, self.steps):
            fix = f"prepare again with modality.horizon={horizon}"
            raise ContractError(
                522, "the data are cut for another horizon", found=self.steps, expected=horizon, fix=fix
            )

    @classmethod
    def form(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"horizon": settings["horizon"]} if settings.get("horizon") else {}

    def label(self, example: Example, row: Row) -> Columns:
        return {}  # what comes is in the batch

    @abstractmethod
    def features(self, backbone: Backbone, batch: Batch) -> Tensor:
        """What the head reads of windows, [B, F]."""

    @abstractmethod
    def told(self, outputs: Tensor, batch: Batch) -> list[dict[str, Any]]:
        """Outputs of the head [B, H] -> an answer for each row."""

    @abstractmethod
    def row_means(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, np.ndarray]:
        """Scores of rows [n] each, larger is better; the first is the headline, and every score is their mean."""

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        came = targets[:, :-1]
        known = came.isfinite()
        off = (self.said(features) - came.nan_to_num()) * known
        rows = known.sum(1).clamp_min(1)
        return Step((off.square().sum(1) / rows).mean(), {"absolute_error": (off.abs().sum(1) / rows).mean().detach()})

    @abstractmethod
    def said(self, features: Tensor) -> Tensor:
        """What the head says of features, float32 [B, H]."""

    def heard(self, backbone: Backbone, batches: Iterable[Batch]) -> list[tuple[Tensor, Batch]]:
        """What the head says [B, H] of each batch, and the batch."""
        with torch.no_grad():
            return [(self.said(self.features(backbone, one)), one) for one in batches]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        found = self.row_means(answers, examples)
        return lambda rows: {name: self.answer.metric(name).of(values[rows]) for name, values in found.items()}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return next(iter(self.row_means(answers, examples).values()))
