"""cluster: groups of rows, found without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor


def cluster(
    data: options.Data = None,
    *,
    out: Annotated[str | Path, "Directory of the model."],
    start: Annotated[
        Any,
        "A model directory or a public checkpoint; unsaid, what suits the data and needs no step is learned first, "
        "into DIR-start.",
        options.CommandLine(name="--from"),
    ] = None,
    input: options.Input = None,
    target: Annotated[str | None, "Column with a label, by which clusters are scored and nothing else."] = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    keep_paths: options.KeepPaths = False,
    overwrite: options.Overwrite = False,
    accept_drift: options.AcceptDrift = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    recipe: options.RecipeFile = None,
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Predictor:
    """Find clusters without labels, and say how many there are, what tells them apart, and which rows are noise.

    Clusters are numbered from 0 for the largest. Labels are looked at by scores alone. `task.method` and
    `task.clusters` set what is not to be chosen; see `headstart show task cluster`. Writes a model directory with
    report.html, a card for each cluster and a map; `predict` then gives new rows their cluster. Raises HeadstartError.
    """
    from headstart.commands.common.request import data_table
    from headstart.commands.finetune import finetune

    options = {"input": input, "target": target, "id": id, "modality": modality, "time": time, "follow": follow}
    if start is None and recipe is None:
        fields = data_table(data, **options)
        place = Path(out).with_name(f"{Path(out).name}-start")  # beside the run, which can then be repeated
        start = _start(data, fields, options, place, overwrite=overwrite, accept_drift=accept_drift, seed=seed,
                       device=device, settings=settings, quiet=quiet)  # fmt: skip
    return finetune(
        data, out=out, start=start, task=cluster.__name__, keep_paths=keep_paths, overwrite=overwrite,
        accept_drift=accept_drift, seed=seed, device=device, recipe=recipe, settings=settings, quiet=quiet, **options,
    )  # fmt: skip


def _start(
    data: Any, fields: dict[str, Any], options: dict[str, Any], place: Path, *, overwrite: bool, accept_drift: bool,
    seed: int, device: str, settings: Any, quiet: bool,
) -> str:  # fmt: skip
    """What gives the rows vectors: a model in `place` that is learned in closed form, or the rows' own values."""
    from headstart.assemble import open_store
    from headstart.commands.common.request import data_of, requested
    from headstart.commands.common.terminal import tell
    from headstart.commands.pretrain import pretrain

    stored = {name: value for name, value in (settings or {}).items() if name.partition(".")[0] in ("data", "modality")}
    wanted = requested("pretrain", fields, seed=seed, recipe=None, settings=stored)
    _, store = open_store(wanted, data_of(data, wanted))
    closed = store.modality.defaults.closed_start(len(store.rows("train")))
    if closed is None:
        tell("no --from: rows are compared by their own values", quiet=quiet)
        return "scratch"
    tell(f"no --from: {closed.objective} is learned first, in {place}: {closed.why}", quiet=quiet)
    options = {name: value for name, value in options.items() if value is not None}
    pretrain(
        data, out=place, objective=closed.objective, overwrite=overwrite, accept_drift=accept_drift, seed=seed,
        device=device, settings={**stored, **closed.settings}, quiet=True, **options,
    )  # fmt: skip
    return str(place)


def summary(model: Any, call: Call) -> dict[str, Any]:
    from headstart.commands.common import summaries

    groups = model.task.groups
    clusters = [{"cluster": number, "rows": size} for number, size in enumerate(groups.sizes)]
    return {**summaries.of_model(model.path), "clusters": clusters}
