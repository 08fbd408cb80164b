"""predict: answers for new inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.commands.common.answering import Answered, Answers


def predict(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[str | Path | None, "FILE.jsonl, .csv or .parquet; without it a table on the screen."] = None,
    keep: options.Keep = "id",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    follow: options.Follow = False,
    formulas: Annotated[str, "Texts in CSV that a spreadsheet would run: quote (by '), or keep as they are."] = "quote",
    strict: options.Strict = False,
    precision: Annotated[str, "float32, bfloat16, or auto: bfloat16 where it is faster."] = "float32",
    device: options.Device = "auto",
    quiet: options.Quiet = True,
    heard: options.Listener = None,
) -> Answers | Answered:
    """Predict every input; one answer per row, with its origin and its id.

    inputs: files, folders, tables, prepared data, or records: arrays, images, a list of texts. Of a table the columns
    are read that the model learned from. Each answer is plain JSON with its `origin` and the columns to `keep`; that of
    a row which cannot be read is its `error`, unless `strict`. They come as a list; with `out` they are written as they
    come, in bounded memory, and counted. Raises HeadstartError, also where not one row can be read.
    """
    from headstart.commands.common.answering import Answered, Answers, deliver
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import cell_text, check_kind
    from headstart.data.reading.roles import Ask
    from headstart.training.precision import check_precision

    if out is not None:
        check_kind(Path(out), ("jsonl", "csv", "parquet"))
        cell_text(formulas)
    predictor = model_of(model, device=device, numbers=check_precision(precision))
    ask = Ask(input=input, target=target, id=id, keep=keep, follow=follow)
    answers = predictor.answer_each(inputs, ask, strict=strict)
    rows = ({"origin": origin, **answer} for origin, answer in answers)
    if out is not None or heard is not None:
        path = None if out is None else Path(out)
        return deliver(rows, path, heard, title="predict", quiet=quiet, formulas=formulas)
    told, found = Answered(), list[dict[str, Any]]()
    for row in rows:
        told.count(row)
        found.append(row)
    told.check()
    return Answers(found, told.warnings)


def summary(result: Answers | Answered, call: Call) -> dict[str, Any]:
    from headstart.commands.common.answering import Answered
    from headstart.commands.common.next_command import after_predict
    from headstart.commands.common.table_text import TableText

    lines, more = list[str](), dict[str, Any]()
    if isinstance(result, Answered):
        told = result
    else:  # nobody heard them as they came
        told, more = Answered(), {"answers": result}
        for row in result:
            told.count(row)
        TableText(lines.append).add(result)
    where = "" if told.path is None else f", written to {told.path}"
    lines += [f"warning: {one_line(warning)}\n" for warning in told.warnings]
    lines.append(f"{told.rows:,} answers in {call.seconds:.1f} s{where}")
    counts = {"rows": told.rows, "errors": told.errors, "warnings": told.warnings}
    return {**counts, **more, "text": "".join(lines), "next": after_predict(call.arguments)}
