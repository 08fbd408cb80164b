"""Where a model is worse than elsewhere: segments of a table, corrected for how many were tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.cells import CellColumn
from headstart.core.contracts.metric import Metric
from headstart.core.formatting import readable
from headstart.evaluation.columns.asking import Asking
from headstart.evaluation.intervals import Interval, groups_of, mean_interval

LEAST = 20  # rows of a segment, and of all others
DRAWS = 2_000
LEVEL = 0.05
_VALUES = 4_000_000  # shuffled scores held at a time


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows with one value of a column, or with numbers of one quarter of the rows.

    score  of these rows, with its 95 % interval;  others  the score of all other rows
    chance how often the worst of all segments looks at least as bad where scores are dealt out at random
    """

    column: str
    value: str
    rows: int
    score: Interval
    others: float
    chance: float


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments that are surely worse, the surest first, and how many were tried."""

    worse: list[Segment]
    tried: int


def segments(asking: Asking, metric: Metric, seed: int) -> Segments:
    """Each segment's mean row score against that of the others, in its standard error; of the largest of these the
    distribution where rows are shuffled says how surprising one is (Westfall and Young 1993), whatever their number
    and however they overlap. Rows with groups are not shuffled: whole groups change their sign."""
    known = [(column.name, value, inside) for column in asking.columns for value, inside in _parts(asking, column)]
    scores = asking.predictor.task.row_scores(asking.answers, asking.examples).astype(np.float64)
    flat = metric.sign * metric.from_rows(scores) if scores.ndim > 1 else scores
    if not known or np.ptp(flat) == 0:
        return Segments([], len(known))
    groups = groups_of([example.get("group") for example in asking.examples])
    generator = np.random.default_rng(seed)
    inside = np.stack([one for _, _, one in known]).astype(np.float64)  # [S, n]
    worse, largest = _statistics(inside, flat, groups, generator)
    chance = (1 + (largest[None] >= worse[:, None]).sum(1)) / (1 + len(largest))
    found = list[Segment]()
    for place in np.lexsort((-worse, chance)).tolist():
        if chance[place] <= LEVEL:
            column, value, rows = known[place]
            part = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
            score = mean_interval(scores[rows], np.random.default_rng(seed), metric, groups=part)
            others = metric.of(scores[~rows])
            found.append(Segment(column, value, int(rows.sum()), score, others, float(chance[place])))
    return Segments(found, len(known))


def _parts(asking: Asking, column: CellColumn) -> list[tuple[str, np.ndarray]]:
    """Values of a column, or quarters of its numbers, each with its rows, [n] bool; none of few rows."""
    if column.names:
        codes = asking.cells(column)[:, 0].astype(np.int64)
        parts = [(column.names[code], codes == code) for code in np.unique(codes)]
    elif column.ordered:
        along = asking.along(column)
        parts, known = [("(missing)", np.isnan(along))], along[np.isfinite(along)]
        ends = np.unique(np.quantile(known, (0.25, 0.5, 0.75))).tolist() if len(known) else []
        for low, high in zip([-np.inf, *ends], [*ends, np.inf], strict=True):
            parts.append((_between(low, high), (along > low) & (along <= high)))
    else:
        return []
    return [(value, rows) for value, rows in parts if LEAST <= rows.sum() <= len(rows) - LEAST]


def _between(low: float, high: float) -> str:
    if np.isinf(low):
        return f"up to {readable(high)}"
    return f"above {readable(low)}" if np.isinf(high) else f"above {readable(low)}, up to {readable(high)}"


def _statistics(
    inside: np.ndarray, scores: np.ndarray, groups: np.ndarray | None, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """How much worse each segment is, in standard errors [S], and the largest of these in each draw [draws]."""
    centred, count, rows = scores - scores.mean(), inside.sum(1), len(scores)
    apart = inside - (count / rows)[:, None]  # [S, n]: minus its product with the scores is how much worse a segment is
    if groups is None:
        error = np.sqrt(centred.var() * count * (1 - count / rows))
        drawn = [-(apart @ _shuffled(centred, generator, step)) / error[:, None] for step in _steps(rows)]
        return -(apart @ centred) / error, np.concatenate([one.max(0) for one in drawn])
    sums = np.zeros((len(inside), int(groups.max()) + 1))
    np.add.at(sums.T, groups, (apart * centred).T)  # [S, groups]
    error = np.sqrt((sums**2).sum(1)) + 1e-12
    drawn = [-(sums @ generator.choice([-1.0, 1.0], (sums.shape[1], step))) / error[:, None]
             for step in _steps(sums.shape[1])]  # fmt: skip
    return -sums.sum(1) / error, np.concatenate([one.max(0) for one in drawn])


def _steps(rows: int) -> list[int]:
    """How many draws at a time."""
    step = max(1, min(DRAWS, _VALUES // rows))
    return [min(step, DRAWS - start) for start in range(0, DRAWS, step)]


def _shuffled(values: np.ndarray, generator: np.random.Generator, draws: int) -> np.ndarray:
    """[n, draws]"""
    return generator.permuted(np.broadcast_to(values[:, None], (len(values), draws)), axis=0)
