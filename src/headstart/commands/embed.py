"""embed: one vector per row, or the rows most similar to a query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.inert import one_line
from headstart.core.places import shown


def embed(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[
        str | Path | None, "FILE.parquet (with origins) or .npy; .jsonl with --query.", options.WRITTEN
    ] = None,
    query: Annotated[
        Any,
        "Find the inputs most similar to this; may be repeated.",
        options.CommandLine(kind=list[str], read=options.given),
    ] = None,
    nearest: Annotated[int | None, "How many inputs to find for each query (5)."] = None,
    keep: options.Keep = "id",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    follow: options.Follow = False,
    strict: options.Strict = False,
    device: options.Device = "auto",
    quiet: options.Quiet = True,
) -> Any:
    """Compute the vector of every input, or find the inputs most similar to a query.

    The vectors are [n, F] float32, of the same inputs as for `predict`; NaN for a row that cannot be read, unless
    `strict`. With `query`, a list a query: `origin`, `text` and `similarity` of the nearest inputs. With `out` vectors
    are written as they come, in bounded memory, with what is kept of their rows, and counted. Raises HeadstartError.
    """
    from headstart.commands.common.answering import deliver
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import check_kind, write_rows
    from headstart.data.reading.roles import Ask

    if nearest is not None and query is None:
        raise UsageError(566, "--nearest needs --query", fix="pass --query with a text or file")
    if out is not None:
        check_kind(Path(out), ("parquet", "npy") if query is None else ("jsonl",))
    predictor = model_of(model, device=device)
    ask = Ask(input=input, target=target, id=id, keep=keep, follow=follow)
    if query is not None:
        queries = [query] if isinstance(query, str | Path) else query
        rows = predictor.nearest(queries, inputs, 5 if nearest is None else nearest, ask)
        if out is not None:
            named = [shown(str(one)) if isinstance(one, Path) else one for one in queries]
            pairs = zip(named, rows, strict=True)
            write_rows([{"query": one, "nearest": each} for one, each in pairs], Path(out))
        return rows
    vectors = predictor.embed_each(inputs, ask, strict=strict)
    if out is None:
        return _stacked(vectors)
    rows = ({"origin": origin, **vector} for origin, vector in vectors)
    return deliver(rows, Path(out), None, title="embed", quiet=quiet)


def _stacked(vectors: Any) -> Any:
    import numpy as np

    from headstart.commands.common.answering import Answered

    told, found = Answered(), []
    for _, answer in vectors:
        told.count(answer)
        found.append(answer.get("vector"))
    told.check()
    width = next((len(vector) for vector in found if vector is not None), 0)
    none = np.full(width, np.nan, np.float32)
    return np.stack([none if vector is None else vector for vector in found]) if found else np.empty((0, 0), np.float32)


def summary(result: Any, call: Call) -> dict[str, Any]:
    if "query" in call.arguments:
        count, nearest = len(result), call.arguments.get("nearest", 5)
        text = f"the {nearest} nearest inputs of {count:,} queries"
        return {"rows": count, "text": f"{text} in {call.seconds:.1f} s, written to {call.arguments['out']}"}
    lines = [f"warning: {one_line(warning)}" for warning in result.warnings]
    lines.append(f"{result.rows:,} vectors of {result.width} numbers in {call.seconds:.1f} s, written to {result.path}")
    return {
        "rows": result.rows, "errors": result.errors, "width": result.width, "warnings": result.warnings,
        "text": "\n".join(lines),
    }  # fmt: skip
