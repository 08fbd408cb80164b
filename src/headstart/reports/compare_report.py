"""Several runs on one page: scores side by side, what they cost, rows whose answers changed, settings that differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.core.formatting import Value, shorten
from headstart.evaluation.kept_answers import Kept
from headstart.reports import shared
from headstart.reports.blocks import Front, Intervals, Paragraph, Report, Section, Table, Verdict

SURE = 0.05  # chance of such a difference between equal models below which it is called one
CELL = 80  # letters of an answer that a cell shows


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run: the body of its headstart.json, the settings of its recipe, and its answers by row."""

    name: str
    facts: Mapping[str, Any]
    settings: Mapping[str, Value]
    answers: Mapping[str, Kept]

    @property
    def headline(self) -> str:
        return next(iter(self.facts["scores"]), "")

    @property
    def score(self) -> float:
        return self.facts["scores"][self.headline]

    def bounds(self, name: str) -> tuple[float | None, float | None]:
        """The ends of the 95 % interval of a score, None where it has none."""
        scores = self.facts["scores"]
        return scores.get(f"{name}_low"), scores.get(f"{name}_high")


def comparison(runs: Sequence[Run]) -> Report:
    """The page of at least two runs."""
    names, changed = [run.name for run in runs], _changed(runs)
    scored = [run for run in runs if run.headline]
    alike = len({run.headline for run in scored}) == 1
    drawing = (
        Intervals(scored[0].headline, [(r.name, r.score, *r.bounds(r.headline)) for r in scored]) if alike else None
    )
    table = Table(("run", "seconds", "parameters"), [_costs(run)[:3] for run in runs[:3]], formats={"seconds": ",.1f"})
    differ = Table(("setting", *names), _differences(runs))
    answers = Table(("row", "is", *names), changed, f"{len(changed):,} rows whose answers changed")
    first = Table(answers.columns, changed[:6], answers.caption) if changed else Table(differ.columns, differ.rows[:6])
    sections = [
        Section("Scores", [Table(("score", *names), _scores(runs))]),
        Section("Rows whose answers changed", [answers] if changed else [Paragraph(_why_none(runs))]),
        Section("Settings that differ", [differ]),
        Section("Cost", [Table(("run", "seconds", "parameters", "rows", "peak memory, MB"), [*map(_costs, runs)],
                               formats={"seconds": ",.1f", "peak memory, MB": ",.0f"})]),
    ]  # fmt: skip
    front = Front(_verdict(scored), drawing, table, first, _cautions(runs))
    sentence = f"{len(runs)} runs: {', '.join(dict.fromkeys(str(run.facts['verb']) for run in runs))}."
    title = f"{', '.join(names[:-1])} and {names[-1]} compared"
    return Report(shorten(title, 120), sentence, "report", shared.now(), front, sections)


def _verdict(runs: Sequence[Run]) -> Verdict:
    """Which run is best, and is that more than luck?"""
    if len(runs) < 2:
        return Verdict("nothing to compare by", f"{len(runs)} of the runs have scores.", "unsure")
    if len({run.headline for run in runs}) > 1:
        kinds = ", ".join(dict.fromkeys(run.headline for run in runs))
        return Verdict("not comparable", f"Their scores are of different kinds: {kinds}.", "unsure")
    lower = bool(runs[0].facts.get("lower_is_better"))
    best, second, *_ = sorted(runs, key=lambda run: run.score if lower else -run.score)
    told = f"{best.headline} {best.score:.3f} of {best.name} and {second.score:.3f} of {second.name}"
    if not _same_rows((best, second)):
        return Verdict(f"{best.name} scores best", f"{told}, but not on the same rows: it may be luck.", "unsure")
    gained = sum(one.right and not second.answers[row].right for row, one in best.answers.items())
    lost = sum(not one.right and second.answers[row].right for row, one in best.answers.items())
    chance = _sign_test(gained, lost)
    told += f": on {len(best.answers):,} same rows the first is right on {gained:,} where the second is wrong, "
    told += f"and wrong on {lost:,} where the second is right (sign test, p = {chance:.2g})."
    if gained > lost and chance < SURE:
        return Verdict(f"{best.name} is better", told, "good")
    return Verdict("no sure difference", told, "unsure")


def _sign_test(gained: int, lost: int) -> float:
    """The chance of a split as unequal as this one, or more, between two models that are equally good."""
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _same_rows(runs: Sequence[Run]) -> bool:
    first = runs[0].answers.keys()
    return bool(first) and all(run.answers.keys() == first for run in runs)


def _changed(runs: Sequence[Run]) -> list[list[Value]]:
    """Rows that not all runs answered alike, if all answered the same ones; first those that some have right."""
    if not _same_rows(runs):
        return []
    rows = []
    for row, first in runs[0].answers.items():
        each = [run.answers[row] for run in runs]
        if len({one.said for one in each}) > 1:
            marks = [f"{'✓' if one.right else '✕'} {shorten(one.said, CELL)}" for one in each]
            rows.append((len({one.right for one in each}) == 1, [first.origin, shorten(first.true, CELL), *marks]))
    return [cells for _, cells in sorted(rows, key=lambda one: one[0])]


def _why_none(runs: Sequence[Run]) -> str:
    if _same_rows(runs):
        return "All runs answered every row alike."
    return "The runs did not answer the same rows, or their answers were not kept."


def _scores(runs: Sequence[Run]) -> list[list[Value]]:
    every = dict.fromkeys(name for run in runs for name in run.facts["scores"] if not name.endswith(("_low", "_high")))
    return [[name, *(_cell(run, name) for run in runs)] for name in every]


def _cell(run: Run, name: str) -> Value:
    value, (low, high) = run.facts["scores"].get(name), run.bounds(name)
    if value is None:
        return None
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _costs(run: Run) -> list[Value]:
    cost = run.facts["cost"]
    return [run.name, cost["seconds"], cost["parameters"], cost["rows"], cost["peak_memory_bytes"] / 2**20]


def _differences(runs: Sequence[Run]) -> list[list[Value]]:
    every = dict.fromkeys(name for run in runs for name in run.settings)
    rows = [[name, *(run.settings.get(name) for run in runs)] for name in every]
    return [row for row in rows if any(value != row[1] for value in row[2:])]


def _cautions(runs: Sequence[Run]) -> list[str]:
    """What stands against a comparison, and what each run was warned of."""
    told = []
    if len({run.facts["data"]["hash"] for run in runs}) > 1:
        told.append("the runs used different data: their scores are not of the same rows")
    if len({run.facts.get("split", "") for run in runs}) > 1:
        told.append("the runs were scored on different splits")
    return told + [f"{run.name}: {warning}" for run in runs for warning in run.facts["warnings"]]
