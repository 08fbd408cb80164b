"""explain: what speaks for an answer, and whether that can be believed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.commands.common.explained import Explained


def explain(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[
        str | Path | None, "FILE.html, .json, or .png for one row; else the strongest parts on the screen."
    ] = None,
    about: Annotated[str, "A class, value, span or box that the answer names; the first, unless given."] = "",
    against: Annotated[str, "Why this and not that: another class or value of the answer."] = "",
    method: Annotated[str, "See `headstart list explainers`; auto: the one that separates best."] = "auto",
    parts: Annotated[str, "What a row is cut into, such as words or letters, patches or superpixels."] = "",
    rows: Annotated[int, "At most so many rows."] = 10,
    input: options.Input = None,
    target: options.Target = None,
    follow: options.Follow = False,
    strict: options.Strict = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    quiet: options.Quiet = True,
) -> Explained:
    """Explain answers: how far each part of a row speaks for its answer, and whether that can be believed.

    Parts are hidden and the model is asked again. The map of several methods is kept that separates best: the answer
    falls where its first parts are hidden, and rises where they alone are shown. GOOD, WEAK or NOT FAITHFUL says
    whether it does so better than 20 random maps, and whether networks with shuffled weights do the same. Returns an
    `Explanation` a row. Raises HeadstartError.
    """
    from headstart.commands.common.explained import Explained, written
    from headstart.commands.common.progress import counter
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import check_kind
    from headstart.data.reading.roles import Ask
    from headstart.inference.explaining.explain import Manner, explanations

    if rows < 1:
        raise UsageError(945, "so many rows cannot be explained", where="--rows", found=rows, expected="at least 1")
    kind = "" if out is None else check_kind(Path(out), ("html", "png", "json"))
    manner = Manner(about=about, against=against, method=method, parts=parts, seed=seed)
    found = explanations(
        model_of(model, device=device), inputs, Ask(input=input, target=target, follow=follow), manner, strict=strict
    )
    told = Explained()
    with counter("explain", quiet=quiet) as draw:
        for number, one in enumerate(islice(found, rows), 1):
            told.add(one)
            draw(number)
    told.check(more=next(found, None) is not None, rows=rows)
    if out is not None:
        written(told, Path(out), kind)
    return told


def summary(result: Explained, call: Call) -> dict[str, Any]:
    lines = [f"warning: {one_line(warning)}\n" for warning in result.warnings]
    lines += [f"{one_line(repr(one))}\n" for one in result]
    where = "" if result.path is None else f", written to {result.path}"
    lines.append(f"{len(result):,} answers explained in {call.seconds:.1f} s{where}")
    return {"rows": len(result), "warnings": result.warnings, "explanations": [one.to_json() for one in result],
            "text": "".join(lines)}  # fmt: skip
