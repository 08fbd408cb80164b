"""next: which rows to label next, what they would bring, or stop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.inert import one_line
from headstart.core.shown import Shown

if TYPE_CHECKING:
    from headstart.core.overview import Overview

BUDGET, SHOWN = 50, 5


@dataclass(frozen=True, slots=True, repr=False)
class NextRows(Shown):
    """What `next` found: `rows` to label, the most useful first, and a `verdict` with its `sentence`.

    verdict   "worth it", "stop" or "cannot tell yet"
    expected  the score now and with so many more labels by chance, by name, with 95 % intervals; {} where it cannot be
              told
    """

    verdict: str
    sentence: str
    rows: list[dict[str, Any]]
    expected: dict[str, float]
    path: Path | None
    warnings: list[str]

    @property
    def scores(self) -> dict[str, float]:
        return self.expected

    def overview(self) -> Overview:
        """The verdict and the first rows."""
        from headstart.core.overview import Overview

        first = self.rows[:10]
        names = ["rank", "origin", "answer", "why"]
        cells = [[str(row.get(name, "")) for name in names] for row in first]
        return Overview(title=self.verdict, sentence=self.sentence, columns=names, rows=cells, warnings=self.warnings)


def next(
    data: options.Data = None,
    *,
    start: Annotated[
        Any, "A fine-tuned model, or a pretrained one.", options.CommandLine(name="--from", needed=True)
    ] = None,
    budget: Annotated[int, "How many rows can be labelled."] = BUDGET,
    out: Annotated[
        str | Path | None, "FILE.csv, .jsonl or .parquet, or .json for Label Studio.", options.WRITTEN
    ] = None,
    task: options.Task = "auto",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    strict: options.Strict = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> NextRows:
    """Say which rows to label next, and what their labels would bring; or that it is not worth it.

    Rows of the data without a label are the pool; those with one are what is known so far, or, if there are none, what
    the model learned from. A pretrained model learns from them first; without any label rows are chosen that stand for
    many. The expected gain comes from fits to parts of the labels, with a 95 % interval. `out` gets the rows with the
    answers of the model and why each was chosen. Raises HeadstartError.
    """
    from headstart.commands.common.next_file import KINDS, check_file, next_rows, write_next
    from headstart.commands.common.pool import curve_of, open_pool
    from headstart.commands.common.progress import counter
    from headstart.commands.common.request import data_of, data_table, path_of, requested
    from headstart.commands.common.terminal import tell, tell_taken
    from headstart.commands.common.write_rows import check_kind
    from headstart.core.errors import UsageError
    from headstart.data.inputs import prepared
    from headstart.data.reading.roles import Ask
    from headstart.selection.label_plan import choose
    from headstart.selection.label_verdict import verdict

    if budget < 1:
        raise UsageError(902, "--budget must be at least 1", found=budget, fix="pass --budget 50")
    if out is not None:
        check_kind(Path(out), KINDS)
    fields: dict[str, Any] = {"start": path_of(start), "task.kind": task}
    fields |= data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    if data is not None and prepared(data) is None and not strict:
        fields |= {"data.skip_bad": True, "data.max_bad": 1.0}
    wanted = requested("next", fields, seed=seed, recipe=None, settings=settings)
    pool = open_pool(wanted, data, device=device)
    if out is not None:
        check_file(pool, Path(out))
    tell_taken(pool.store.taken, quiet=quiet)
    warnings = list(pool.told)
    if budget > len(pool.rows):
        warnings.append(f"all {len(pool.rows):,} rows of the pool are taken: --budget allows {budget:,}")
    for line in warnings:
        tell(line, quiet=quiet)
    with counter("next", quiet=quiet) as draw:
        choice = choose(
            pool.predictor, pool.store, pool.rows, pool.labelled, budget, seed, answering=pool.answering, tell=draw
        )
    ask = Ask(input=input, target=target, id=id, follow=follow, time=time)
    rows = next_rows(pool, choice, data_of(data, wanted), ask)
    if out is not None:
        write_next(pool, choice, rows, Path(out), ask)
    found, unknown = curve_of(pool, len(rows), lambda line: tell(line, quiet=quiet))
    word, sentence = verdict(choice, found, unknown)
    scores = {} if found is None else found.outlook.scores
    path = None if out is None else Path(out)
    return NextRows(word, sentence, [row.line for row in rows], scores, path, warnings)


def summary(found: NextRows, call: Call) -> dict[str, Any]:
    lines = [one_line(warning) for warning in found.warnings]
    for row in found.rows[:SHOWN]:
        answer = f"{one_line(str(row['answer']))}: " if "answer" in row else ""
        lines.append(f"{row['rank']:>3}. {one_line(str(row['origin']))}: {answer}{one_line(row['why'])}")
    lines += [f"     and {len(found.rows) - SHOWN:,} more"] if len(found.rows) > SHOWN else []
    where = "" if found.path is None else f", written to {found.path}"
    lines += [one_line(found.sentence), f"{len(found.rows):,} rows in {call.seconds:.1f} s{where}"]
    return {
        "out": str(found.path or ""), "rows": len(found.rows), "verdict": found.verdict, "sentence": found.sentence,
        "expected": found.expected, "warnings": found.warnings, "text": "\n".join(lines),
    }  # fmt: skip
