"""How a model treats the groups of a column: who gets which answer, how often that is right, which gaps are sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.core.contracts import Example, Task
from headstart.core.contracts.metric import Metric
from headstart.core.errors import UsageError
from headstart.core.formatting import readable
from headstart.data.labels.numbers import plain_number
from headstart.data.records import is_missing
from headstart.evaluation.intervals import mean_interval
from headstart.evaluation.resampled_scores import score_interval
from headstart.evaluation.shares import clopper_pearson

LEAST = 20  # rows of a group that is compared, and of the rows of it that a share is of
DISTINCT = 12  # different numbers from which a column is cut into bands
MOST = 50  # groups
RESAMPLES = 200
LEVEL = 0.05
SHARES = {"selection_rate": "", "tpr": " where that is right", "fpr": " where that is wrong"}
MISSING = "(missing)"


@dataclass(frozen=True, kw_only=True)
class Fairness:
    """A line a group, the largest first; and of two classes the gaps to the largest group, in words.

    positive  the class whose answers are counted: the second of two, as for AUC; "" where there are not two
    left      groups that are not shown, for there are too many
    """

    column: str
    positive: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    left: int = 0


def parsed(by: str) -> tuple[str, list[float]]:
    """ "age:25,60" -> the column, and where its bands end; "sex" -> the column alone."""
    column, mark, ends = by.rpartition(":")
    found = [plain_number(one.strip()) for one in ends.split(",")]
    if not mark or any(one is None for one in found):
        return by, []
    return column, sorted(one for one in found if one is not None)


def groups(values: Sequence[Any], ends: Sequence[float] = ()) -> list[str]:
    """The group of each value: its name, or the band of its number, where there are many or `ends` are given."""
    lost = [is_missing(value) or str(value).strip() == "" for value in values]
    names = [MISSING if gone else str(value).strip() for value, gone in zip(values, lost, strict=True)]
    numbers = [None if gone else plain_number(name) for name, gone in zip(names, lost, strict=True)]
    known = [one for one in numbers if one is not None]
    if len(known) < len(names) - sum(lost) or not known:
        if ends:
            raise UsageError(783, "only numbers have bands", where="--by", found=f"'{next(iter(set(names)))}'",
                             fix="give the column without a colon and numbers")  # fmt: skip
        return names
    if not ends and len(set(known)) <= DISTINCT:
        return names
    cuts = list(ends) or np.unique(np.quantile(known, (0.25, 0.5, 0.75))).tolist()
    return [MISSING if one is None else _band(one, cuts) for one in numbers]


def _band(value: float, ends: Sequence[float]) -> str:
    place = int(np.searchsorted(ends, value, side="left"))
    if place == 0:
        return f"up to {readable(ends[0])}"
    if place == len(ends):
        return f"above {readable(ends[-1])}"
    return f"above {readable(ends[place - 1])}, up to {readable(ends[place])}"


def by_groups(
    task: Task, answers: Sequence[dict[str, Any]], examples: Sequence[Example], metric: Metric, column: str,
    names: Sequence[str], seed: int = 0,
) -> Fairness:  # fmt: skip
    """Scores of each group of scored rows, whose groups are `names`."""
    kinds, counts = np.unique(np.array(names, object).astype(str), return_counts=True)
    ranked = [str(kinds[place]) for place in np.argsort(-counts, kind="stable")]
    places = {name: np.flatnonzero([one == name for one in names]) for name in ranked[:MOST]}
    truth, said, positive = _two(task, answers, examples)
    scorer = task.scorer(answers, examples)
    scores = task.row_scores(answers, examples)
    lines = list[dict[str, Any]]()
    for name, rows in places.items():
        generator = np.random.default_rng(seed)
        line: dict[str, Any] = {"group": name, "rows": len(rows)}
        headline = mean_interval(scores[rows], generator, metric)
        line |= _with_ends(metric.name, headline.value, headline.low, headline.high)
        if truth is not None and said is not None:
            line["base_rate"] = float(truth[rows].mean())
            for rate, of in _of(truth[rows]).items():
                line |= _with_ends(rate, *_share(said[rows][of]))
            line |= _auc(scorer, rows, generator)
        lines.append(line)
    gaps = [] if truth is None or said is None else _gaps(places, truth, said, column, positive)
    return Fairness(column=column, positive=positive, lines=lines, gaps=gaps, left=max(0, len(ranked) - MOST))


def _two(
    task: Task, answers: Sequence[dict[str, Any]], examples: Sequence[Example]
) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Is the second of two classes the truth, and is it answered, bool [n] each, and its name; None for other tasks."""
    shares = task.answer.distribution(answers, examples)
    if shares is None or len(shares.classes) != 2:
        return None, None, ""
    positive = str(shares.classes[1])
    return np.array(shares.true) == positive, np.array(shares.said) == positive, positive


