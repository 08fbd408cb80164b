"""evaluate: score a model on rows it did not learn from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common.session import Session, data_table, peak_memory_bytes, score_lines

if TYPE_CHECKING:
    from headstart.evaluation.evaluate import Evaluation


def evaluate(
    model: Any, data: Any, *, split: str | None = None, out: str | Path | None = None, device: str = "auto",
    seed: int = 0, settings: dict[str, Any] | None = None,
) -> Evaluation:  # fmt: skip
    """Scores with intervals, calibration, confusion, per-class table; with `out`, a report as well.

    A model that was only pretrained is scored by its own objective: loss, bits per byte, perplexity.
    """
    from headstart.assemble import open_start, open_store, pick_device
    from headstart.commands.finetune import path_of
    from headstart.core.contracts import Task
    from headstart.evaluation.evaluate import evaluate as score
    from headstart.evaluation.held_out_loss import judge
    from headstart.inference.predictor import Predictor
    from headstart.report import run_reports, write

    predictor = model if isinstance(model, Predictor) else Predictor.load(str(model), device=pick_device(device))
    asked = Session(settings=settings or {}).build("evaluate", data_table(data))
    start = open_start(path_of(predictor) or "scratch")
    _, store = open_store(asked, data, start)
    judged = score if isinstance(predictor.trainee.objective, Task) else judge
    found = judged(predictor, store, split, seed=seed)
    if out is not None:
        write.write(run_reports.evaluating(found, predictor, store), Path(out))
    return found


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory.")],
    data: Annotated[str, typer.Argument(help="Prepared directory, raw files, or 'digits'.")],
    *,
    split: Annotated[str | None, typer.Option(help="Default: test, else valid.")] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for a report.")] = None,
) -> dict[str, Any]:
    """Score a model: every score with its interval, calibration, per-class table, confusion."""
    began = time.perf_counter()
    found = evaluate(
        model, data, split=split, out=out, device=session.device, seed=session.seed, settings=dict(session.settings)
    )
    scores = found.scores
    lines = [f"{len(found.rows):,} {found.split} rows", *score_lines(scores)]
    lines += [_line_of(row) for row in found.per_class]
    lines += [f"warning: {warning}" for warning in found.warnings]
    confusion = found.confusion.tolist() if found.confusion is not None else []
    return {
        "command": "evaluate", "out": str(out or ""), "split": found.split, "rows": len(found.rows), "scores": scores,
        "per_class": found.per_class, "classes": found.classes, "confusion": confusion,
        "seconds": time.perf_counter() - began, "peak_memory_bytes": peak_memory_bytes(), "warnings": found.warnings,
        "text": "\n".join(lines),
    }  # fmt: skip


def _line_of(row: dict[str, Any]) -> str:
    """A class and its scores."""
    shown = {name: value for name, value in row.items() if isinstance(value, float) and name != "f1"}
    return f"{row['class']}: " + ", ".join(f"{name} {value:.3f}" for name, value in shown.items())
