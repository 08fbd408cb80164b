"""auto: from labelled data to the best model that the time allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor

MINUTES = 10.0


def auto(
    data: options.Data = None,
    *,
    out: Annotated[str | Path, "Directory of the model."],
    minutes: Annotated[float | None, "How long all of it may take (10)."] = None,
    labels: Annotated[int | None, "Number of labelled rows to use; where rows are steps, of whole episodes."] = None,
    models: Annotated[
        Sequence[Any],
        "A model or public checkpoint that takes part; may be repeated.",
        options.CommandLine(name="--model", kind=list[str]),
    ] = (),
    task: options.Task = "auto",
    input: options.Input = None,
    target: options.Target = None,
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
    """Make the best model that the labels and the minutes allow: rank, adapt the winner, calibrate, score once on test.

    Starts, tunings, classical models and the usual network are tried on held-out train rows, as by `rank`. A model that
    scores below the task's simple model on held-out rows gives way to one that does not. `out` is a model directory,
    with the leaderboard in its report. The same call again continues, or returns the finished model. Raises
    HeadstartError.
    """
    from headstart.commands.common.first_words import few_rows, unlearnable_labels
    from headstart.commands.common.making import make
    from headstart.commands.common.request import data_of, data_table, path_of, requested
    from headstart.commands.common.terminal import tell, tell_taken, warn
    from headstart.core.environment import machine
    from headstart.core.rundir import claim
    from headstart.inference.predictor import Predictor
    from headstart.selection.clock import Clock
    from headstart.selection.question import asked

    named = [str(path_of(one)) for one in ([models] if isinstance(models, str | Path) else models)]
    fields: dict[str, Any] = {"task.kind": task, "labels": labels, "rank.minutes": minutes}
    fields["keep_paths"] = keep_paths or None
    fields["rank.models"] = named or None
    fields |= data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    wanted = requested("auto", fields, seed=seed, recipe=recipe, settings=settings)
    wanted = wanted.with_part("rank", {"minutes": MINUTES, **wanted.rank})
    clock = Clock(60 * wanted.rank["minutes"])
    question = asked(wanted, data_of(data, wanted), device)
    here = machine(question.device)
    tell_taken(question.store.taken, quiet=quiet)
    tell(question.taken, quiet=quiet)
    with claim(Path(out), question.recipe, machine=here, overwrite=overwrite, accept_drift=accept_drift) as place:
        if not place.done:
            few = [*few_rows(len(question.chosen), wanted.labels), *unlearnable_labels(question)]
            warn([*question.store.warnings, *few, *place.warnings], quiet=quiet)
            make(question, replace(place, warnings=(*place.warnings, *few)), clock, quiet=quiet)
        place.publish()
    return Predictor.load(out, device=question.device)


def summary(model: Any, call: Call) -> dict[str, Any]:
    from headstart.commands.common import summaries
    from headstart.commands.common.making import PROOF
    from headstart.commands.common.ranking import RESULT, as_rows, as_text
    from headstart.core.rundir import read_facts
    from headstart.selection.ranking import Ranking

    found = Ranking.from_json(read_facts(model.path / RESULT))
    told = summaries.of_model(model.path)
    proof = read_facts(model.path / PROOF / "gain.json") if (model.path / PROOF).is_dir() else {}
    told |= {name: proof[name] for name in ("verdict", "sentence") if name in proof}
    text = f"{as_text(found)}\n\n{told['text']}"
    return {
        **told,
        "ranking": as_rows(found),
        "recommendation": f"{found.sentence} {found.command}".strip(),
        "text": text,
    }
