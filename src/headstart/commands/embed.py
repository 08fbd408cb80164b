"""embed: one vector a row, or the rows whose vectors are most like that of a query."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common.session import Session, peak_memory_bytes
from headstart.core.errors import UsageError

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory.")],
    inputs: Annotated[list[str], typer.Argument(help="Anything `prepare` accepts.")],
    *,
    out: Annotated[Path, typer.Option(help="FILE.parquet (with origins) or .npy; .jsonl with --query.")],
    query: Annotated[list[str] | None, typer.Option(help="Find the inputs most like this; may be repeated.")] = None,
    nearest: Annotated[int | None, typer.Option(help="How many inputs to find for each query (5).")] = None,
) -> dict[str, Any]:
    """Turn every input into the vector that the model's heads see, or find those most like a query."""
    from headstart.assemble import pick_device
    from headstart.commands.common.write_rows import check_kind
    from headstart.inference.predictor import Predictor

    began = time.perf_counter()
    session.as_trained()
    if nearest is not None and not query:
        raise UsageError(566, "nothing is asked", found=f"--nearest {nearest}", fix="pass --query with a text or file")
    check_kind(out, ("jsonl",) if query else ("parquet", "npy"))
    predictor = Predictor.load(model, device=pick_device(session.device))
    given = inputs[0] if len(inputs) == 1 else inputs
    done = (
        _find(predictor, query, given, 5 if nearest is None else nearest, out)
        if query
        else _embed(predictor, given, out)
    )
    seconds = time.perf_counter() - began
    text = f"{done.pop('text')} in {seconds:.1f} s, written to {out}"
    return {
        "command": "embed", "out": str(out), **done, "scores": {}, "seconds": seconds,
        "peak_memory_bytes": peak_memory_bytes(), "warnings": [], "text": text,
    }  # fmt: skip


def _embed(predictor: Predictor, given: Any, out: Path) -> dict[str, Any]:
    """Write one vector a row."""
    import numpy as np

    from headstart.commands.common.write_rows import write_rows

    found = list(predictor.embed_each(given))
    vectors = np.stack([vector for _, vector in found])
    if out.suffix.lower() == ".npy":
        out.parent.mkdir(parents=True, exist_ok=True)
        np.save(out, vectors, allow_pickle=False)
    else:
        write_rows([{"origin": origin, "vector": vector.tolist()} for origin, vector in found], out)
    rows, width = vectors.shape
    return {"rows": rows, "width": width, "text": f"{rows:,} vectors of {width} numbers"}


def _find(predictor: Predictor, queries: list[str], given: Any, k: int, out: Path) -> dict[str, Any]:
    """Write one line a query: the inputs most like it."""
    from headstart.commands.common.write_rows import write_rows

    found = predictor.nearest(queries, given, k)
    write_rows([{"query": q, "nearest": rows} for q, rows in zip(queries, found, strict=True)], out)
    return {"rows": len(found), "text": f"the {k} nearest inputs of {len(found):,} queries"}