def _of(truth: np.ndarray) -> Mapping[str, np.ndarray]:
    """The rows that each rate is a share of."""
    return {"selection_rate": np.ones(len(truth), bool), "tpr": truth, "fpr": ~truth}


def _share(said: np.ndarray) -> tuple[float, float, float]:
    if not len(said):
        return float("nan"), float("nan"), float("nan")
    return float(said.mean()), *clopper_pearson(float(said.mean()), len(said))


def _auc(
    scorer: Callable[[np.ndarray], Mapping[str, float]], rows: np.ndarray, generator: np.random.Generator
) -> dict[str, float]:
    def score(drawn: np.ndarray) -> float:
        return scorer(rows[drawn]).get("auc", float("nan"))

    found = score_interval(score, len(rows), generator, replicates=RESAMPLES)
    return _with_ends("auc", found.value, found.low, found.high)


def _with_ends(name: str, value: float, low: float, high: float) -> dict[str, float]:
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}


def _gaps(
    places: Mapping[str, np.ndarray], truth: np.ndarray, said: np.ndarray, column: str, positive: str
) -> list[str]:  # fmt: skip
    """Every group beside the largest, rate by rate; intervals are as wide as their number asks (Bonferroni)."""
    first, *others = [name for name, rows in places.items() if len(rows) >= LEAST and name != MISSING] or [""]
    pairs = [(name, rate) for name in others for rate in SHARES]
    told, tried = list[str](), 0
    found = list[tuple[float, str]]()
    for name, rate in pairs:
        one, other = (said[places[who]][_of(truth[places[who]])[rate]] for who in (name, first))
        if min(len(one), len(other)) < LEAST:
            continue
        tried += 1
        low, high = _difference(one, other, LEVEL / len(pairs))
        if low > 0 or high < 0:
            gap, ends = abs(one.mean() - other.mean()), sorted(100 * abs(end) for end in (low, high))
            words = (
                f"{column} {name} is answered {positive}{SHARES[rate]} {100 * gap:.0f} points "
                f"{'more' if low > 0 else 'less'} often than {first} ({one.mean():.0%} against {other.mean():.0%}; "
                f"interval {ends[0]:.0f} to {ends[1]:.0f}, corrected for {len(pairs)} gaps)"
            )
            found.append((-float(gap), words))
    told += [words for _, words in sorted(found)]
    if not told and tried:
        told.append(f"none of {tried} gaps to the largest group ({first}) is sure: few rows, or none there")
    return told


def _difference(one: np.ndarray, other: np.ndarray, level: float) -> tuple[float, float]:
    """The interval of the difference of two shares, from Wilson's intervals of both (Newcombe 1998, method 10)."""
    (p, low1, high1), (q, low2, high2) = (_wilson(float(each.mean()), len(each), level) for each in (one, other))
    return p - q - np.hypot(p - low1, high2 - q), p - q + np.hypot(high1 - p, q - low2)


def _wilson(share: float, trials: int, level: float) -> tuple[float, float, float]:
    from scipy.stats import norm

    z2 = float(norm.ppf(1 - level / 2)) ** 2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    return share, float(centre - half), float(centre + half)
