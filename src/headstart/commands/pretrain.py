"""pretrain: learn from unlabelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor


def pretrain(
    data: options.Data = None,
    *,
    out: Annotated[str | Path, "Directory of the model."],
    backbone: Annotated[str, "See `headstart list backbones`."] = "auto",
    objective: Annotated[str, "See `headstart list objectives`."] = "auto",
    task: Annotated[str, "The task to come, which network and objective should suit."] = "auto",
    minutes: options.Minutes = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    init: Annotated[Any, "Start from the weights of this model."] = None,
    every_row: Annotated[bool, "Train on valid and test rows too.", options.CommandLine(name="--all")] = False,
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
    """Learn from unlabelled data. Writes a model directory with report.html; the same command again resumes.

    data: a prepared directory, raw files, an array, a DataFrame, or "digits". `settings` are recipe fields by dotted
    name, e.g. {"objective.hide": 0.6}. With `plan` the result is a `Cost`. Raises HeadstartError with what, where,
    found, expected and fix.
    """
    from headstart.assemble import pretraining
    from headstart.commands.common.first_words import introduce, unused_budgets
    from headstart.commands.common.progress import learn
    from headstart.commands.common.request import budget, data_of, data_table, path_of, requested
    from headstart.commands.common.save_run import finish
    from headstart.commands.common.terminal import tell_taken
    from headstart.core.environment import machine
    from headstart.core.rundir import claim
    from headstart.evaluation.cost import estimate
    from headstart.evaluation.held_out_loss import judge_held
    from headstart.evaluation.validation import findings, look_at_objective
    from headstart.inference.predictor import Predictor

    fields = {"backbone.kind": backbone, "objective.kind": objective, "start": path_of(init)}
    fields |= {"task.kind": task, "plan.on_nan": on_nan, "keep_paths": keep_paths or None}
    fields |= {"data.all": every_row or None, **budget(minutes=minutes, epochs=epochs, steps=steps)}
    columns = data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    wanted = requested("pretrain", fields | columns, seed=seed, recipe=recipe, settings=settings)
    parts = pretraining(wanted, data_of(data, wanted), device=device)
    tell_taken(parts.store.taken, quiet=quiet)
    if plan:
        cost: Any = estimate(parts)  # no model: whoever asks for the plan knows
        return cost
    here = machine(parts.device)
    with claim(Path(out), parts.recipe, machine=here, overwrite=overwrite, accept_drift=accept_drift) as place:
        if not place.done:
            parts.check(whole=place.resuming)
            noted = [*place.warnings, *unused_budgets(parts, wanted.plan)]
            predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
            title = f"pretrain {parts.recipe.backbone['kind']} {parts.recipe.objective['kind']}"
            introduce(parts, title, noted, quiet=quiet)
            outcome = learn(parts, predictor, look_at_objective, place.path, title=title, track=track, quiet=quiet)
            warnings = [*noted, *findings(parts, predictor, outcome)]
            finish(parts, predictor, outcome, place, warnings, judge_held(parts, predictor))
        place.publish()
    return Predictor.load(out, device=parts.device)


def summary(model: Any, call: Call) -> dict[str, Any]:
    from headstart.commands.common import summaries

    return summaries.of_cost(model, call) if call.arguments["plan"] else summaries.of_model(model.path)
