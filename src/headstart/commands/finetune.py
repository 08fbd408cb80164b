"""finetune: adapt a model to labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common.session import ACCEPT, ON_NAN, Session, bar, budget, data_table, machine, told, tracked

if TYPE_CHECKING:
    from headstart.assemble import Parts
    from headstart.inference.predictor import Predictor


def finetune(
    data: Any = None,
    *,
    start: Any = None,
    out: str | Path,
    task: str = "auto",
    tuning: str = "auto",
    backbone: str | None = None,
    labels: int | None = None,
    input: str | None = None,
    target: str | None = None,
    minutes: float | None = None,
    epochs: float | None = None,
    steps: int | None = None,
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
    """Adapt a model (or `start="scratch"` with a `backbone`) to a task, score it on test rows, save it to `out`.

    `labels` uses only that many labelled train rows, drawn by class and seed. The same call again goes on or returns
    the finished model. Raises HeadstartError.
    """
    from headstart.commands.common.save_run import finish
    from headstart.core.errors import DataError
    from headstart.core.rundir import claim
    from headstart.evaluation import validated_training
    from headstart.evaluation.evaluate import evaluate
    from headstart.inference.predictor import Predictor
    from headstart.inference.round_trip import ASKED, same_answers
    from headstart.training.run.preflight import audit

    session = Session(seed=seed, device=device, quiet=quiet, recipe=recipe, settings=settings or {})
    said = {"start": path_of(start), "task.kind": task, "tuning.kind": tuning, "backbone.kind": backbone}
    said |= {"labels": labels, "plan.on_nan": on_nan, **budget(minutes=minutes, epochs=epochs, steps=steps)}
    parts = assembled(session, data, said, input=input, target=target)
    here = machine(parts.device)
    with claim(Path(out), parts.recipe, machine=here, overwrite=overwrite, accept_drift=accept_drift) as place:
        if not place.done:
            told(place.warnings, quiet=quiet)
            assert parts.tuning is not None
            audited = audit(parts.trainee, parts.tuning, parts.batches, fresh=not parts.continued)
            title = f"finetune {parts.recipe.task['kind']} {parts.recipe.tuning['kind']}"
            with bar(title, quiet=quiet) as watch, tracked(watch, track, place.path) as heard:
                outcome = validated_training.finetune(parts, place.path, heard)
            predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
            try:
                evaluation, warnings = (
                    evaluate(predictor, parts.store, learned=parts.chosen, seed=parts.recipe.seed),
                    [],
                )
            except DataError as none:  # no labelled test rows: a model without scores is still a model
                evaluation, warnings = None, [f"not scored: {none.what}"]
            finish(
                parts,
                outcome,
                place.path,
                verb="finetune",
                evaluation=evaluation,
                audited=audited,
                warnings=[*place.warnings, *warnings],
            )
            returned = Predictor.load(out, device=parts.device)
            same_answers(predictor, returned, parts.store, parts.chosen[:ASKED])
            return returned
    return Predictor.load(out, device=parts.device)


def assembled(session: Session, data: Any, said: Mapping[str, Any], *, input: str | None, target: str | None) -> Parts:
    """The parts of the run, not yet run."""
    from headstart.assemble import finetuning

    asked = session.build("finetune", {**said, **data_table(data, input=input, target=target)})
    return finetuning(asked, session.data(data, asked), device=session.device)


def path_of(start: Any) -> str | None:
    """A model directory from whatever stands for a model: a path, a name, a loaded model."""
    from headstart.core.errors import UsageError

    if start is None or isinstance(start, str | Path):
        return None if start is None else str(start)
    from headstart.inference.predictor import Predictor

    if isinstance(start, Predictor) and start.path is not None:
        return str(start.path)
    raise UsageError(
        550, "not a starting point", found=type(start).__name__, expected="a model, its directory or 'scratch'"
    )


def command(
    session: Session,
    data: Annotated[str | None, typer.Argument(help="Prepared directory, raw files, or 'digits'.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Directory of the model.")],
    start: Annotated[str | None, typer.Option("--from", help="A model directory, or 'scratch'.")] = None,
    task: Annotated[str, typer.Option(help="See `headstart list tasks`.")] = "auto",
    tuning: Annotated[str, typer.Option(help="See `headstart list tunings`.")] = "auto",
    backbone: Annotated[str | None, typer.Option(help="Network to train from scratch.")] = None,
    labels: Annotated[int | None, typer.Option(help="Use only so many labelled rows.")] = None,
    input: Annotated[str | None, typer.Option(help="Column of a table that holds the input.")] = None,
    target: Annotated[str | None, typer.Option(help="Column of a table that holds the label.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Budget in minutes.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Budget in passes over the data.")] = None,
    steps: Annotated[int | None, typer.Option(help="Budget in updates.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in --out.")] = False,
    accept_drift: Annotated[bool, typer.Option("--accept-drift", help=ACCEPT)] = False,
    on_nan: Annotated[str | None, typer.Option("--on-nan", help=ON_NAN)] = None,
    track: Annotated[str | None, typer.Option(help="tensorboard, mlflow, wandb or trackio.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what it would take; nothing is written.")] = False,
) -> dict[str, Any]:
    """Adapt a model to labels and score it. Writes a model directory with report.html."""
    from headstart.commands.common.save_run import planned, summary

    if plan:
        said = {"start": start, "task.kind": task, "tuning.kind": tuning, "backbone.kind": backbone}
        said |= {"labels": labels, "plan.on_nan": on_nan, **budget(minutes=minutes, epochs=epochs, steps=steps)}
        return planned(assembled(session, data, said, input=input, target=target), "finetune")
    finetune(
        data, start=start, out=out, task=task, tuning=tuning, backbone=backbone, labels=labels, input=input,
        target=target, minutes=minutes, epochs=epochs, steps=steps, overwrite=overwrite, accept_drift=accept_drift,
        on_nan=on_nan, track=track, seed=session.seed, device=session.device, recipe=session.recipe,
        settings=dict(session.settings), quiet=session.quiet,
    )  # fmt: skip
    return summary(out, "finetune")
