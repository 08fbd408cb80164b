"""The report of `rank`: the recommendation, the leaderboard, and who did not fit."""

from collections.abc import Sequence

from headstart.data.store import Store
from headstart.report import shared
from headstart.report.blocks import Block, Facts, Paragraph, Report, Section, Table, Verdict, Warnings
from headstart.selection.leaderboard import Standing
from headstart.selection.ranking import Ranking

COLUMNS = ("place", "candidate", "expected", "95 % interval", "chance to be best", "expected regret", "minutes to tune",
           "ms a row", "MB", "test rows seen", "licence", "tried on", "note")  # fmt: skip
FORMATS = {"expected": ".3f", "chance to be best": ".0%", "expected regret": ".3f", "minutes to tune": ".2f",
           "ms a row": ".2f", "MB": ".1f"}  # fmt: skip


def ranking(found: Ranking, store: Store, warnings: Sequence[str]) -> Report:
    """The report of a ranking."""
    title = f"Which start for {shared.name_of(store)}?"
    sections = [*sections_of(found), Section("Data", [Warnings(list(warnings)), *shared.data(store)])]
    return Report(title, found.sentence, "rank", shared.now(), sections)


def sections_of(found: Ranking) -> list[Section]:
    """Recommendation and leaderboard, also for the report of the model that was made of the winner."""
    best = found.best
    verdict = Verdict("take " + best.name if best is not None else "nothing fits", found.sentence)
    first: list[Block] = [verdict]
    if found.command:
        first.append(Paragraph(f"Command: {found.command}"))
    rows = [line(one) for one in found.standings]
    caption = (
        f"Expected {found.metric} with {found.labels:,} labels, from trials on held-out train rows; test rows were not "
        "looked at. Ties share a place. The interval holds the luck of rows and folds."
    )
    blocks: list[Block] = [Table(COLUMNS, rows, caption, FORMATS)]
    if found.more is not None:
        value, low, high = found.more
        more = f"{found.metric} {value:.3f} [{low:.3f}, {high:.3f}], extrapolated"
        blocks.append(Facts([(f"{2 * found.labels:,} labels, twice as many", more)]))
    if found.excluded:
        blocks.append(Table(("candidate", "why it took no part"), [(one.name, one.why) for one in found.excluded]))
    return [Section("Recommendation", first), Section("Leaderboard", blocks)]


def line(one: Standing) -> list[str | int | float | None]:
    """The cells of one candidate, in the order of COLUMNS."""
    tried = f"{one.folds} folds, {one.labels:,} labels" if one.folds else "nothing"
    notes = [*(["first by the prior"] if one.prior else []), *([one.dropped] if one.dropped else [])]
    notes += ["for comparison only"] if one.place is None else []
    return [
        one.place, one.name, one.score, f"{one.low:.3f} to {one.high:.3f}", one.chance, one.regret, one.minutes,
        one.milliseconds, one.megabytes, one.overlap, one.licence or "not stated", tried, "; ".join(notes),
    ]  # fmt: skip
