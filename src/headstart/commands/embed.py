"""embed: one vector a row."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.session import Session, peak_memory_bytes


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory.")],
    inputs: Annotated[list[str], typer.Argument(help="Anything `prepare` accepts.")],
    *,
    out: Annotated[Path, typer.Option(help="FILE.parquet (with origins) or .npy")],
) -> dict[str, Any]:
    """Turn every input into the vector that the model's heads see."""
    import numpy as np

    from headstart.assemble import pick_device
    from headstart.commands.tables import check_kind, write_rows
    from headstart.inference.predictor import Predictor

    began = time.perf_counter()
    kind = check_kind(out, ("parquet", "npy"))
    predictor = Predictor.load(model, device=pick_device(session.device))
    given = inputs[0] if len(inputs) == 1 else inputs
    found = list(predictor.embed_each(given))
    vectors = np.stack([vector for _, vector in found])
    if kind == "npy":
        out.parent.mkdir(parents=True, exist_ok=True)
        np.save(out, vectors, allow_pickle=False)
    else:
        write_rows([{"origin": origin, "vector": vector.tolist()} for origin, vector in found], out)
    seconds = time.perf_counter() - began
    text = f"{len(vectors):,} vectors of {vectors.shape[1]} numbers in {seconds:.1f} s, written to {out}"
    return {
        "command": "embed", "out": str(out), "rows": len(vectors), "width": int(vectors.shape[1]), "scores": {},
        "seconds": seconds, "peak_memory_bytes": peak_memory_bytes(), "warnings": [], "text": text,
    }  # fmt: skip
