"""predict: answers for new inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.commands.common.answering import Answered, Answers


def predict(
    model: options.Model,
    inputs: options.Inputs,
    *,
    out: Annotated[
        str | Path | None, "FILE.jsonl, .csv or .parquet; with --mutations .html or .png; else a table on the screen."
    ] = None,
    mutations: Annotated[
        str | None, "Answer every single substitution of sequences: all, or the letters to put at every place."
    ] = None,
    explain: Annotated[bool, "Add what speaks for each answer, with its verdict; see the verb explain."] = False,
    keep: options.Keep = "id",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    time: options.Time = None,
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
    a row which cannot be read is its `error`, unless `strict`. With `mutations` there is a row for every substitution
    (`place` from 1, `from`, `to`, `score`, `change`), or a map of them; with `explain` each has an `explanation`. They
    come as a list; with `out` they are written as they come, in bounded memory, and counted. Raises HeadstartError,
    also where not one row can be read.
    """
    from headstart.commands.common.answering import Answered, Answers, deliver
    from headstart.commands.common.mutation_file import MAPS, ROWS, map_into
    from headstart.commands.common.request import model_of
    from headstart.commands.common.terminal import tell
    from headstart.commands.common.write_rows import cell_text, check_kind
    from headstart.data.preparing.repairs import Repairs
    from headstart.data.reading.roles import Ask
    from headstart.inference.explaining.explain import explained_rows
    from headstart.inference.mutations import scans
    from headstart.training.precision import check_precision

    drawn = False
    if explain and mutations is not None:
        raise UsageError(948, "these two cannot be asked together", found="--explain --mutations", fix="leave one out")
    if out is not None:
        drawn = check_kind(Path(out), ROWS if mutations is None else (*ROWS, *MAPS)) in MAPS
        cell_text(formulas)
    predictor = model_of(model, device=device, numbers=check_precision(precision))
    if predictor.task.manner:
        tell(predictor.task.manner, quiet=quiet)
    ask, repairs = Ask(input=input, target=target, id=id, keep=keep, follow=follow, time=time), Repairs()
    if explain:
        rows = explained_rows(predictor, inputs, ask, strict=strict)
    elif mutations is None:
        answers = predictor.answer_each(inputs, ask, strict=strict, repairs=repairs)
        rows = ({"origin": origin, **answer} for origin, answer in answers)
    else:
        found = scans(predictor, inputs, ask, letters=mutations, strict=strict)
        if out is not None and drawn:
            return map_into(found, Path(out))
        rows = (row for scan in found for row in scan.rows())
    if out is not None or heard is not None:
        path = None if out is None else Path(out)
        return deliver(rows, path, heard, title="predict", quiet=quiet, formulas=formulas, repairs=repairs)
    told, kept = Answered(repairs=repairs), list[dict[str, Any]]()
    for row in rows:
        told.count(row)
        kept.append(row)
    told.check()
    return Answers(kept, told.warnings)


def summary(result: Answers | Answered, call: Call) -> dict[str, Any]:
    from headstart.commands.common.answering import Answered
    from headstart.commands.common.next_command import after_predict
    from headstart.commands.common.table_text import TableText

    lines, more = list[str](), dict[str, Any]()
    warnings = result.warnings
    if isinstance(result, Answered):
        told = result
    else:  # nobody heard them as they came
        told, more = Answered(), {"answers": result}
        for row in result:
            told.count(row)
        TableText(lines.append).add(result)
    where = "" if told.path is None else f", written to {told.path}"
    lines += [f"warning: {one_line(warning)}\n" for warning in warnings]
    lines.append(f"{told.rows:,} answers in {call.seconds:.1f} s{where}")
    counts = {"rows": told.rows, "errors": told.errors, "warnings": warnings}
    return {**counts, **more, "text": "".join(lines), "next": after_predict(call.arguments)}
