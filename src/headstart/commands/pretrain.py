"""pretrain: learn from unlabelled data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common.session import ACCEPT, ON_NAN, Session, bar, budget, data_table, machine, told, tracked

if TYPE_CHECKING:
    from headstart.assemble import Parts
    from headstart.inference.predictor import Predictor


def pretrain(
    data: Any = None,
    *,
    out: str | Path,
    backbone: str = "auto",
    objective: str = "auto",
    minutes: float | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    init: str | Path | None = None,
    every_row: bool = False,
    overwrite: bool = False,
    accept_drift: bool = False,
    on_nan: str | None = None,
    track: str | None = None,
    seed: int = 0,
    device: str = "auto",
    recipe: str | Path | None = None,
    settings: dict[str, Any] | None = None,
    quiet: bool = True,
) -> Predictor:
    """Pretrain a model on the train part of the data and save it to `out`; the same call again goes on or returns it.

    data: a prepared directory, raw files, an array, a DataFrame, or "digits". `settings` are recipe fields by dotted
    name, e.g. {"objective.hide": 0.6}. Raises HeadstartError with what, where, found, expected and fix.
    """
    from headstart.commands.common.save_run import finish
    from headstart.core.rundir import claim
    from headstart.evaluation import validated_training
    from headstart.inference.predictor import Predictor

    session = Session(seed=seed, device=device, quiet=quiet, recipe=recipe, settings=settings or {})
    start = None if init is None else str(init)
    said = {"backbone.kind": backbone, "objective.kind": objective, "start": start, "plan.on_nan": on_nan}
    said |= {"data.all": every_row or None, **budget(minutes=minutes, epochs=epochs, steps=steps)}
    parts = assembled(session, data, said)
    here = machine(parts.device)
    with claim(Path(out), parts.recipe, machine=here, overwrite=overwrite, accept_drift=accept_drift) as place:
        if not place.done:
            told(place.warnings, quiet=quiet)
            title = f"pretrain {parts.recipe.backbone['kind']} {parts.recipe.objective['kind']}"
            with bar(title, quiet=quiet) as watch, tracked(watch, track, place.path) as heard:
                outcome = validated_training.pretrain(parts, place.path, heard)
            finish(
                parts,
                outcome,
                place.path,
                verb="pretrain",
                warnings=[*place.warnings, *validated_training.findings(parts, outcome)],
            )
    return Predictor.load(out, device=parts.device)


def assembled(session: Session, data: Any, said: Mapping[str, Any]) -> Parts:
    """The parts of the run, not yet run."""
    from headstart.assemble import pretraining

    asked = session.build("pretrain", {**said, **data_table(data)})
    return pretraining(asked, session.data(data, asked), device=session.device)


def command(
    session: Session,
    data: Annotated[str | None, typer.Argument(help="Prepared directory, raw files, or 'digits'.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Directory of the model.")],
    backbone: Annotated[str, typer.Option(help="See `headstart list backbones`.")] = "auto",
    objective: Annotated[str, typer.Option(help="See `headstart list objectives`.")] = "auto",
    minutes: Annotated[float | None, typer.Option(help="Budget in minutes.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Budget in passes over the data.")] = None,
    steps: Annotated[int | None, typer.Option(help="Budget in updates.")] = None,
    init: Annotated[str | None, typer.Option(help="Go on from this model.")] = None,
    every_row: Annotated[bool, typer.Option("--all", help="Learn from valid and test rows too.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in --out.")] = False,
    accept_drift: Annotated[bool, typer.Option("--accept-drift", help=ACCEPT)] = False,
    on_nan: Annotated[str | None, typer.Option("--on-nan", help=ON_NAN)] = None,
    track: Annotated[str | None, typer.Option(help="tensorboard, mlflow, wandb or trackio.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what it would take; nothing is written.")] = False,
) -> dict[str, Any]:
    """Learn from unlabelled data. Writes a model directory with report.html; the same command again resumes."""
    from headstart.commands.common.save_run import planned, summary

    if plan:
        said = {"backbone.kind": backbone, "objective.kind": objective, "start": init, "plan.on_nan": on_nan}
        said |= {"data.all": every_row or None, **budget(minutes=minutes, epochs=epochs, steps=steps)}
        return planned(assembled(session, data, said), "pretrain")
    pretrain(
        data, out=out, backbone=backbone, objective=objective, minutes=minutes, epochs=epochs, steps=steps, init=init,
        every_row=every_row, overwrite=overwrite, accept_drift=accept_drift, on_nan=on_nan, track=track,
        seed=session.seed, device=session.device, recipe=session.recipe, settings=dict(session.settings),
        quiet=session.quiet,
    )  # fmt: skip
    return summary(out, "pretrain")
