"""How good answers to several targets are: skill, which has no unit, and the scores of each target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.metric import Metric
from headstart.training.tasks.multitask.held import Held

SKILL = "skill"


def skill(means: np.ndarray) -> np.ndarray:
    """From means over rows [..., 2T], of every target its skill where it is known, and whether it is: the mean of the
    targets' skill. 0 where none is known."""
    scores, known = np.split(np.asarray(means, np.float64), 2, axis=-1)
    each = scores / np.where(known > 0, known, 1.0)
    return (each * (known > 0)).sum(-1) / np.maximum((known > 0).sum(-1), 1)


METRIC = Metric(SKILL, fraction=True, from_rows=skill)


def skills(
    one: Held, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> tuple[np.ndarray, np.ndarray]:
    """Of each row the skill of one target, [n], and whether it counts, [n].

    Skill is 1 - loss / loss of the best constant answer to these rows: R^2 where the score is rmse, and of the accuracy
    the share of the rest that the most frequent class leaves. Where that answer is always right there is no skill.
    """
    rows, said, true = one.sides(answers, examples)
    found, known = np.zeros(len(examples)), np.zeros(len(examples))
    if not len(rows):
        return found, known
    metric = one.task.answer.metric(next(iter(one.task.score(said, true))))
    perfect = 1.0 if metric.fraction and not metric.lower_is_better else 0.0
    room = perfect - one.task.constant(true)
    if room > 0:
        found[rows], known[rows] = 1 - (perfect - one.task.row_scores(said, true)) / room, 1.0
    return found, known
