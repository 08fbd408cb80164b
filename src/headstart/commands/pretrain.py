"""pretrain: learn from unlabelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.session import Session, bar, data_table, tracked

if TYPE_CHECKING:
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
    from headstart.assemble import pretraining
    from headstart.commands.saving import finish
    from headstart.core.rundir import claim
    from headstart.evaluation import fit
    from headstart.inference.predictor import Predictor

    session = Session(seed=seed, device=device, quiet=quiet, recipe=recipe, settings=settings or {})
    said = {"backbone.kind": backbone, "objective.kind": objective, "start": init}
    said |= {"plan.minutes": minutes, "plan.epochs": epochs, "plan.steps": steps} | data_table(data)
    asked = session.build("pretrain", said)
    parts = pretraining(asked, session.data(data, asked), device=device, every_row=every_row)
    with claim(Path(out), parts.recipe, overwrite=overwrite) as place:
        if not place.done:
            title = f"pretrain {parts.recipe.backbone['kind']} {parts.recipe.objective['kind']}"
            with bar(title, quiet=quiet) as watch, tracked(watch, track, place.path) as told:
                outcome = fit.pretrain(parts, place.path, told)
            every = ["every row was used, test rows too: scores on this data set are flattered"] if every_row else []
            finish(parts, outcome, place.path, verb="pretrain", warnings=every + fit.findings(parts, outcome))
    return Predictor.load(out, device=parts.device)


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
    track: Annotated[str | None, typer.Option(help="tensorboard, mlflow, wandb or trackio.")] = None,
) -> dict[str, Any]:
    """Learn from unlabelled data. Writes a model directory with report.html; the same command again resumes."""
    from headstart.commands.saving import summary

    pretrain(
        data, out=out, backbone=backbone, objective=objective, minutes=minutes, epochs=epochs, steps=steps, init=init,
        every_row=every_row, overwrite=overwrite, track=track, seed=session.seed, device=session.device,
        recipe=session.recipe, settings=dict(session.settings), quiet=session.quiet,
    )  # fmt: skip
    return summary(out, "pretrain")
