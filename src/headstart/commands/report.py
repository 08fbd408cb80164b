"""report: the page of a run, or of several compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.inert import one_line
from headstart.core.rundir import refuse_unfinished
from headstart.core.shown import Shown, Unscored

if TYPE_CHECKING:
    from headstart.core.overview import Overview
    from headstart.reports.compare_report import Run

RUNS = options.CommandLine(name="runs", kind=list[str])


@dataclass(frozen=True, slots=True, repr=False)
class Reported(Shown, Unscored):
    """Where the page lies, and what it says first."""

    path: Path
    sentence: str = ""
    warnings: Sequence[str] = ()

    def overview(self) -> Overview:
        """Its first sentence and its path."""
        from headstart.core.overview import Overview

        return Overview(title="report", sentence=self.sentence, warnings=self.warnings, report=self.path)

    def open(self) -> Path:
        """Show the page in the browser; returns its path."""
        import webbrowser

        webbrowser.open(self.path.resolve().as_uri())
        return self.path


def report(
    runs: Annotated[Any, "Model directories.", RUNS],
    *,
    out: Annotated[str | Path | None, "Directory of the page (default: in the cache).", options.PLACE] = None,
) -> Reported:
    """Compare runs on one page: scores with intervals, cost, rows whose answers changed, settings that differ.

    runs: directories of models, or models. Of a single run it is the page that the run has written. Rows are compared
    where all runs answered the same ones. Raises UsageError for what is no run.
    """
    from headstart.core.cache_folder import directory
    from headstart.reports import write
    from headstart.reports.compare_report import comparison

    given = [runs] if isinstance(runs, str | Path) or not isinstance(runs, Sequence) else list(runs)
    if len(given) == 1:
        return Reported(_own_page(given[0]))
    found = _named([_run(one) for one in given])
    made = comparison(found)
    name = "-".join(run.facts["weights"][:10] for run in found)[:100]
    page = write.write(made, Path(out) if out is not None else directory() / f"report-{name}")
    verdict = made.front.verdict
    return Reported(page.html_path, f"{verdict.verdict}: {verdict.sentence}", tuple(made.front.warnings))


def _place(given: Any) -> Path:
    """The directory of a run; UsageError if it is none."""
    from headstart.commands.common.request import path_of

    place = Path(str(path_of(given)))
    refuse_unfinished(place)
    if not (place / "headstart.json").is_file():
        found, fix = "no headstart.json", "give directories of models: what pretrain, finetune or auto wrote to --out"
        raise UsageError(608, "this is no run", where=place, found=found, fix=fix)
    return place


def _own_page(given: Any) -> Path:
    from headstart.commands.common.request import path_of

    page = Path(str(path_of(given))) / "report.html"
    refuse_unfinished(page.parent)
    if not page.is_file():
        found, fix = "no report.html", "give a directory that pretrain, finetune, auto, rank or gain wrote to --out"
        raise UsageError(609, "this run has no report", where=page.parent, found=found, fix=fix)
    return page


def _run(given: Any) -> Run:
    from headstart.core import recipe as recipes
    from headstart.core.rundir import read_facts
    from headstart.evaluation.kept_answers import FILE, kept
    from headstart.reports.compare_report import Run

    place = _place(given)
    settings = {name: _value(value) for name, value in recipes.flat(recipes.read(place / "recipe.toml").as_dict())}
    return Run(
        name=place.name, facts=read_facts(place / "headstart.json"), settings=settings, answers=kept(place / FILE)
    )


def _value(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else ", ".join(map(str, value))


def _named(runs: list[Run]) -> list[Run]:
    """Runs that can be told apart by their names."""
    from dataclasses import replace

    names = [run.name for run in runs]
    return [
        replace(run, name=f"{run.name} ({place + 1})") if names.count(run.name) > 1 else run
        for place, run in enumerate(runs)
    ]


def summary(result: Any, call: Call) -> dict[str, Any]:
    lines = [
        result.sentence,
        *(f"warning: {one_line(warning)}" for warning in result.warnings),
        f"report: {result.path}",
    ]
    text = "\n".join(line for line in lines if line)
    return {"out": str(result.path.parent), "scores": {}, "warnings": list(result.warnings), "text": text,
            "sentence": result.sentence}  # fmt: skip
