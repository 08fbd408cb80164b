"""gain: was the head start worth it?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common.session import Session, data_table, machine, peak_memory_bytes, told
from headstart.core.errors import UsageError

if TYPE_CHECKING:
    from headstart.evaluation.gain import Cell, Gain
    from headstart.report.write import Page


@dataclass(frozen=True, slots=True)
class Proof:
    """What `gain` found: `verdict`, `sentence`, `cells` as plain data, the full `result`, and the `report`."""

    verdict: str
    sentence: str
    cells: list[dict[str, Any]]
    result: Gain
    report: Page
    path: Path


def gain(
    data: Any = None,
    *,
    start: Any = None,
    out: str | Path,
    labels: Sequence[int] | None = None,
    seeds: int | None = None,
    task: str = "auto",
    tuning: str = "auto",
    input: str | None = None,
    target: str | None = None,
    overwrite: bool = False,
    device: str = "auto",
    recipe: str | Path | None = None,
    settings: dict[str, Any] | None = None,
    quiet: bool = True,
) -> Proof:
    """Compare a pretrained model with the same network from scratch and a linear model on the raw input.

    labels: numbers of labels to try (10, 100 and 1000 unless said; 0 means all). Every comparison is paired: same
    labels, same test rows, `seeds` draws (5). The same call again goes on where it stopped. Raises HeadstartError.
    """
    from headstart.assemble import open_store, pick_device
    from headstart.commands.common.save_run import save_gain
    from headstart.commands.finetune import path_of
    from headstart.core.rundir import claim
    from headstart.evaluation.gain import measure

    session = Session(device=device, quiet=quiet, recipe=recipe, settings=settings or {})
    said = {"start": path_of(start), "task.kind": task, "tuning.kind": tuning}
    said |= {"gain.labels": list(labels) if labels is not None else None, "gain.seeds": seeds}
    asked = session.build("gain", said | data_table(data, input=input, target=target))
    asked = asked.with_part("gain", {"labels": [10, 100, 1000], "seeds": 5, **asked.gain})
    if asked.start == "scratch":
        raise UsageError(562, "gain needs a pretrained model to judge", fix="pass --from MODEL")
    asked, store = open_store(asked, session.data(data, asked))
    tried = [count or None for count in asked.gain["labels"]]
    here = machine(pick_device(device))
    with (
        claim(Path(out), asked, machine=here, overwrite=overwrite) as place,
        counted(quiet=quiet) as heard,
    ):
        told(place.warnings, quiet=quiet)
        result = measure(
            asked, store, labels=tried, seeds=asked.gain["seeds"], folder=Path(out), device=device, told=heard
        )
        result.warnings.extend(place.warnings)
        report, cells = save_gain(Path(out), asked, store, result)
    return Proof(result.verdict.verdict, result.verdict.sentence, cells, result, report, Path(out))


@contextmanager
def counted(*, quiet: bool) -> Iterator[Callable[[int, int, Cell], None]]:
    """A bar over the models that are trained; nothing when quiet."""
    if quiet:
        yield lambda done, of, cell: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as shown:
        job = shown.add_task("gain")

        def told(done: int, of: int, cell: Cell) -> None:
            text = f"gain: {cell.arm}, {cell.labels or 'all'} labels, seed {cell.seed}"
            shown.update(job, completed=done, total=of, description=text)

        yield told


def command(
    session: Session,
    data: Annotated[str | None, typer.Argument(help="Prepared directory, raw files, or 'digits'.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Directory of the proof.")],
    start: Annotated[str | None, typer.Option("--from", help="The pretrained model to judge.")] = None,
    labels: Annotated[str | None, typer.Option(help="Numbers of labels, e.g. 10,100,1000 or 100,all.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Draws of labels and weights.")] = None,
    task: Annotated[str, typer.Option(help="See `headstart list tasks`.")] = "auto",
    tuning: Annotated[str, typer.Option(help="See `headstart list tunings`.")] = "auto",
    input: Annotated[str | None, typer.Option(help="Column of a table that holds the input.")] = None,
    target: Annotated[str | None, typer.Option(help="Column of a table that holds the label.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in --out.")] = False,
) -> dict[str, Any]:
    """Prove with paired intervals whether the head start helped: pretrained, from scratch, and a simple baseline."""
    began = time.perf_counter()
    proof = gain(
        data, start=start, out=out, labels=_numbers(labels), seeds=seeds, task=task, tuning=tuning, input=input,
        target=target, overwrite=overwrite, device=session.device, recipe=session.recipe,
        settings=dict(session.settings), quiet=session.quiet,
    )  # fmt: skip
    text = [f"{b.verdict.verdict}: {b.verdict.sentence}" for b in proof.result.budgets]
    text += [f"warning: {warning}" for warning in proof.result.warnings]
    text += ["", f"{proof.verdict}: {proof.sentence}", f"report: {out}/report.html"]
    return {
        "command": "gain", "out": str(out), "verdict": proof.verdict, "sentence": proof.sentence, "cells": proof.cells,
        "scores": scores_of(proof), "seconds": time.perf_counter() - began, "peak_memory_bytes": peak_memory_bytes(),
        "warnings": proof.result.warnings, "text": "\n".join(text),
    }  # fmt: skip


def scores_of(proof: Proof) -> dict[str, float]:
    """The headline with the most labels, its interval, and the simple baseline beside it."""
    last, name = proof.result.budgets[-1], proof.result.scale.name
    score, baseline = last.scores["pretrained"], last.scores["baseline"]
    return {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high, f"baseline_{name}": baseline.value}


def _numbers(text: str | None) -> list[int] | None:
    """ "10,100,all" -> [10, 100, 0]."""
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not all(word == "all" or (word.isdigit() and int(word) > 0) for word in words):
        expected = "whole numbers above 0, or all, with commas between them"
        raise UsageError(563, "--labels is no list of numbers", found=f"'{text}'", expected=expected)
    return [0 if word == "all" else int(word) for word in words]
