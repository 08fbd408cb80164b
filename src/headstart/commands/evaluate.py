"""evaluate: score a model on rows it did not learn from."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.data.reading.roles import Ask
    from headstart.data.store import Store
    from headstart.evaluation.evaluate import Evaluation
    from headstart.evaluation.fairness import Fairness
    from headstart.inference.predictor import Predictor

FAIR = "it was fitted on up to 10,000 train labels of these data; headstart gain compares both with equally many"


def evaluate(
    model: options.Model,
    data: options.Data = None,
    *,
    split: Annotated[str | None, "Split to score on; default test, else valid."] = None,
    out: Annotated[str | Path | None, "Directory for a report."] = None,
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    by: Annotated[str | None, "Column whose groups are compared; numbers in bands: age, or age:25,60."] = None,
    time: options.Time = None,
    follow: options.Follow = False,
    strict: options.Strict = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Evaluation:
    """Score a model: scores with intervals, calibration, a table by class, the confusion matrix.

    Of raw data without parts all rows are scored, unless the model learned from them; else the test part, or `split`.

    A model without a task is scored by its own objective: loss, bits per byte, perplexity. Of a table the columns are
    read that the model learned from. Rows that cannot be read are counted and left out, unless `strict`. `by` names a
    column of raw data, which the model need not read: how its groups fare, and which gaps between them are sure.
    """
    from headstart.assemble import open_start, open_store
    from headstart.commands.common.request import data_of, data_table, model_of, path_of, requested
    from headstart.commands.common.simple import below_simple
    from headstart.commands.common.terminal import tell, tell_taken
    from headstart.data.inputs import prepared
    from headstart.data.reading.roles import Ask
    from headstart.evaluation import asked
    from headstart.evaluation.evaluate import evaluate as score
    from headstart.evaluation.held_out_loss import judge
    from headstart.models.start import learned_by
    from headstart.reports import run_reports, write

    predictor = model_of(model, device=device)
    if by is not None:
        _check_by(by, data, predictor)
    task = predictor.trainee.objective.as_task
    fields = data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    raw = data is not None and prepared(data) is None
    if raw:
        fields |= {"data.near": "keep"} | ({} if strict else {"data.skip_bad": True, "data.max_bad": 1.0})
    wanted = requested("evaluate", fields, seed=0, recipe=None, settings=settings)
    start = open_start(path_of(predictor) or "scratch")
    learned = None if start is None else learned_by(start, needed=True, labelled=task is not None and task.needs_labels)
    _, store = open_store(wanted, data_of(data, wanted), start, learned=learned, answered=True)
    tell_taken(store.taken, quiet=quiet)
    if task is not None and task.manner:
        tell(task.manner, quiet=quiet)
    rows = asked.whole(predictor.start, store) if raw and split is None else None
    name = split if rows is None else asked.GIVEN
    evaluation = (judge if task is None else score)(predictor, store, name, seed=seed, rows=rows)
    told = asked.sentence(store, evaluation.split, len(evaluation.rows)) if raw else ""
    evaluation = replace(evaluation, told=told)
    if by is not None:
        asked_of = Ask(input=input, target=target, id=id, follow=follow, learned=learned)
        evaluation = replace(evaluation, by=_fairness(evaluation, predictor, data, asked_of, by, seed))
    evaluation.warnings.extend([*below_simple(evaluation, FAIR), *_left_out(store, raw)])
    if out is not None:
        write.write(run_reports.evaluating(evaluation, predictor, store), Path(out))
    return evaluation


def _check_by(by: str, data: Any, predictor: Predictor) -> None:
    """UsageError where rows have no other columns, or the model gives no answers."""
    from headstart.core.errors import UsageError
    from headstart.data.inputs import prepared

    if data is None or prepared(data) is not None:
        fix = "give the raw data instead: headstart evaluate MODEL FILE --by COLUMN"
        raise UsageError(782, "prepared data have no columns to compare", where="--by", found=f"'{by}'", fix=fix)
    assert predictor.task  # UsageError for a model without one


def _fairness(evaluation: Evaluation, predictor: Predictor, data: Any, ask: Ask, by: str, seed: int) -> Fairness:
    """The scored rows by the column, which is read from the raw data once more."""
    from headstart.data.inputs import examples_of
    from headstart.evaluation import fairness

    column, ends = fairness.parsed(by)
    read = examples_of(data, modality=predictor.modality, ask=replace(ask, keep=column))
    cells = {str(one["origin"]): one.get("kept", {}) for one in read}
    kept = [cells.get(str(one["origin"]), {}) for one in evaluation.examples]
    names = fairness.groups([next(iter(one.values()), None) for one in kept], ends)
    return fairness.by_groups(
        predictor.task, evaluation.answers, evaluation.examples, evaluation.metric, column, names, seed
    )


def _left_out(store: Store, raw: bool) -> list[str]:
    """What to say of rows that could not be read, and of copies and repairs among raw data."""
    from headstart.data.preparing.duplicates import UNREADABLE

    bad = [row["detail"].partition(". fix: ")[0] for row in store.rejected() if row["reason"] == UNREADABLE]
    others = Counter(row["reason"] for row in store.rejected() if row["reason"] != UNREADABLE) if raw else {}
    said = [f"{len(bad):,} rows could not be read and are not scored, the first: {bad[0]}"] if bad else []
    said += [f"{count:,} rows are not scored: {reason}" for reason, count in sorted(others.items())]
    return [*said, *(store.manifest.get("repairs", []) if raw else [])]


def summary(evaluation: Evaluation, call: Call) -> dict[str, Any]:
    from headstart.commands.common.next_command import after_evaluate
    from headstart.commands.common.summaries import score_lines

    lines = [evaluation.told or f"{len(evaluation.rows):,} {evaluation.split} rows", *score_lines(evaluation.scores)]
    for row in evaluation.per_class:
        shown = {name: value for name, value in row.items() if isinstance(value, float) and name != "f1"}
        lines.append(
            f"{one_line(str(next(iter(row.values()))))}: "
            + ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
        )
    lines += [] if evaluation.walk is None else [one_line(said) for said in evaluation.walk.said]
    by = evaluation.by
    for line in () if by is None else by.lines:
        shown = {name: value for name, value in line.items() if isinstance(value, float) and "_low" not in name}
        shown = {name: value for name, value in shown.items() if "_high" not in name}
        told = ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
        lines.append(
            f"{one_line(by.column if by else '')} {one_line(str(line['group']))}: {line['rows']:,} rows, {told}"
        )
    lines += [] if by is None else [one_line(gap) for gap in by.gaps]
    lines += [f"warning: {one_line(warning)}" for warning in evaluation.warnings]
    confusion = evaluation.confusion.tolist() if evaluation.confusion is not None else []
    return {
        "out": str(call.arguments.get("out", "")), "split": evaluation.split, "rows": len(evaluation.rows),
        "told": evaluation.told,
        "scores": evaluation.scores, "per_class": evaluation.per_class, "classes": evaluation.classes,
        **({} if by is None else {"by": asdict(by)}),
        **({} if evaluation.walk is None else {"walk": evaluation.walk.facts()}),
        "confusion": confusion, "warnings": evaluation.warnings, "text": "\n".join(lines),
        "next": after_evaluate(call.arguments),
    }  # fmt: skip
