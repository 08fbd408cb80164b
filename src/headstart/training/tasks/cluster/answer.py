"""The cluster of a row as an answer: a line, a table with a row a cluster, and the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.answer import Answer
from headstart.core.contracts.groups import Membership
from headstart.core.contracts.metric import Metric

METRICS = (
    Metric("purity", fraction=True),
    Metric("nmi", fraction=True), Metric("ari", fraction=True), Metric("ami", fraction=True),
    Metric("silhouette", fraction=True, own=True), Metric("noise", fraction=True, lower_is_better=True),
)  # fmt: skip


class ClusterAnswer(Answer):
    """A cluster, counted from 0 for the largest, -1 for noise; how sure that is, and how far the row lies from it."""

    def __init__(self) -> None:
        super().__init__(METRICS)

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        if "cluster" not in side:
            return super().line(side, words)
        return "noise" if side["cluster"] < 0 else f"cluster {side['cluster']} ({side['share']:.0%})"

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        return float(answer["distance"])

    def membership(self, answer: Mapping[str, Any]) -> Membership:
        name = "noise" if answer["cluster"] < 0 else f"cluster {answer['cluster']}"
        return Membership(number=answer["cluster"], name=name, distance=answer["distance"])

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        names, lines = class_names(examples), list[dict[str, Any]]()
        numbers = np.array([answer["cluster"] for answer in answers])
        inside = np.array([answer["silhouette"] for answer in answers])
        for number in np.unique(numbers):
            own = np.flatnonzero(numbers == number)
            line = {"class": "noise" if number < 0 else f"cluster {number}", "rows": len(own),
                    "silhouette": float(inside[own].mean())}  # fmt: skip
            if names is not None:
                (most, count), *_ = Counter(names[place] for place in own).most_common(1)
                line |= {"mostly": most, "share": count / len(own)}
            lines.append(line)
        return lines


def class_names(examples: Sequence[Example]) -> list[str] | None:
    """The classes of rows, where all of them carry the name of one; numbers that hardly repeat are no classes."""
    labels = [example.get("label") for example in examples]
    if not labels or any(label is None or isinstance(label, list | tuple | Mapping) for label in labels):
        return None
    names = [str(label) for label in labels]
    return names if 2 * len(set(names)) <= len(names) else None


def scorer(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> Callable[[np.ndarray], dict[str, float]]:
    """Scores of chosen rows: how well clusters agree with classes, where there are any, and how well rows lie in them.

    Purity is the share of rows of the most frequent class of their cluster. Normalised (arithmetic mean) and adjusted
    mutual information, adjusted Rand index (Vinh, Epps and Bailey, JMLR 2010); noise counts as a cluster. The
    silhouette is the simplified one, by the centres of clusters (Hruschka, de Castro and Campello 2004), 0 for noise.
    """
    clusters = np.array([answer["cluster"] for answer in answers])
    inside = np.array([answer["silhouette"] for answer in answers])
    names = class_names(examples)
    classes = None if names is None else np.unique(names, return_inverse=True)[1]
    pure = row_scores(answers, examples)

    def scores(rows: np.ndarray) -> dict[str, float]:
        from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

        said, found = clusters[rows], dict[str, float]()
        if classes is not None:
            true = classes[rows]
            found = {"purity": float(pure[rows].mean()), "nmi": float(normalized_mutual_info_score(true, said)),
                     "ari": float(adjusted_rand_score(true, said)),
                     "ami": float(adjusted_mutual_info_score(true, said))}  # fmt: skip
        return {**found, "silhouette": float(inside[rows].mean()), "noise": float((said < 0).mean())}

    return scores


def row_scores(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
    """[n] 1 where a row's class is the most frequent one of its cluster; without classes its silhouette."""
    names = class_names(examples)
    if names is None:
        return np.array([answer["silhouette"] for answer in answers], np.float64)
    classes = np.unique(names, return_inverse=True)[1]
    clusters = np.unique([answer["cluster"] for answer in answers], return_inverse=True)[1]
    counts = np.zeros((clusters.max() + 1, classes.max() + 1), np.int64)
    np.add.at(counts, (clusters, classes), 1)
    return (counts.argmax(1)[clusters] == classes).astype(np.float64)
