"""predict: answers for new inputs."""

from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call


def predict(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[str | Path | None, "FILE.jsonl, .csv or .parquet", options.WRITTEN] = None,
    precision: Annotated[str, "float32, bfloat16, or auto: bfloat16 where it is faster."] = "float32",
    device: options.Device = "auto",
) -> list[dict[str, Any]]:
    """Predict every input; one row per input, with its origin.

    Each answer is plain JSON with its `origin`; with `out` they are written too. Raises HeadstartError.
    """
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import check_kind, write_rows
    from headstart.training.precision import check_precision

    if out is not None:
        check_kind(Path(out), ("jsonl", "csv", "parquet"))
    predictor = model_of(model, device=device, numbers=check_precision(precision))
    rows = [{"origin": origin, **answer} for origin, answer in predictor.answer_each(inputs)]
    if out is not None:
        write_rows(rows, Path(out))
    return rows


def summary(rows: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    text = f"{len(rows):,} answers in {call.seconds:.1f} s, written to {call.arguments['out']}"
    return {"rows": len(rows), "text": text}
