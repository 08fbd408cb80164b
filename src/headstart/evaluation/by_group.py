"""Scores by group, and what the simple model scores where rows are split at random instead of by group."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from headstart.assemble import examples_of
from headstart.core.contracts import Example, Task
from headstart.core.contracts.metric import Metric
from headstart.data.store import Store
from headstart.evaluation import baselines

PREFIX = "random_split_"
MOST = 50  # groups that a table shows
Intervals = Callable[[Sequence[Mapping[str, Any]], Sequence[Example]], dict[str, float]]


def table(examples: Sequence[Example], row_scores: np.ndarray, metric: Metric) -> list[dict[str, Any]]:
    """A line a group, the worst first; () where there are no groups of several rows, or too many to look at."""
    names = [example.get("group") for example in examples]
    known = sorted({str(name) for name in names if name is not None})
    if not 1 < len(known) <= MOST or len(known) == len(names):
        return []
    lines = []
    for name in known:
        rows = [place for place, one in enumerate(names) if one == name]
        lines.append({"group": name, "rows": len(rows), metric.name: metric.of(row_scores[rows])})
    return sorted(lines, key=lambda line: metric.sign * line[metric.name])


def random_split(
    task: Task, store: Store, learned: np.ndarray, rows: np.ndarray, seed: int, intervals: Intervals
) -> dict[str, float]:
    """The score of the simple model where as many rows learn and are asked, but drawn at random from all of these.

    {} unless the store was split by group. What is above the score by groups is knowledge of the groups.
    """
    if store.grouped_by is None:
        return {}
    drawn = np.random.default_rng([seed, len(rows)]).permutation(np.concatenate([learned, rows]))
    learn, ask = np.sort(drawn[: len(learned)]), np.sort(drawn[len(learned) :])
    answers = baselines.fitted(task, store, learn, seed).predict(store.take(ask), len(ask)).answers
    return {f"{PREFIX}{name}": value for name, value in intervals(answers, examples_of(task, store, ask)).items()}


def told(scores: Mapping[str, float], headline: str, store: Store) -> list[str]:
    """What is said of the two scores of the simple model."""
    mixed, apart = scores.get(f"{PREFIX}{headline}"), scores.get(f"baseline_{headline}")
    if mixed is None or apart is None:
        return []
    told = (
        f"the simple model scores {headline} {apart:.3f} where the rows of one group ({store.grouped_by}) stay together"
    )
    return [f"{told}, and {mixed:.3f} where rows are split at random: the difference is what it knows of the groups"]
