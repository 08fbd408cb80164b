"""Clusters: groups of rows that are alike, found without labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Plain, Row, Step, Task
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.groups import Groups
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.contracts.ranges import Few
from headstart.core.errors import ContractError, DataError
from headstart.models.nn.sizes import summary_width
from headstart.training.clustering.grouping import Grouping, grouped
from headstart.training.clustering.head import ClusterHead
from headstart.training.clustering.stability import COUNTS
from headstart.training.tasks.cluster.answer import ClusterAnswer, row_scores, scorer
from headstart.training.tasks.cluster.simple import PlainKMeans


class _Probe(LinearProbe):
    """Finds the clusters; there is no linear model, so that what it returns is empty."""

    task: Cluster

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        assert isinstance(features, np.ndarray)
        self.task.find(features, seed)
        return LinearFit(np.zeros((0, 0), np.float32), np.zeros(0, np.float32), {})

    def load(self, fit: LinearFit) -> None:
        pass

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        raise ContractError(861, "clusters are told of rows, not of outputs", fix="use predict")


class Cluster(Task):
    """Put rows into clusters that are found without labels; new rows then get a cluster too, or are noise.

    clusters  how many; 0: the largest number on which halves of the rows agree (`training/clustering/stability.py`),
              1 where nothing speaks for clusters
    method    "spectral": k-means on a graph of landmarks; "kmeans"; "mixture" of Gaussians; "umap": k-means where UMAP
              lays the rows; "hdbscan": dense regions, which finds its own number, and noise
    spread    main axes of vectors are divided by their deviation to this power

    Labels are never looked at but by scores. A row is noise if it lies beyond Tukey's outer fence of the distances in
    its cluster (three quartile ranges above the third quartile), or where HDBSCAN says so. No steps are learned.
    """

    needs_labels: ClassVar[bool] = False
    only_tuning: ClassVar[Choice | None] = Choice("probe", "clusters are found on fixed features, without steps")
    unranked: ClassVar[str] = (
        "headstart cluster DATA --from MODEL --out DIR, with several starts or task.method=kmeans, and compare "
        "their cards"
    )
    probe = _Probe
    baseline = PlainKMeans

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, clusters: Few = 0,
        method: Literal["spectral", "kmeans", "mixture", "umap", "hdbscan"] = "spectral", spread: float = 0.5,
    ) -> None:  # fmt: skip
        super().__init__(backbone, augment)
        if clusters and method == "hdbscan":
            raise ContractError(
                862, "hdbscan finds the number of clusters by itself", where="task.clusters", found=clusters,
                fix="leave out task.clusters, or set task.method=spectral",
            )  # fmt: skip
        self.clusters, self.method, self.spread = clusters, method, spread
        self.answer = ClusterAnswer()
        width = summary_width(backbone, augment.modality.ready(sample))
        if not width:
            raise ContractError(
                863, "this network gives no vectors to find clusters in", where="backbone",
                found=type(backbone).__name__.lower(), fix="pass --from MODEL, or leave out --backbone",
            )  # fmt: skip
        self.head = ClusterHead(width, max(clusters, COUNTS[-1]))
        self.grouping: Grouping | None = None

    @classmethod
    def network(cls, about: Circumstances) -> Choice | None:
        return Choice("linear", "clusters are found in the values of rows themselves")

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> Sequence[str] | None:
        return None  # labels choose nothing, no draw of rows either

    @property
    def groups(self) -> Groups:
        return Groups(self.head.counted, self._answers, () if self.grouping is None else self.grouping.curve)

    def find(self, vectors: np.ndarray, seed: int) -> None:
        """The clusters of vectors [n, F] into the head. DataError for vectors that are not finite, or too few."""
        if not np.isfinite(vectors).all():
            raise DataError(864, "vectors of rows are not finite", fix="use another start")
        least = max(2, self.clusters)
        if len(vectors) < least:
            raise DataError(
                865, "fewer train rows than clusters", found=len(vectors), expected=f"at least {least}",
                fix="give more rows" + (", or set a smaller task.clusters" if self.clusters else ""),
            )  # fmt: skip
        self.grouping = grouped(self.head, vectors, self.method, self.clusters, self.spread, seed)
        self.settled, self.cautions = self.grouping.told, self.grouping.cautions

    def label(self, example: Example, row: Row) -> Columns:
        return {"y": np.zeros((), np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.vectors(backbone, batch), batch["y"]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        said = self.head(features)
        return Step(said.distance.mean(), {"silhouette": said.silhouette.mean()})

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        return self.head(self.vectors(backbone, batch)).shares

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        return self._answers(self.vectors(backbone, batch))

    def _answers(self, vectors: Tensor) -> list[dict[str, Any]]:
        said = self.head(vectors)
        shares = said.shares.amax(1) * (said.cluster >= 0)
        columns = (said.cluster, shares, said.distance, said.silhouette)
        names = ("cluster", "share", "distance", "silhouette")
        return [dict(zip(names, row, strict=True)) for row in zip(*(one.tolist() for one in columns), strict=True)]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return self.scorer(answers, examples)(np.arange(len(answers)))

    def scorer(
        self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], dict[str, float]]:
        return scorer(answers, examples)

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return row_scores(answers, examples)
