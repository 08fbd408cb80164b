"""Scores of a model on a split it did not learn from: intervals, calibration, classes, the most wrong rows, leaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.assemble import examples_of, labelled, usable
from headstart.core.contracts import Example, Task
from headstart.core.contracts.answer import Distribution
from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError
from headstart.core.overview import Overview
from headstart.core.shown import Shown
from headstart.data.store import Store
from headstart.evaluation import baselines, by_group
from headstart.evaluation.calibration import (
    Bin,
    calibration_floor,
    calibration_interval,
    equal_mass_table,
    expected_calibration_error,
)
from headstart.evaluation.cautions import (
    few_rows,
    nearly_perfect,
    no_better_than_always,
    unequal_classes,
    unknown_labels,
)
from headstart.evaluation.fairness import Fairness
from headstart.evaluation.intervals import Interval, groups_of, mean_interval
from headstart.evaluation.leaks import leaks
from headstart.evaluation.over_time import Walk, walk
from headstart.evaluation.resampled_scores import score_intervals
from headstart.inference.predictor import Predictor
from headstart.models.remembered import Memory, of_start

RESAMPLES = 200

WORST = 24  # wrong answers that are kept to be looked at


@dataclass(frozen=True, kw_only=True, repr=False)
class Evaluation(Shown):
    """What a model scores on a split.

    `scores` holds each score and its `_low` and `_high`, headline first, which `metric` reads. `wrong` are the
    places of rows whose answer is not wholly right, `worst` some of them, the most wrong first. `told` says which rows
    of raw data were scored, and why; `by` how the groups of a column fare, where one was named; `walk` how answers that
    have a time fare period by period.
    """

    split: str
    rows: np.ndarray
    headline: str
    metric: Metric
    scores: dict[str, float]
    answers: list[dict[str, Any]]
    examples: list[Example]
    classes: list[str] = field(default_factory=list)
    confusion: np.ndarray | None = None
    per_class: list[dict[str, Any]] = field(default_factory=list)
    per_group: list[dict[str, Any]] = field(default_factory=list)
    reliability: list[Bin] = field(default_factory=list)
    worst: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    told: str = ""
    by: Fairness | None = None
    walk: Walk | None = None

    def overview(self) -> Overview:
        """The scores with their intervals, and the table by class."""
        columns = list(self.per_class[0]) if self.per_class else []
        return Overview(
            title=f"scores on {len(self.rows):,} {self.split} rows", scores=self.scores, warnings=self.warnings,
            columns=columns, rows=[[row[name] for name in columns] for row in self.per_class],
        )  # fmt: skip


def pick_split(task: type[Task], store: Store, wanted: str | None = None) -> str:
    """The split to score on: the one asked for, else test, else valid; DataError if it has no rows to score."""
    names = [wanted] if wanted else [name for name in ("test", "valid") if name in store.splits]
    for name in names:
        if len(scored_rows(task, store, name)):
            return name
    known = ", ".join(f"{name} ({count} rows)" for name, count in store.splits.items())
    expected, fix = wanted or "a test or valid split", "prepare with --split train=.8,test=.2 and --target COLUMN"
    raise DataError(320, "no labelled rows to score on", where=store.directory, found=known, expected=expected, fix=fix)


def scored_rows(task: type[Task], store: Store, split: str) -> np.ndarray:
    """Row numbers of a split that carry a label; all of them, if none does and the task needs none."""
    return _carrying(task, store, store.rows(split))


def _carrying(task: type[Task], store: Store, rows: np.ndarray) -> np.ndarray:
    """Those of the rows that carry a label; all of them, if none does and the task needs none."""
    carrying = labelled(store, rows)
    return carrying if len(carrying) or task.needs_labels else rows


def evaluate(
    predictor: Predictor, store: Store, split: str | None = None, *, learned: np.ndarray | None = None, seed: int = 0,
    known: Sequence[Memory] = (), rows: np.ndarray | None = None,
) -> Evaluation:  # fmt: skip
    """Score a model on a split, and beside it a simple baseline that learns from the rows `learned` of the same store.

    `rows`: those with a label among these, whatever their split, which are called `split`; without a baseline.
    `learned` unsaid: at most 10,000 labelled train rows. `known`: what is remembered of the rows that a model which is
    not saved yet learned from. Rows that a model has seen are told, and the headline of the others is `unseen_`. Raises
    UsageError for a model without a task, DataError without labelled rows.
    """
    task = predictor.task
    if rows is None or not len(carrying := _carrying(type(task), store, rows)):
        name = pick_split(type(task), store, split)
        rows = scored_rows(type(task), store, name)
    else:
        name, rows, learned = split or "given", carrying, np.empty(0, np.int64)
    answers, examples = predictor.answers(store, rows), examples_of(task, store, rows)
    scored = row_scores = task.row_scores(answers, examples)
    scores = _with_intervals(task, answers, examples, row_scores, seed)
    headline = next(iter(scores))
    wrong = _wrong(row_scores, task.answer.metric(headline))
    warnings = few_rows(headline, scores, len(rows), name)
    by_groups = by_group.table(examples, scored, task.answer.metric(headline))
    more: dict[str, Any] = {"per_class": task.answer.table(answers, examples), "per_group": by_groups}
    shares = task.answer.distribution(answers, examples)
    if shares is not None:
        told = shares.truth >= 0
        if told.any():
            labelled_shares = shares.probabilities[told], shares.truth[told]
            scores["ece"] = expected_calibration_error(*labelled_shares)
            groups = groups_of([example.get("group") for example, one in zip(examples, told, strict=True) if one])
            ends = calibration_interval(*labelled_shares, np.random.default_rng(seed), groups=groups)
            scores["ece_low"], scores["ece_high"] = ends
            scores["ece_floor"] = calibration_floor(labelled_shares[0], np.random.default_rng(seed))
            more["reliability"] = equal_mass_table(*labelled_shares, bins=10)
        names = list(task.answer.names)
        confusion = _confusion(shares, names)
        more |= {"classes": names, "confusion": confusion, "per_class": _per_class(names, confusion)}
        warnings += [*unknown_labels(shares.true, names), *unequal_classes(shares.true, names, headline)]
        row_scores = shares.given  # the surest mistakes first
    elif row_scores.ndim > 1:
        row_scores = _rising(row_scores, task.answer.metric(headline))
    timed = task.over_time(answers, examples)
    more["walk"] = None if timed is None else walk(timed, seed)
    simple, always, grouped = _baseline(predictor, store, rows, learned, headline, seed)
    scores |= simple
    blindly = "" if task.baseline is None else task.baseline.blindly
    warnings += no_better_than_always(task.answer.metric(headline), scores[headline], always, blindly)
    if predictor.modality.cell_columns:
        warnings += nearly_perfect(task.answer.metrics, scores, always)
    leaked = leaks([of_start(predictor.start)] if predictor.start is not None else known, store, rows)
    scores |= _unseen(task, answers, examples, scored, leaked.others, seed)
    warnings += leaked.warnings("scored", scores, headline) + grouped
    return Evaluation(
        split=name, rows=rows, headline=headline, metric=task.answer.metric(headline), scores=scores,
        answers=answers, examples=examples,
        worst=[row for row in np.argsort(row_scores, kind="stable").tolist() if wrong[row]][:WORST],
        wrong=np.flatnonzero(wrong).tolist(), warnings=warnings, **more,
    )  # fmt: skip


def _unseen(
    task: Task, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], row_scores: np.ndarray,
    rows: np.ndarray, seed: int,
) -> dict[str, float]:  # fmt: skip
    """The headline on these rows alone, with its interval; {} without rows."""
    if not len(rows):
        return {}
    some, truths = [answers[row] for row in rows], [examples[row] for row in rows]
    headline = next(iter(task.score(answers, examples)))
    found = _with_intervals(task, some, truths, row_scores[rows], seed, only=headline)
    return {f"unseen_{name}": value for name, value in found.items()}


def _wrong(row_scores: np.ndarray, metric: Metric) -> np.ndarray:
    """Which answers are not wholly right, [n] bool, from the scores of rows as tasks give them."""
    most = 1 if metric.fraction and not metric.lower_is_better else 0  # an error stands with a minus
    return ~(_rising(row_scores, metric) >= most)


def _rising(row_scores: np.ndarray, metric: Metric) -> np.ndarray:
    """One number a row, larger where it is better, [n]: the score that counts come to, an error with a minus."""
    return metric.sign * metric.from_rows(row_scores) if row_scores.ndim > 1 else row_scores


def _baseline(
    predictor: Predictor, store: Store, rows: np.ndarray, learned: np.ndarray | None, headline: str, seed: int
) -> tuple[dict[str, float], float | None, list[str]]:
    """The headline of the task's baseline, with its interval, and of a random split where rows are split by group; that
    of its one answer to every row; what to say of them. {} and None without one, or without labelled train rows."""
    task = predictor.task
    if task.baseline is None or task.answer.metric(headline).own:
        return {}, None, []
    if learned is None:
        learned = baselines.at_most(usable(type(task), store, store.rows("train")), seed)
    if len(learned) < 2 or store.modality.spec.key != predictor.modality.spec.key:
        return {}, None, []
    fitted = baselines.fitted(task, store, learned, seed)
    asked, examples = store.take(rows), examples_of(task, store, rows)
    answers = fitted.predict(asked, len(rows)).answers
    always = task.score(fitted.blind(asked, len(rows)).answers, examples).get(headline)

    def intervals(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        return _with_intervals(task, answers, examples, task.row_scores(answers, examples), seed, only=headline)

    found = {f"baseline_{name}": value for name, value in intervals(answers, examples).items()}
    said, own = list[str](), found[f"baseline_{headline}"]
    for name, rival in baselines.rivals(task, store, learned, seed).items():
        scored = intervals(rival.predict(asked, len(rows)).answers, examples)
        found |= {f"{name}_{key}": value for key, value in scored.items()}
        said.append(rival.remark(headline, scored[headline], own))
    found |= by_group.random_split(task, store, learned, rows, seed, intervals)
    return found, always, [*by_group.told(found, headline, store), *filter(None, said)]


def _with_intervals(
    task: Task, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], row_scores: np.ndarray, seed: int,
    *, only: str | None = None,
) -> dict[str, float]:  # fmt: skip
    """Every score, or `only` one, followed by the ends of its 95 % interval."""
    scorer = task.scorer(answers, examples)
    point = {name: value for name, value in scorer(np.arange(len(answers))).items() if only in (None, name)}
    generator = np.random.default_rng(seed)
    groups = groups_of([example.get("group") for example in examples])
    first, found = next(iter(point), ""), dict[str, Interval]()
    if point and np.isclose(task.answer.metric(first).of(row_scores), point[first]):
        found[first] = mean_interval(row_scores, generator, task.answer.metric(first), groups=groups)
    if others := [name for name in point if name not in found]:
        # a draw may lack what a score needs (the AUC two classes): it is left out of the interval
        drawn = score_intervals(scorer, others, len(answers), generator, replicates=RESAMPLES, groups=groups)
        found |= dict(zip(others, drawn, strict=True))
    ends = {name: (found[name].low, found[name].high) for name in point}
    return {
        key: value
        for name, (low, high) in ends.items()
        for key, value in ((name, point[name]), (f"{name}_low", low), (f"{name}_high", high))
    }


def _confusion(shares: Distribution, names: Sequence[str]) -> np.ndarray:
    """counts[true][answered], without rows of classes never seen."""
    number = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.int64)
    for true, said in zip(shares.true, shares.said, strict=True):
        if true in number:
            counts[number[true], number[said]] += 1
    return counts


def _per_class(classes: Sequence[str], confusion: np.ndarray) -> list[dict[str, Any]]:
    hits, rows, told = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    recall, precision = hits / np.maximum(rows, 1), hits / np.maximum(told, 1)
    f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-12)
    return [
        {"class": name, "rows": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
        for name, n, p, r, f in zip(classes, rows, precision, recall, f1, strict=True)
    ]
