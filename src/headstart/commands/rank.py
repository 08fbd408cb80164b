"""rank: which start, network and tuning suits these data?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.inert import one_line
from headstart.core.shown import Shown

if TYPE_CHECKING:
    from headstart.core.overview import Overview
    from headstart.reports.write import Page
    from headstart.selection.leaderboard import Standing
    from headstart.selection.ranking import Ranking

MINUTES = 5.0
SHOWN = 9  # columns of the leaderboard that a notebook shows


@dataclass(frozen=True, slots=True, repr=False)
class Ranked(Shown):
    """What `rank` found: `best` can be the start of `finetune`; `ranking` as plain data, the full `result`.

    `scores` are what is expected of the best.
    """

    best: Standing | None
    ranking: list[dict[str, Any]]
    recommendation: str
    result: Ranking
    report: Page
    path: Path
    warnings: list[str]

    @property
    def scores(self) -> dict[str, float]:
        name, best = self.result.metric, self.best
        return (
            {} if best is None or not name else {name: best.score, f"{name}_low": best.low, f"{name}_high": best.high}
        )

    def overview(self) -> Overview:
        """The recommendation and the leaderboard."""
        from headstart.core.overview import Overview
        from headstart.reports.rank_report import COLUMNS, line

        return Overview(
            title="take " + self.best.name if self.best is not None else "nothing fits", sentence=self.recommendation,
            scores=self.scores, columns=COLUMNS[:SHOWN], rows=[line(one)[:SHOWN] for one in self.result.standings],
            warnings=self.warnings, report=self.report.html_path,
        )  # fmt: skip


def rank(
    data: options.Data = None,
    models: Annotated[
        Sequence[Any],
        "Models that take part beside headstart's own: directories or public checkpoints.",
        options.CommandLine(name="models", kind=list[str] | None),
    ] = (),
    *,
    out: Annotated[str | Path | None, "Directory of the result (default: in the cache)."] = None,
    labels: Annotated[int | None, "Number of labelled rows to use; where rows are steps, of whole episodes."] = None,
    minutes: Annotated[float | None, "How long to try (5)."] = None,
    task: options.Task = "auto",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    time: options.Time = None,
    follow: options.Follow = False,
    keep_paths: options.KeepPaths = False,
    overwrite: options.Overwrite = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    recipe: options.RecipeFile = None,
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Ranked:
    """Try starts, tunings and simple models on held-out train rows, and say which to take.

    models: any number of models; headstart's own quick pretrainings, classical models and the usual network from
    scratch take part anyway. Test rows are not used. The same call again continues, or returns what was found. `best`
    is a start for `finetune`. Raises HeadstartError.
    """
    from headstart.commands.common.first_words import unlearnable_labels
    from headstart.commands.common.ranking import RESULT, as_rows, judged, moved, portable, returned
    from headstart.commands.common.request import data_of, data_table, path_of, place_of, requested
    from headstart.commands.common.terminal import tell_taken
    from headstart.core.environment import machine
    from headstart.core.files import write_json
    from headstart.core.rundir import claim, read_facts
    from headstart.models import artifact
    from headstart.reports import rank_report, write
    from headstart.selection.clock import Clock
    from headstart.selection.question import asked
    from headstart.selection.ranking import Ranking

    fields: dict[str, Any] = {"task.kind": task, "labels": labels, "rank.minutes": minutes}
    fields["keep_paths"] = keep_paths or None
    named = [str(path_of(one)) for one in ([models] if isinstance(models, str | Path) else models)]
    fields["rank.models"] = named or None
    fields |= data_table(data, input=input, target=target, id=id, modality=modality, follow=follow, time=time)
    wanted = requested("rank", fields, seed=seed, recipe=recipe, settings=settings)
    wanted = wanted.with_part("rank", {"minutes": MINUTES, **wanted.rank})
    clock = Clock(60 * wanted.rank["minutes"])
    question = asked(wanted, data_of(data, wanted), device)
    tell_taken(question.store.taken, quiet=quiet)
    place = Path(out) if out is not None else place_of(question.recipe)
    with claim(place, question.recipe, machine=machine(question.device), overwrite=overwrite) as held:
        if held.done:
            kept = Ranking.from_json(read_facts(held.path / RESULT))
            result = returned(kept, question, place, place)
        else:
            found = judged(question, wanted.rank.get("models", ()), held.path, clock, quiet=quiet)
            result = moved(found, held.path, place)
            kept = portable(found, question.recipe, held.path, place)
            write_json(held.path / RESULT, kept.to_json())
        warnings = [*held.warnings, *unlearnable_labels(question)]
        report = write.write(rank_report.ranking(kept, question.store, warnings), held.path)
        artifact.seal(held.path)
        held.publish()
    return Ranked(
        result.best, as_rows(result), f"{result.sentence} {result.command}".strip(), result, report.at(place), place,
        warnings,
    )  # fmt: skip


def summary(found: Ranked, call: Call) -> dict[str, Any]:
    from headstart.commands.common.ranking import as_text

    best, warned = found.result.best, [f"warning: {one_line(warning)}" for warning in found.warnings]
    return {
        "out": str(found.path), "ranking": found.ranking, "recommendation": found.recommendation,
        "scores": found.scores, "warnings": found.warnings, "best": None if best is None else best.name,
        "excluded": {one.name: one.why for one in found.result.excluded},
        "text": "\n".join([as_text(found.result), *warned, f"report: {found.path}/report.html"]),
    }  # fmt: skip
