"""What a model does with the columns of a table: their worth, how answers follow them, where it errs, odd labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.metric import Metric
from headstart.core.formatting import readable, shorten
from headstart.data.store import Store
from headstart.evaluation.columns import contradicted, dependence, importance, segments
from headstart.evaluation.columns.asking import Asking, asking
from headstart.evaluation.columns.contradicted import Doubt, Doubts
from headstart.evaluation.columns.dependence import Dependence
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.reports import blocks, samples
from headstart.reports.blocks import Block, Chart, Section, Series, Table

ROWS, AVERAGED, COMPARED = 1_000, 300, 20_000  # rows for importance, for mean answers, and for segments
FIRST = 6  # columns whose answers are drawn
LINES = 4  # lines of a chart
DOUBTED = 12  # rows that are shown


def sections(
    evaluation: Evaluation, predictor: Predictor, store: Store, *, learned: np.ndarray | None = None, seed: int = 0
) -> list[Section]:
    """None for rows without columns. `learned`: train rows whose labels are looked at too."""
    stored = store.take(evaluation.rows) if predictor.modality.cell_columns else {}
    asked = asking(predictor, evaluation, stored, ROWS, seed)
    if asked is None:
        return []
    metric = evaluation.metric
    found = importance.importance(asked, metric, seed)
    shown: list[Block] = [*_importance(found, metric, evaluation.split)]
    few = asking(predictor, evaluation, stored, AVERAGED, seed)
    assert few is not None
    columns = {one.name: one for one in asked.columns}
    drawn = [dependence.dependence(few, columns[one.column]) for one in found.weights[:FIRST]]
    shown += _dependence([one for one in drawn if one is not None], few)
    made = [Section("Columns", shown)]
    every = asking(predictor, evaluation, stored, COMPARED, seed)
    assert every is not None
    made.append(Section("Where it is worse", _segments(segments.segments(every, metric, seed), metric)))
    task = predictor.task
    of_learned = None if learned is None else contradicted.of_learned(task, store, learned, seed)
    doubts = {"the model": contradicted.of_scored(evaluation, task), "trees that did not learn from them": of_learned}
    told = [block for who, one in doubts.items() if one is not None for block in _doubts(one, who, store, predictor)]
    return [*made, Section("Labels to look at", told)]


def _unit(metric: Metric) -> tuple[float, str]:
    return (100.0, f"points of {metric.name}") if metric.fraction else (1.0, metric.name)


def _importance(found: importance.Importance, metric: Metric, split: str) -> list[Block]:
    times, unit = _unit(metric)
    told = (
        f"What the score loses where the cells of one column are dealt out to other rows at random, in {unit}: "
        f"{found.permutations} times on {found.rows:,} {split} rows, with 95 % intervals. Columns that say the same "
        "share what they are worth. The second table says how far answers move then, which needs no labels."
    )
    if found.left:
        told += f" There was no time for {found.left:,} more columns."
    rows = [(one.column, times * one.lost.value, times * one.lost.low, times * one.lost.high) for one in found.weights]
    moves = sorted(found.weights, key=lambda one: -one.moved)
    table = Table(
        ("column", f"lost, {unit}", "from", "to", "answers move by"),
        [[one.column, *(times * value for value in (one.lost.value, one.lost.low, one.lost.high)), one.moved]
         for one in moves],
        "Columns by how far answers move", dict.fromkeys((f"lost, {unit}", "from", "to", "answers move by"), ".3g"),
    )  # fmt: skip
    return [blocks.Paragraph(told), blocks.Intervals(f"Columns by importance: {unit} lost", rows), table]


def _dependence(found: Sequence[Dependence], asked: Asking) -> list[Block]:
    if not found:
        return []
    told = (
        f"How answers follow the first columns: the mean answer to {len(asked.answers):,} rows where all of them hold "
        "the same cell. Strokes at the foot of a chart are places of rows: where there are none, nothing is known. "
        "It says what the model does, not what would happen if somebody changed the cell."
    )
    return [blocks.Paragraph(told), *(block for one in found for block in _drawn(one))]


def _drawn(one: Dependence) -> list[Block]:
    name = one.column.name
    if one.names:
        if len(one.outputs) == 1 and (one.said >= 0).all():
            rows = [(f"{value} ({count:,} rows)", float(said[0]))
                    for value, count, said in zip(one.names, one.rows, one.said, strict=True)]  # fmt: skip
            return [blocks.Bars(f"{name}: {_output(one.outputs[0])}", rows)]
        lines = [[value, count, *map(float, said)]
                 for value, count, said in zip(one.names, one.rows, one.said, strict=True)]  # fmt: skip
        return [
            Table((name, "rows", *one.outputs), lines, f"Mean answers by {name}", dict.fromkeys(one.outputs, ".3g"))
        ]
    order = np.argsort(-np.ptp(one.said, axis=0), kind="stable")[:LINES]
    series = [Series(_output(one.outputs[place]), one.at, one.said[:, place]) for place in order]
    if one.missing is not None and len(order) == 1:
        series.append(Series("where it is missing", one.at[[0, -1]], np.repeat(one.missing[order], 2)))
    label = f"{name}, {one.column.axis}" if one.column.axis else name
    return [Chart(name, label, "mean answer", series, rug=one.rug)]


def _output(name: str) -> str:
    return "mean answer" if name == "value" else f"probability of {name}"


def _segments(found: segments.Segments, metric: Metric) -> list[Block]:
    if not found.tried:
        return []
    if not found.worse:
        told = f"None of {found.tried:,} parts of the rows (values of categories, quarters of numbers) is surely worse."
        return [blocks.Paragraph(told)]
    lines = [[one.column, one.value, one.rows, one.score.value, one.score.low, one.score.high, one.others, one.chance]
             for one in found.worse]  # fmt: skip
    told = f"Surely worse than elsewhere: {len(lines)} of {found.tried:,} parts of the rows that were tried"
    formats = {metric.name: ".3f", "from": ".3f", "to": ".3f", "elsewhere": ".3f", "by luck": ".3f"}
    return [Table(("column", "value", "rows", metric.name, "from", "to", "elsewhere", "by luck"), lines, told, formats)]


def _doubts(found: Doubts, who: str, store: Store, predictor: Predictor) -> list[Block]:
    count = len(found.rows)
    if found.classes:
        told = (
            f"To {count:,} of {found.asked:,} {found.split} rows {who} would give their label a probability below "
            f"{contradicted.SURE:.0%}. Wrong labels are among them, and rows that are hard: look before you change any."
        )
    else:
        told = (
            f"{count:,} of {found.asked:,} {found.split} rows lie more than {contradicted.FAR:.0f} times as "
            f"far from what is said by {who} as half of all rows do."
        )
    if not count:
        return [blocks.Paragraph(told)]
    some = found.rows[:DOUBTED]
    rows = np.array([one.row for one in some])
    looks = samples.seen(store, rows, predictor.modality)
    items = [_look(one, look, origin, surely=found.classes)
             for one, look, origin in zip(some, looks, store.origins_of(rows), strict=True)]  # fmt: skip
    return [blocks.Paragraph(told), blocks.Gallery(f"Doubtful labels of {found.split} rows", items)]


def _look(one: Doubt, look: Look, origin: str, *, surely: bool) -> Look:
    lines = [[Piece(shorten(piece.text, samples.LONGEST)) for piece in line] for line in look.lines]
    far = f"{one.given:.1%}" if surely else f"{readable(one.given)} usual distances away"
    return Look(look.picture, lines, f"is {one.label} ({far}), rather {one.said}", origin)
