"""Scores of a model on a split it did not learn from: intervals, calibration, classes, the most wrong rows, leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.assemble import labelled
from headstart.core.contracts import Example
from headstart.core.errors import DataError
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.calibration import Bin, equal_mass_table, expected_calibration_error
from headstart.evaluation.intervals import mean_interval, score_interval
from headstart.evaluation.leaks import seen_rows
from headstart.evaluation.metrics import scale_of
from headstart.inference.predictor import Predictor

RESAMPLES = 200


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a model scores on a split. `scores` holds each score and its `_low` and `_high`, headline first."""

    split: str
    rows: np.ndarray
    headline: str
    scores: dict[str, float]
    answers: list[dict[str, Any]]
    examples: list[Example]
    classes: list[str] = field(default_factory=list)
    confusion: np.ndarray | None = None
    per_class: list[dict[str, Any]] = field(default_factory=list)
    reliability: list[Bin] = field(default_factory=list)
    worst: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def pick_split(store: Store, wanted: str | None = None) -> str:
    """The split to score on: the one asked for, else test, else valid; DataError if it has no labelled rows."""
    names = [wanted] if wanted else [name for name in ("test", "valid") if name in store.splits]
    for name in names:
        if any(label is not None for label in store.labels(name)):
            return name
    known = ", ".join(f"{name} ({count} rows)" for name, count in store.splits.items())
    expected, fix = wanted or "a test or valid split", "prepare with --split train=.8,test=.2 and --target COLUMN"
    raise DataError(320, "no labelled rows to score on", where=store.directory, found=known, expected=expected, fix=fix)


def labelled_rows(store: Store, split: str) -> np.ndarray:
    """Row numbers of a split that carry a label."""
    return labelled(store, store.rows(split))


def evaluate(
    predictor: Predictor, store: Store, split: str | None = None, *, learned: np.ndarray | None = None, seed: int = 0
) -> Evaluation:
    """Score a model on a split, and beside it a simple baseline that learns from the rows `learned` of the same store.

    `learned` unsaid: at most 10,000 labelled train rows. Raises UsageError for a model without a task, DataError
    without labelled rows.
    """
    task = predictor.task
    name = pick_split(store, split)
    rows = labelled_rows(store, name)
    answers, examples = predictor.answers(store, rows), store.examples_of(rows)
    row_scores = task.row_scores(answers, examples)
    scores = _with_intervals(task.score, answers, examples, row_scores, seed)
    headline = next(iter(scores))
    probabilities, truth, classes = _distribution(answers, examples)
    found: dict[str, Any] = {}
    if probabilities is not None:
        known, reliability = truth >= 0, []
        if known.any():
            scores["ece"] = expected_calibration_error(probabilities[known], truth[known])
            reliability = equal_mass_table(probabilities[known], truth[known], bins=10)
        names = [*classes, *(name for name in task.names() if name not in classes)]
        found = {"classes": names, "confusion": _confusion(answers, examples, names)}
        found["per_class"] = _per_class(names, found["confusion"])
        found["reliability"] = reliability
        given = probabilities[np.arange(len(truth)), np.maximum(truth, 0)]
        row_scores = np.where(known, given, _given_outside(answers, examples, names))  # the surest mistakes first
    elif row_scores.ndim > 1:
        row_scores = scale_of(headline).from_rows(row_scores)
    found.setdefault("per_class", task.by_class(answers, examples))
    scores |= _baseline(predictor, store, rows, learned, headline, seed)
    return Evaluation(
        split=name, rows=rows, headline=headline, scores=scores, answers=answers, examples=examples,
        worst=np.argsort(row_scores, kind="stable")[:24].tolist(), warnings=_leaks(predictor, store, rows), **found,
    )  # fmt: skip


def _baseline(
    predictor: Predictor, store: Store, rows: np.ndarray, learned: np.ndarray | None, headline: str, seed: int
) -> dict[str, float]:
    """The headline of a linear model on the plain input; {} where the data hold no labelled train rows to fit it on."""
    task = predictor.task
    if learned is None:
        learned = baselines.at_most(labelled_rows(store, "train"), seed)
    if len(learned) < 2 or store.modality.spec.key != predictor.modality.spec.key:
        return {}
    found = baselines.baseline(task, store, learned, rows, seed=seed)
    return {f"baseline_{headline}": task.score(found.answers, store.examples_of(rows))[headline]}


def _with_intervals(
    score: Any, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], row_scores: np.ndarray, seed: int
) -> dict[str, float]:
    """Every score followed by the ends of its 95 % interval."""
    point: dict[str, float] = score(answers, examples)
    generator = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for place, (name, value) in enumerate(point.items()):
        scale = scale_of(name)
        if place == 0 and np.isclose(scale.of(row_scores), value):
            interval = mean_interval(row_scores, generator, scale)
        else:
            interval = score_interval(
                # a draw may lack what a score needs (the AUC two classes): it is left out of the interval
                lambda drawn, name=name: score([answers[i] for i in drawn], [examples[i] for i in drawn]).get(
                    name, float("nan")
                ),
                len(answers), generator, replicates=RESAMPLES,
            )  # fmt: skip
        found |= {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return found


def _distribution(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> tuple[np.ndarray | None, np.ndarray, list[str]]:
    """Probabilities [n, K], true class numbers [n] (-1: never seen), class names; None for other kinds of answer."""
    if not answers or "probabilities" not in answers[0] or "label" not in answers[0]:
        return None, np.empty(0, int), []
    classes = list(answers[0]["probabilities"])
    number = {name: i for i, name in enumerate(classes)}
    truth = np.array([number.get(str(example["label"]), -1) for example in examples])
    return np.array([list(answer["probabilities"].values()) for answer in answers]), truth, classes


def _given_outside(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], names: Sequence[str]
) -> np.ndarray:
    """[n] the probability given to the truth of rows whose class has none of its own: 0 if it was never seen."""
    pairs = [(str(example["label"]), answer) for answer, example in zip(answers, examples, strict=True)]
    given = [a["probability"] if a["label"] == true else 1 - a["probability"] for true, a in pairs]
    return np.array(given) * np.isin([true for true, _ in pairs], names)


def _confusion(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], names: Sequence[str]) -> np.ndarray:
    """counts[true][answered], without rows of classes never seen."""
    number = {name: i for i, name in enumerate(names)}
    pairs = zip(examples, answers, strict=True)
    counts = np.zeros((len(names), len(names)), np.int64)
    for true, told in ((str(example["label"]), answer["label"]) for example, answer in pairs):
        if true in number:
            counts[number[true], number[told]] += 1
    return counts


def _per_class(classes: Sequence[str], confusion: np.ndarray) -> list[dict[str, Any]]:
    hits, rows, told = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    recall, precision = hits / np.maximum(rows, 1), hits / np.maximum(told, 1)
    f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-12)
    table = zip(classes, rows, precision, recall, f1, strict=True)
    return [
        {"class": name, "rows": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
        for name, n, p, r, f in table
    ]


def _leaks(predictor: Predictor, store: Store, rows: np.ndarray) -> list[str]:
    if predictor.start is None:
        return []
    count = seen_rows(predictor.start, store, rows)
    if not count:
        return []
    return [f"{count:,} of {len(rows):,} scored rows were among the rows this model or its parents learned from"]
