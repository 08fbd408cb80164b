"""In words: does one column of a table give the answer away, as what is known only afterwards does?"""

from __future__ import annotations

import re

import numpy as np

from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.evaluation.column_leaks import small_trees
from headstart.evaluation.column_leaks.small_trees import Asked, score

COLUMNS = 24
"""Columns that trees are asked about one by one: of more those that say most at a first look."""

SURE = 0.95
"""AUC or R2 of one column alone from which it is nearly the target itself."""

ALONE, RIVAL = 0.9, 0.97
"""The same of a column that reaches this share of what all columns do, beyond chance."""

NAMED, UNNAMED, MOSTLY = 0.15, 0.45, 0.6
"""Shares of a model's score beyond chance that are lost without the best column: of one that is called as what is known
afterwards, and of any other that also has most of the score by itself. bank marketing loses 0.39 without `duration`;
adult, German credit and California housing lose 0.01, 0.17 and 0.05 without their best columns, called otherwise."""

_AFTER = re.compile(
    r"(^|[_\s.-])(duration|outcome|result|closed|resolved|resolution|settled|final|ended?|finish(ed)?|completed|paid|"
    r"refund(ed)?|cancel(l?ed|lation)?|churn(ed)?|default(ed)?|approved|decision|status_after|after|post|actual|recovered|"
    r"discharged?|death|died|diagnosis)([_\s.-]|$)", re.IGNORECASE,
)  # fmt: skip


def telling(task: Task, store: Store, rows: np.ndarray, seed: int) -> list[str]:
    """A warning for each column that alone nearly gives the target, and for one that is known only afterwards, by its
    name and by what a model loses without it. Rows of no table, and tasks that trees do not learn, are not asked."""
    asked = small_trees.asked(task, store, rows, seed)
    if asked is None:
        return []
    first = small_trees.most_telling(asked, COLUMNS, seed)
    alone = {name: small_trees.alone(asked.cells[name], asked, seed) for name in first}
    ranked = sorted(alone, key=lambda name: -alone[name])
    sure = [name for name in ranked if alone[name] >= SURE]
    if sure:
        return [_told(name, asked, alone[name], "is nearly the target itself") for name in sure]
    if len(ranked) < 3:
        return []
    best = ranked[0]
    whole = score(list(asked.cells.values()), asked, seed, leaves=31)
    rest = score(list(asked.without(best).values()), asked, seed, leaves=31)
    chance = asked.chance
    gain = max(whole - chance, 1e-9)
    if alone[best] >= ALONE and alone[best] - chance >= RIVAL * gain:
        return [_told(best, asked, alone[best], f"is as good as all columns together ({whole:.2f})")]
    lost = (whole - rest) / gain
    named = _AFTER.search(best) is not None
    telltale = lost >= NAMED if named else lost >= UNNAMED and alone[best] - chance >= MOSTLY * gain
    if whole - chance > 0.1 and telltale:
        what = f"may be known only afterwards: without it all other columns come to {rest:.2f}, with it to {whole:.2f}"
        return [_told(best, asked, alone[best], what)]
    return []


def _told(name: str, asked: Asked, alone: float, what: str) -> str:
    advice = f"if it is not known when the model is asked, leave it out with modality.kinds={name}:drop"
    return f"column {name} {what} ({asked.measure} {alone:.2f} by itself, on train rows): {advice}"
