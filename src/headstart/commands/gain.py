"""gain: did pretraining help?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.inert import one_line
from headstart.core.places import shown
from headstart.core.rundir import RECIPE
from headstart.core.shown import Shown

if TYPE_CHECKING:
    from headstart.core.overview import Overview
    from headstart.evaluation.gain import Gain
    from headstart.reports.write import Page


@dataclass(frozen=True, slots=True, repr=False)
class Proof(Shown):
    """What `gain` found: `verdict`, `sentence`, `cells` as plain data, the full `result`, and the `report`.

    `scores` are those of the pretrained model with the most labels.
    """

    verdict: str
    sentence: str
    cells: list[dict[str, Any]]
    result: Gain
    report: Page
    path: Path

    @property
    def scores(self) -> dict[str, float]:
        name, last = self.result.metric.name, self.result.budgets[-1].scores
        found = dict[str, float]()
        for prefix, one in (("", last["pretrained"]), ("baseline_", last["baseline"])):
            found |= {f"{prefix}{name}": one.value, f"{prefix}{name}_low": one.low, f"{prefix}{name}_high": one.high}
        return found

    @property
    def warnings(self) -> list[str]:
        return list(self.result.warnings)

    def overview(self) -> Overview:
        """The verdict, and the score of every arm at every number of labels."""
        from headstart.core.overview import Overview
        from headstart.reports.gain_report import scores_of

        table = scores_of(self.result)
        return Overview(
            title=self.verdict, sentence=self.sentence, columns=table.columns, rows=table.rows,
            warnings=self.warnings, report=self.report.html_path,
        )  # fmt: skip


def _numbers(text: str) -> list[int]:
    """ "10,100,all" -> [10, 100, 0]."""
    words = [word.strip() for word in text.split(",")]
    if not all(word == "all" or (word.isdigit() and int(word) > 0) for word in words):
        expected = "whole numbers above 0, or all, with commas between them"
        raise UsageError(563, "--labels must be a list of numbers", found=f"'{text}'", expected=expected)
    return [0 if word == "all" else int(word) for word in words]


NUMBERS = options.CommandLine(kind=str, read=_numbers)


def gain(
    data: options.Data = None,
    *,
    out: Annotated[str | Path | None, "Directory of the result (default: in the cache)."] = None,
    start: Annotated[Any, "The pretrained model to test.", options.CommandLine(name="--from")] = None,
    labels: Annotated[Sequence[int] | None, "Numbers of labels, e.g. 10,100,1000 or 100,all.", NUMBERS] = None,
    seeds: Annotated[int | None, "Number of draws of labels and weights (5)."] = None,
    against: Annotated[
        Sequence[Any],
        "Another model to compare with, as a start; may be repeated.",
        options.CommandLine(kind=list[str]),
    ] = (),
    rival: Annotated[
        Sequence[str],
        "A tuning with which the network from scratch is a further rival, e.g. selftrain; may be repeated.",
        options.CommandLine(kind=list[str]),
    ] = (),
    task: options.Task = "auto",
    tuning: options.Tuning = "auto",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    keep_paths: options.KeepPaths = False,
    overwrite: options.Overwrite = False,
    device: options.Device = "auto",
    recipe: options.RecipeFile = None,
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Proof:
    """Measure whether pretraining helped: against scratch, the same tuning of fresh weights, and simple models.

    labels: numbers of labels to try (10, 100 and 1000 unless said; 0 means all). Every comparison is paired: same
    labels, same unlabelled rows, same test rows, `seeds` draws (5). The same call again continues where it stopped;
    more `labels`, `seeds`, tunings in `rival` or models in `against` are added to what lies in `out`. Raises
    HeadstartError.
    """
    from headstart.assemble import open_store, pick_device
    from headstart.commands.common.progress import cell_bar
    from headstart.commands.common.request import data_of, data_table, path_of, place_of, requested
    from headstart.commands.common.save_gain import save_gain
    from headstart.commands.common.terminal import tell, tell_taken, warn
    from headstart.core.environment import machine
    from headstart.core.rundir import claim
    from headstart.evaluation.arms import rival_class
    from headstart.evaluation.gain import conclude, outlook, planned_cells, train_cells

    fields: dict[str, Any] = {"start": path_of(start), "task.kind": task, "tuning.kind": tuning, "gain.seeds": seeds}
    fields |= {"gain.labels": list(labels) if labels is not None else None}
    fields |= {"gain.against": [path_of(one) for one in against] or None, "gain.rival": list(rival) or None}
    fields |= {"keep_paths": keep_paths or None}
    fields |= data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    wanted = requested("gain", fields, seed=0, recipe=recipe, settings=settings)
    if wanted.start == "scratch":
        raise UsageError(562, "gain needs a pretrained model to judge", fix="pass --from MODEL")
    _check_kept(wanted.start)
    for kind in wanted.gain.get("rival", ()):
        rival_class(kind)  # before anything is written
    wanted, store = open_store(wanted, data_of(data, wanted))
    folder = Path(out) if out is not None else place_of(wanted.with_part("gain", {}))
    wanted = wanted.with_part("gain", _grown({"labels": [10, 100, 1000], "seeds": 5, **wanted.gain}, folder, overwrite))
    tell_taken(store.taken, quiet=quiet)
    budgets, here = [count or None for count in wanted.gain["labels"]], machine(pick_device(device))
    with claim(folder, wanted, machine=here, overwrite=overwrite, grows="gain") as place:
        warn(place.warnings, quiet=quiet)
        cells, planned = [], planned_cells(wanted, store, labels=budgets, seeds=wanted.gain["seeds"], device=device)
        tell(outlook(planned, store), quiet=quiet)
        with cell_bar(len(planned), quiet=quiet) as draw:
            for cell in train_cells(planned, store, folder=place.path, device=device):
                cells.append(cell)
                draw(cell)
        result = conclude(wanted, store, cells)
        result.warnings.extend(place.warnings)
        report, plain = save_gain(place.path, wanted, store, result)
        place.publish()
    return Proof(result.verdict.verdict, result.verdict.sentence, plain, result, report.at(folder), folder)


def _check_kept(start: str) -> None:
    """UsageError for a start of which nothing is kept that was learned: it cannot help."""
    from headstart.assemble import open_start, regrown

    opened = open_start(start)
    if opened is not None and regrown(opened):
        kind = opened.config["backbone"]["kind"]
        raise UsageError(
            784, "nothing that this model has learned is kept for a task", where=start, found=f"{kind}, grown anew",
            fix="compare models that learn from the labels alone: headstart rank DATA",
        )  # fmt: skip


def _grown(asked: dict[str, Any], folder: Path, overwrite: bool) -> dict[str, Any]:
    """What is asked for together with what an earlier call asked for; numbers of labels once each, rising, all last."""
    earlier: dict[str, Any] = {}
    if not overwrite and (folder / RECIPE).is_file():
        earlier = dict(recipes.read(folder / RECIPE).gain)
    labels = sorted({*asked["labels"], *earlier.get("labels", ())}, key=lambda count: count or 1 << 62)
    again = {shown(one) for one in asked.get("against", ())}  # as the recipe of the earlier call names them
    before = [one for one in earlier.get("against", ()) if shown(one) not in again]
    against = list(dict.fromkeys([*map(_beside(folder), before), *asked.get("against", ())]))
    seeds = max(asked["seeds"], earlier.get("seeds", 0))
    rival = list(dict.fromkeys([*earlier.get("rival", ()), *asked.get("rival", ())]))
    lists = {"against": against, "rival": rival}
    return {"labels": labels, "seeds": seeds, **{name: one for name, one in lists.items() if one}}


def _beside(folder: Path) -> Callable[[str], str]:
    """Finds what an earlier call named: a place seen from here, or beside the proof."""
    return lambda name: (
        str(folder.parent / name) if not Path(name).exists() and (folder.parent / name).exists() else name
    )


def summary(proof: Proof, call: Call) -> dict[str, Any]:
    from headstart.commands.common.next_command import after_gain

    text = [f"{b.verdict.verdict}: {b.verdict.sentence}" for b in proof.result.budgets]
    text += [f"warning: {one_line(warning)}" for warning in proof.warnings]
    text += ["", f"{proof.verdict}: {proof.sentence}", f"report: {proof.path}/report.html"]
    return {
        "out": str(proof.path), "verdict": proof.verdict, "sentence": proof.sentence, "cells": proof.cells,
        "scores": proof.scores, "warnings": proof.warnings, "text": "\n".join(text),
        "next": after_gain(proof.path, proof.verdict),
    }  # fmt: skip
