"""embed: one vector per row, or the rows most similar to a query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor


def embed(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[
        str | Path | None, "FILE.parquet (with origins) or .npy; .jsonl with --query.", options.WRITTEN
    ] = None,
    query: Annotated[
        Any, "Find the inputs most similar to this; may be repeated.", options.CommandLine(kind=list[str])
    ] = None,
    nearest: Annotated[int | None, "How many inputs to find for each query (5)."] = None,
    device: options.Device = "auto",
) -> Any:
    """Compute the vector of every input, or find the inputs most similar to a query.

    The vectors are [n, F] float32; with `query`, a list a query: `origin`, `text` and `similarity` of the nearest
    inputs. With `out` they are written too. Raises HeadstartError.
    """
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import check_kind, write_rows

    if nearest is not None and query is None:
        raise UsageError(566, "--nearest needs --query", fix="pass --query with a text or file")
    if out is not None:
        check_kind(Path(out), ("parquet", "npy") if query is None else ("jsonl",))
    predictor = model_of(model, device=device)
    if query is None:
        return _vectors(predictor, inputs, out)
    queries = [query] if isinstance(query, str) else query
    rows = predictor.nearest(queries, inputs, 5 if nearest is None else nearest)
    if out is not None:
        write_rows([{"query": one, "nearest": each} for one, each in zip(queries, rows, strict=True)], Path(out))
    return rows


def _vectors(predictor: Predictor, inputs: Any, out: str | Path | None) -> Any:
    import numpy as np

    from headstart.commands.common.write_rows import write_rows

    rows = list(predictor.embed_each(inputs))
    vectors = np.stack([vector for _, vector in rows])
    if out is not None and Path(out).suffix.lower() == ".npy":
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        np.save(out, vectors, allow_pickle=False)
    elif out is not None:
        write_rows([{"origin": origin, "vector": vector.tolist()} for origin, vector in rows], Path(out))
    return vectors


def summary(result: Any, call: Call) -> dict[str, Any]:
    sizes = {"rows": len(result)}
    if "query" in call.arguments:
        text = f"the {call.arguments.get('nearest', 5)} nearest inputs of {len(result):,} queries"
    else:
        sizes["width"] = result.shape[1]
        text = f"{len(result):,} vectors of {result.shape[1]} numbers"
    return {**sizes, "text": f"{text} in {call.seconds:.1f} s, written to {call.arguments['out']}"}
