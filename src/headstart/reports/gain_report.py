"""The report of `gain`: verdict, label-efficiency curve, every number with its interval."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.assemble import task_of
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation.gain import Gain, stacked
from headstart.evaluation.intervals import Interval, arm_replicates
from headstart.evaluation.label_efficiency import label_efficiency
from headstart.reports import shared
from headstart.reports.blocks import (
    Block,
    Chart,
    Front,
    Intervals,
    Paragraph,
    Report,
    Section,
    Series,
    Table,
    Tone,
    Verdict,
)

NAMES = {
    "pretrained": "head start", "scratch": "scratch", "default": "usual network", "fresh": "fresh weights, same tuning",
    "raw": "raw input, same tuning", "baseline": "simple model", "constant": "constant answer",
}  # fmt: skip
MAIN = ("pretrained", "scratch", "baseline")  # arms of the first screen
TONES: dict[str, Tone] = {"worth it": "good", "not worth it": "bad", "cannot tell yet": "unsure"}


def proof(gain: Gain, recipe: Recipe, store: Store, facts: Mapping[str, Any]) -> Report:
    """The proof: verdict, label-efficiency curve, every number with its interval."""
    budgets = gain.budgets
    verdict = Verdict(gain.verdict.verdict, gain.verdict.sentence, TONES[gain.verdict.verdict])
    table = scores_of(gain)
    columns = table.columns
    words = dict.fromkeys(f"{_name(rival.arm)}: {rival.words}" for b in budgets for rival in b.evidence.rivals)
    rivals = list(dict.fromkeys(rival.arm for b in budgets for rival in b.evidence.rivals))
    over = [{rival.arm: rival.gain for rival in b.evidence.rivals} for b in budgets]
    gains = Table(columns, [[f"over {_name(arm)}", *(_cell(one, arm) for one in over)] for arm in rivals],
                  "Gain of the head start, paired")  # fmt: skip
    sections = [
        Section("Evidence", [*_efficiency(gain), gains, table, Paragraph(f"{'; '.join(words)}.")]),
        Section("Every trained model", _seeds(gain)),
        Section("Cost", [shared.cost(facts)]),
        *shared.origin(store, recipe, facts),
    ]
    title = f"Was the head start worth it on {shared.name_of(store)}?"
    tried = ", ".join(_labels(b.labels) for b in budgets)
    sentence = f"{tried}; {gain.seeds} seeds; scored on {gain.test_rows:,} {gain.split} rows."
    task = task_of(recipe, store)
    front = Front(verdict, _drawing(gain), _three(gain), shared.train_rows(store, task), gain.warnings)
    return Report(title, sentence, "gain", shared.now(), front, sections)


def _drawing(gain: Gain) -> Chart | Intervals:
    """Score against labels; the arms beside each other where there is one number of labels."""
    if len(gain.budgets) > 1:
        return _curves(gain, [*MAIN])
    scores = gain.budgets[-1].scores
    return Intervals(gain.metric.name, [(_name(arm), one.value, one.low, one.high) for arm, one in scores.items()])


def _three(gain: Gain) -> Table:
    """The head start, its closest rival and the simple model with the most labels."""
    last = gain.budgets[-1]
    arms = dict.fromkeys(["pretrained", last.evidence.closest.arm, "baseline", *last.scores])
    rows = [[_name(arm), str(last.scores[arm])] for arm in arms if arm in last.scores][:3]
    return Table(("start", f"{gain.metric.name} with {_labels(last.labels)}"), rows)


def scores_of(gain: Gain) -> Table:
    """The score of every arm at every number of labels, with the verdicts below."""
    budgets = gain.budgets
    arms = list(dict.fromkeys(arm for b in budgets for arm in b.scores))
    rows = [[_name(arm), *(_cell(b.scores, arm) for b in budgets)] for arm in arms]
    rows.append(["verdict", *(b.verdict.verdict for b in budgets)])
    caption = (
        f"{gain.metric.name} on {gain.test_rows:,} {gain.split} rows, {gain.seeds} seeds, 95 % intervals. "
        f"All of a column learned from the same labels."
    )
    return Table(["start", *(_labels(b.labels) for b in budgets)], rows, caption)


def _efficiency(gain: Gain) -> list[Block]:
    """The label-efficiency curve, and what the head start is worth in labels where it is worth it."""
    if len(gain.budgets) < 2:
        return []
    # a constant answer would squash the others
    arms = [arm for arm in gain.budgets[0].scores if arm != "constant"]
    return [_curves(gain, arms), *_in_labels(gain, [int(b.labels or gain.labelled) for b in gain.budgets])]


def _curves(gain: Gain, arms: Sequence[str]) -> Chart:
    """Score against labels of those of the arms that were tried with every number of labels."""
    x = [float(b.labels or gain.labelled) for b in gain.budgets]
    every = [arm for arm in arms if all(arm in b.scores for b in gain.budgets)]
    curves = {arm: [b.scores[arm] for b in gain.budgets] for arm in every}
    series = [
        Series(_name(arm), x, [one.value for one in curve], [one.low for one in curve], [one.high for one in curve])
        for arm, curve in curves.items()
    ]
    return Chart("Score against labels", "labels", gain.metric.name, series, log_x=True)


def _in_labels(gain: Gain, labels: list[int]) -> list[Block]:
    """How many labels the best rival needs for the same score, with intervals; nothing where the verdict is open."""
    paying = {count for count, b in zip(labels, gain.budgets, strict=True) if b.verdict.verdict == "worth it"}
    if not paying or labels != sorted(set(labels)):
        return []
    curves, draws = [], []  # of the head start, and of the best rival at each number of labels
    for place, budget in enumerate(gain.budgets):
        for arm in ("pretrained", budget.evidence.closest.arm):
            rows = stacked(gain.cells, arm, budget.labels)
            curves.append(budget.scores[arm].value)
            draws.append(arm_replicates(rows, np.random.default_rng(place), gain.metric, groups=gain.groups))
    worth = label_efficiency(
        labels, np.array(curves[::2]), np.array(curves[1::2]), gain.metric,
        head_start_replicates=np.stack(draws[::2], 1), scratch_replicates=np.stack(draws[1::2], 1),
    )  # fmt: skip
    sentences = [one.sentence for one in worth if one.labels in paying]
    return [Paragraph(f"Against the best rival at each number of labels: {'; '.join(sentences)}.")]


def _seeds(gain: Gain) -> list[Block]:
    rows = []
    for cell in gain.cells:
        score, tuning = gain.metric.of(cell.row_scores), str(cell.chosen.get("tuning", ""))
        rows.append([_name(cell.arm), cell.labels or "all", cell.seed, score, cell.seconds, tuning])
    columns = ["start", "labels", "seed", gain.metric.name, "seconds", "tuning"]
    return [Table(columns, rows, formats={gain.metric.name: ".3f", "seconds": ".1f"})]


def _name(arm: str) -> str:
    return NAMES.get(arm, arm)


def _labels(count: int | None) -> str:
    return f"{count:,} labels" if count else "all labels"


def _cell(values: Mapping[str, Interval], arm: str) -> str:
    return str(values[arm]) if arm in values else ""
