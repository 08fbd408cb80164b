"""The rows that `next` chose, as a table or as tasks of Label Studio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from headstart.commands.common.write_rows import check_kind, write_rows
from headstart.core.errors import UsageError
from headstart.core.files import make_folder, write_whole
from headstart.core.inert import inert
from headstart.data.inputs import examples_of, prepared
from headstart.data.reading.roles import Ask, Learned
from headstart.data.records import Blob
from headstart.models.start import learned_by

if TYPE_CHECKING:
    from headstart.commands.common.pool import Pool
    from headstart.core.contracts import Example
    from headstart.selection.label_plan import Choice

KINDS = ("csv", "jsonl", "parquet", "json")
SERVED = "/data/local-files/?d="  # before the name of a file that Label Studio serves from a folder of the machine
OWN = ("rank", "origin", "answer", "share", "why")
LABEL, ROW = "label", "row_to_label"  # the label where no column has it, and what a row is called in Label Studio


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRow:
    """One chosen row: a line of a table, and what people see of it: a text, a file, or None where it is neither."""

    line: dict[str, Any]
    seen: str | Blob | None


def next_rows(pool: Pool, choice: Choice, data: Any, ask: Ask) -> list[NextRow]:
    """The chosen rows, the most useful first: rank, origin, the columns of its table, the empty label, answer, why."""
    origins = pool.store.origins_of(choice.rows)
    raw, rows = _raw(pool, data, ask, frozenset(origins)), list[NextRow]()
    empty = dict.fromkeys(_targets(pool, ask))
    for place, origin in enumerate(origins):
        example, answer = raw.get(origin, {}), choice.answers[place]
        kept = {f"given.{name}" if name in OWN else name: value for name, value in example.get("kept", {}).items()}
        said = {} if not pool.answering else {"answer": pool.predictor.task.answer.line(answer, ())}
        line = {"rank": place + 1, "origin": origin, **kept, **empty, **said, "why": choice.whys[place]}
        seen = example.get("input")
        rows.append(NextRow(line=line, seen=seen if isinstance(seen, str | Blob) else None))
    return rows


def _targets(pool: Pool, ask: Ask) -> list[str]:
    """The columns of the label: as they are named, in the data, by the model, or as Label Studio does."""
    start = pool.predictor.start
    learned = None if start is None else learned_by(start)
    known = ask.target or (pool.store.roles or {}).get("target") or (None if learned is None else learned.target)
    return (known or LABEL).split(",")


def _raw(pool: Pool, data: Any, ask: Ask, wanted: frozenset[str]) -> dict[str, Example]:
    """The chosen rows as they were given, by origin; {} for prepared data, of which only the origins are left."""
    if prepared(data) is not None:
        return {}
    asked = replace(ask, keep="all", learned=Learned.from_json(pool.store.roles))
    rows = examples_of(data, modality=pool.predictor.modality, ask=asked)
    return {str(row["origin"]): row for row in rows if str(row["origin"]) in wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a task of Label Studio has: the tag that shows a row, and, as in the table, the names of row and label, so
    that the same --input and --target read the export."""

    tag: str
    input: str
    target: str


def write_next(pool: Pool, choice: Choice, rows: Sequence[NextRow], path: Path, ask: Ask) -> None:
    """A table; or, as JSON, tasks of Label Studio with the answers as predictions, and beside them, as .xml, the
    labelling interface that they are for."""
    if check_kind(path, KINDS) != "json":
        write_rows([row.line for row in rows], path)
        return
    tag, inputs = _tag(pool, rows, path), list[str]((pool.store.roles or {}).get("inputs") or [])
    named = len(inputs) == 1 and inputs[0].isidentifier()  # Label Studio reads $name up to the first other sign
    form = _Form(tag=tag, input=inputs[0] if named else tag.lower(), target=_targets(pool, ask)[0])
    tasks = [_task(form, row, answer) for row, answer in zip(rows, choice.answers, strict=True)]
    several = any("labels" in answer for answer in choice.answers)
    make_folder(path.parent)
    interface = inert(_interface(pool, form, several=several))
    write_whole(path.with_suffix(".xml"), interface.encode("utf-8", "surrogatepass"))  # first: no tasks without one
    write_whole(path, inert(json.dumps(tasks, ensure_ascii=False, indent=1)).encode("utf-8", "surrogatepass"))


def check_file(pool: Pool, path: Path) -> None:
    """UsageError, before any work, for tasks of Label Studio about what are no classes."""
    if check_kind(path, KINDS) == "json" and pool.answering and not pool.predictor.task.answer.names:
        what = "Label Studio JSON is written for classes"
        raise UsageError(906, what, where=path, found="numbers", fix=_as_table(path))


def _tag(pool: Pool, rows: Sequence[NextRow], path: Path) -> str:
    """The tag of Label Studio that shows the rows; UsageError where it has none."""
    texts = all(isinstance(row.seen, str) for row in rows)
    if not texts and not all(isinstance(row.seen, Blob) for row in rows):
        what, found = (
            "rows that are neither texts nor files cannot be shown",
            "rows of a table, arrays or prepared data",
        )
        raise UsageError(907, what, where=path, found=found, fix=_as_table(path))
    return "Text" if texts else "Audio" if pool.predictor.modality.audible is not None else "Image"


def _as_table(path: Path) -> str:
    return f"write a table: --out {path.with_suffix('.csv').name}"


def _task(form: _Form, row: NextRow, answer: dict[str, Any]) -> dict[str, Any]:
    """One task (labelstud.io/guide/predictions), which the source of Label Studio's exports reads back."""
    content = row.seen if isinstance(row.seen, str) else f"{SERVED}{row.seen.name if row.seen else ''}"
    facts = {name: row.line[name] for name in ("rank", "origin", "why")}
    task: dict[str, Any] = {"data": {form.input: content}, "meta": facts}
    said = answer.get("labels", [answer["label"]] if "label" in answer else [])
    if said:
        chosen = {"from_name": form.target, "to_name": ROW, "type": "choices", "value": {"choices": said}}
        task["predictions"] = [{"model_version": "headstart", "result": [chosen]}]
    return task


def _interface(pool: Pool, form: _Form, *, several: bool) -> str:
    """The labelling interface of Label Studio: the row, and its classes to choose from."""
    names = pool.predictor.task.answer.names if pool.answering else ()
    choice = ' choice="multiple"' if several else ""
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in names)
    return (
        f'<View>\n  <{form.tag} name="{ROW}" value="${form.input}"/>\n'
        f'  <Choices name={quoteattr(form.target)} toName="{ROW}"{choice}>\n{choices}\n  </Choices>\n</View>\n'
    )
