"""finetune: train a model on labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor
    from headstart.selection.leaderboard import Standing


def finetune(
    data: options.Data = None,
    *,
    out: Annotated[str | Path, "Directory of the model."],
    start: Annotated[
        Any,
        "A model directory, a public checkpoint, 'scratch', or 'auto': the best by `rank`.",
        options.CommandLine(name="--from"),
    ] = None,
    task: options.Task = "auto",
    tuning: options.Tuning = "auto",
    backbone: Annotated[str | None, "Network to train from scratch."] = None,
    labels: Annotated[int | None, "Number of labelled rows to use; where rows are steps, of whole episodes."] = None,
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    minutes: options.Minutes = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    keep_paths: options.KeepPaths = False,
    overwrite: options.Overwrite = False,
    accept_drift: options.AcceptDrift = False,
    on_nan: options.OnNan = None,
    track: options.Track = None,
    plan: options.PlanOnly = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    recipe: options.RecipeFile = None,
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Predictor:
    """Fine-tune a model on labels and score it on test rows. Writes a model directory with report.html.

    start: a model, its directory, a public checkpoint, "scratch" with a `backbone`, "auto", which asks `rank` first, or
    the `best` of a ranking, which brings its network and tuning. `labels` uses only that many
    labelled train rows, drawn by class and seed. The same call again continues, or returns the finished model. With
    `plan` the result is a `Cost`. Raises HeadstartError.
    """
    from headstart.assemble import finetuning
    from headstart.commands.common.first_words import few_rows, introduce, unlearnable, unused_budgets
    from headstart.commands.common.progress import learn
    from headstart.commands.common.request import budget, data_of, data_table, requested, start_fields
    from headstart.commands.common.save_run import finish
    from headstart.commands.common.simple import below_simple, better
    from headstart.commands.common.terminal import tell_taken
    from headstart.core.environment import machine
    from headstart.core.errors import DataError
    from headstart.core.rundir import claim
    from headstart.evaluation.cost import estimate
    from headstart.evaluation.evaluate import evaluate
    from headstart.evaluation.refitted import walked
    from headstart.evaluation.validation import end_task, look_at_task
    from headstart.inference.predictor import Predictor
    from headstart.inference.round_trip import ASKED, same_answers
    from headstart.training.run.preflight import preflight

    if isinstance(start, str) and start == "auto":
        start = _best(data, labels=labels, minutes=minutes, task=task, input=input, target=target, id=id,
                      modality=modality, time=time, follow=follow, keep_paths=keep_paths, seed=seed,
                      device=device, recipe=recipe, settings=settings, quiet=quiet)  # fmt: skip
    fields = start_fields(start, task__kind=task, tuning__kind=tuning, backbone__kind=backbone)
    fields |= {"labels": labels, "plan.on_nan": on_nan, "keep_paths": keep_paths or None}
    fields |= budget(minutes=minutes, epochs=epochs, steps=steps)
    fields |= data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    wanted = requested("finetune", fields, seed=seed, recipe=recipe, settings=settings)
    parts = finetuning(wanted, data_of(data, wanted), device=device)
    tell_taken(parts.store.taken, quiet=quiet)
    if plan:
        cost: Any = estimate(parts)  # no model: whoever asks for the plan knows
        return cost
    here = machine(parts.device)
    with claim(Path(out), parts.recipe, machine=here, overwrite=overwrite, accept_drift=accept_drift) as place:
        if not place.done:
            parts.check(whole=place.resuming)
            noted = [*place.warnings, *unused_budgets(parts, wanted.plan), *few_rows(len(parts.chosen), wanted.labels)]
            noted += unlearnable(parts, parts.chosen)
            assert parts.tuning is not None
            checked = preflight(parts.trainee, parts.tuning, parts.batches, fresh=not parts.continued)
            predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
            title = f"finetune {parts.recipe.task['kind']} {parts.recipe.tuning['kind']}"
            introduce(parts, title, [*noted, *checked.warnings], quiet=quiet)
            outcome = learn(parts, predictor, look_at_task, place.path, title=title, track=track, quiet=quiet)
            end_task(parts, predictor)
            warnings, evaluation = [*noted, *predictor.task.cautions], None
            try:
                evaluation = evaluate(
                    predictor, parts.store, learned=parts.chosen, seed=parts.recipe.seed, known=parts.memory
                )
            except DataError as none:  # no labelled test rows: a model without scores is still a model
                warnings.append(f"not scored: {none.what}, found {none.found}")
            if evaluation is not None:
                evaluation = walked(parts, predictor, evaluation)
                warnings += below_simple(evaluation, better(predictor.task, data, parts.recipe))
            finish(parts, predictor, outcome, place, warnings, evaluation, checked)
            place.publish()
            returned = Predictor.load(out, device=parts.device)
            same_answers(predictor, returned, parts.store, parts.chosen[:ASKED])
            return returned
        place.publish()
    return Predictor.load(out, device=parts.device)


def _best(data: Any, *, minutes: float | None, quiet: bool, **asked: Any) -> Standing:
    """The start that `rank` would take; UsageError if nothing fits the data."""
    from headstart.commands.common.ranking import as_text
    from headstart.commands.common.terminal import tell
    from headstart.commands.rank import MINUTES, rank
    from headstart.core.errors import UsageError

    found = rank(data, minutes=min(minutes or MINUTES, MINUTES), quiet=quiet, **asked)
    tell(as_text(found.result), quiet=quiet)
    if found.best is None:
        raise UsageError(525, "no start fits these data", fix="pass --from scratch with --backbone, or --from MODEL")
    return found.best


def summary(model: Any, call: Call) -> dict[str, Any]:
    from headstart.commands.common import summaries

    return summaries.of_cost(model, call) if call.arguments["plan"] else summaries.of_model(model.path)
