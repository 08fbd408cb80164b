"""evaluate: score a model on rows it did not learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.evaluation.evaluate import Evaluation


def evaluate(
    model: options.Model,
    data: options.Data,
    *,
    split: Annotated[str | None, "Split to score on; default test, else valid."] = None,
    out: Annotated[str | Path | None, "Directory for a report."] = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    settings: options.Settings = None,
) -> Evaluation:
    """Score a model: scores with intervals, calibration, a table by class, the confusion matrix.

    A model without a task is scored by its own objective: loss, bits per byte, perplexity.
    """
    from headstart.assemble import open_start, open_store
    from headstart.commands.common.request import data_table, model_of, path_of, requested
    from headstart.evaluation.evaluate import evaluate as score
    from headstart.evaluation.held_out_loss import judge
    from headstart.report import run_reports, write

    predictor = model_of(model, device=device)
    wanted = requested("evaluate", data_table(data), seed=0, recipe=None, settings=settings)
    _, store = open_store(wanted, data, open_start(path_of(predictor) or "scratch"))
    scored = score if predictor.trainee.objective.as_task is not None else judge
    evaluation = scored(predictor, store, split, seed=seed)
    if out is not None:
        write.write(run_reports.evaluating(evaluation, predictor, store), Path(out))
    return evaluation


def summary(evaluation: Evaluation, call: Call) -> dict[str, Any]:
    from headstart.commands.common.summaries import score_lines

    lines = [f"{len(evaluation.rows):,} {evaluation.split} rows", *score_lines(evaluation.scores)]
    for row in evaluation.per_class:
        shown = {name: value for name, value in row.items() if isinstance(value, float) and name != "f1"}
        lines.append(f"{row['class']}: " + ", ".join(f"{name} {value:.3f}" for name, value in shown.items()))
    lines += [f"warning: {warning}" for warning in evaluation.warnings]
    confusion = evaluation.confusion.tolist() if evaluation.confusion is not None else []
    return {
        "out": str(call.arguments.get("out", "")), "split": evaluation.split, "rows": len(evaluation.rows),
        "scores": evaluation.scores, "per_class": evaluation.per_class, "classes": evaluation.classes,
        "confusion": confusion, "warnings": evaluation.warnings, "text": "\n".join(lines),
    }  # fmt: skip
