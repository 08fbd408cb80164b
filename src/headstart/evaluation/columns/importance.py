"""Which columns of a table a model's score hangs on: permutation importance (Breiman 2001) with intervals."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.evaluation.columns.asking import Asking
from headstart.evaluation.intervals import Interval, gain_interval, groups_of

PERMUTATIONS, SECONDS = 5, 10.0


@dataclass(frozen=True, slots=True)
class Weight:
    """What one column is worth.

    lost   score that is lost where its cells are dealt out to other rows, in the unit of the score
    moved  how far the numbers of an answer move then, the largest of them, a mean over rows
    """

    column: str
    lost: Interval
    moved: float


@dataclass(frozen=True, slots=True)
class Importance:
    """Columns by what they are worth, how often each was dealt out, and how many there was no time for."""

    weights: list[Weight]
    permutations: int
    rows: int
    left: int


def importance(
    asking: Asking, metric: Metric, seed: int, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
) -> Importance:
    """Each column dealt out several times, all columns once before any is dealt out again, until time is over.

    The interval is over rows and permutations, paired with the answers to the rows as they are.
    """
    task, generator = asking.predictor.task, np.random.default_rng(seed)
    order = generator.permutation(len(asking.columns)).tolist()
    scores: dict[int, list[np.ndarray]] = {place: [] for place in order}
    moved: dict[int, list[float]] = {place: [] for place in order}
    _, plain = asking.numbers(asking.answers)
    end, rounds = clock() + seconds, 0
    for _ in range(PERMUTATIONS):
        for place in order:
            if clock() > end and (rounds or any(scores.values())):
                break
            column = asking.columns[place]
            answers = asking.where(column, generator.permutation(asking.cells(column)))
            scores[place].append(task.row_scores(answers, asking.examples))
            moved[place].append(float(np.abs(asking.numbers(answers)[1] - plain).max(1, initial=0.0).mean()))
        else:
            rounds += 1
            continue
        break
    counted = max(1, rounds)
    before = task.row_scores(asking.answers, asking.examples)
    groups = groups_of([example.get("group") for example in asking.examples])
    weights = list[Weight]()
    for place in (one for one in order if scores[one]):
        after = np.stack(scores[place][:counted])
        arms = np.broadcast_to(before, after.shape)
        lost = gain_interval(arms, after, np.random.default_rng(seed), metric, groups=groups)
        weights.append(Weight(asking.columns[place].name, lost, float(np.mean(moved[place][:counted]))))
    weights.sort(key=lambda one: (-one.lost.value, -one.moved))
    return Importance(weights, counted, len(asking.answers), len(order) - len(weights))
