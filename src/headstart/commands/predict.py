"""predict: answers for new inputs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session, peak_memory_bytes


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory.")],
    inputs: Annotated[list[str], typer.Argument(help="Anything `prepare` accepts.")],
    *,
    out: Annotated[Path, typer.Option(help="FILE.jsonl, .csv or .parquet")],
    precision: Annotated[str, typer.Option(help="float32, bfloat16, or auto: bfloat16 where it pays.")] = "float32",
) -> dict[str, Any]:
    """Answer every input; one row a line, with its origin."""
    from headstart.assemble import pick_device
    from headstart.commands.common.write_rows import check_kind, write_rows
    from headstart.inference.predictor import Predictor
    from headstart.training.precision import check_precision

    began = time.perf_counter()
    session.as_trained()
    check_kind(out, ("jsonl", "csv", "parquet"))
    predictor = Predictor.load(model, device=pick_device(session.device), numbers=check_precision(precision))
    given = inputs[0] if len(inputs) == 1 else inputs
    rows = [{"origin": origin, **answer} for origin, answer in predictor.answer_each(given)]
    write_rows(rows, out)
    seconds = time.perf_counter() - began
    text = f"{len(rows):,} answers in {seconds:.1f} s, written to {out}"
    return {
        "command": "predict", "out": str(out), "rows": len(rows), "scores": {}, "seconds": seconds,
        "peak_memory_bytes": peak_memory_bytes(), "warnings": [], "text": text,
    }  # fmt: skip
