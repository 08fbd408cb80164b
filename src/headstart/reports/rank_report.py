"""The report of `rank`: the recommendation, the leaderboard, and who did not fit."""

from collections.abc import Sequence

from headstart.data.store import Store
from headstart.reports import shared
from headstart.reports.blocks import Block, Facts, Front, Intervals, Paragraph, Report, Section, Table, Verdict
from headstart.selection.leaderboard import Standing
from headstart.selection.ranking import Ranking

COLUMNS = ("place", "candidate", "expected", "95 % interval", "chance to be best", "expected regret", "minutes to tune",
           "ms a row", "MB", "test rows seen", "licence", "tried on", "note")  # fmt: skip
FORMATS = {"expected": ".3f", "chance to be best": ".0%", "expected regret": ".3f", "minutes to tune": ".2f",
           "ms a row": ".2f", "MB": ".1f"}  # fmt: skip

TOP = 5  # candidates that are drawn on the first screen


def ranking(found: Ranking, store: Store, warnings: Sequence[str]) -> Report:
    """The report of a ranking."""
    title = f"Which start for {shared.name_of(store)}?"
    best, top = found.best, found.standings[:TOP]
    tone = "good" if best is not None else "bad"
    scored = [(one.name, one.score, one.low, one.high) for one in top if one.folds]
    drawing = Intervals(found.metric, scored) if scored else None
    rows = [[one.place, one.name, one.minutes] for one in top[:3]]
    table = Table(("place", "candidate", "minutes to tune"), rows, formats=FORMATS)
    verdict = Verdict("take " + best.name if best is not None else "nothing fits", found.sentence, tone)
    sections = [*sections_of(found), Section("Data", shared.data(store))]
    front = Front(verdict, drawing, table, shared.train_rows(store), warnings)
    return Report(
        title, f"{len(found.standings)} candidates, tried on train rows.", "rank", shared.now(), front, sections
    )


def sections_of(found: Ranking) -> list[Section]:
    """The leaderboard, also for the report of the model that was made of the winner."""
    rows = [line(one) for one in found.standings]
    caption = (
        f"Expected {found.metric} with {found.labels:,} labels, from trials on held-out train rows; test rows were not "
        "looked at. Ties share a place. The interval holds the luck of rows and folds."
    )
    words = found.sentence + (f"\n\nCommand: {found.command}" if found.command else "")
    blocks: list[Block] = [Paragraph(words), Table(COLUMNS, rows, caption, FORMATS)]
    if found.more is not None:
        value, low, high = found.more
        more = f"{found.metric} {value:.3f} [{low:.3f}, {high:.3f}], extrapolated"
        blocks.append(Facts([(f"{2 * found.labels:,} labels, twice as many", more)]))
    if found.excluded:
        blocks.append(Table(("candidate", "why it took no part"), [(one.name, one.why) for one in found.excluded]))
    return [Section("Leaderboard", blocks)]


def line(one: Standing) -> list[str | int | float | None]:
    """The cells of one candidate, in the order of COLUMNS."""
    tried = f"{one.folds} folds, {one.labels:,} labels" if one.folds else "nothing"
    notes = [*(["first by the prior"] if one.prior else []), *([one.dropped] if one.dropped else [])]
    notes += ["for comparison only"] if one.place is None else []
    return [
        one.place, one.name, one.score, f"{one.low:.3f} to {one.high:.3f}", one.chance, one.regret, one.minutes,
        one.milliseconds, one.megabytes, one.overlap, one.licence or "not stated", tried, "; ".join(notes),
    ]  # fmt: skip
