"""Explained answers on a page: every row with its weights drawn into it, and what speaks for them being right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from headstart.core.contracts.look import Look
from headstart.core.formatting import readable
from headstart.inference.explaining.explanation import RANDOM, SHUFFLED, Explanation, Verdict
from headstart.reports import shared
from headstart.reports.blocks import Facts, Front, Gallery, Report, Section, Table, Tone
from headstart.reports.blocks import Verdict as Judged

MOST = 50  # rows of a page
_STRONGEST = 15  # parts that a page lists
_TONES: dict[Verdict, Tone] = {"GOOD": "good", "WEAK": "unsure", "NOT FAITHFUL": "bad"}
_MEANING = {
    "GOOD": "The order of the parts holds where they are hidden one after the other.",
    "WEAK": "Take them as a hint: some checks hold, others do not.",
    "NOT FAITHFUL": "Do not read them: they do not tell what the answer depends on.",
}


def page(found: Sequence[Explanation], warnings: Sequence[str] = ()) -> Report:
    """A page with the map and the strongest parts of each row, of 50 at most."""
    counts = Counter(one.verdict for one in found)
    worst: Verdict = "NOT FAITHFUL" if counts["NOT FAITHFUL"] else "WEAK" if counts["WEAK"] else "GOOD"
    told = ", ".join(f"{counts[name]:,} {name}" for name in _TONES if counts[name]) or "nothing was explained"
    colours = "Orange speaks for the answer, blue against it; full colour is the strongest part of a row."
    front = Front(
        Judged(told, f"{_MEANING[worst]} {colours}", _TONES[worst]),
        table=_strongest(found[0], 8) if len(found) == 1 else _verdicts(found),
        examples=Gallery("", [_card(one) for one in found[:6]]), warnings=warnings,
    )  # fmt: skip
    sections = [Section(one.origin, [Gallery("", [_card(one)]), _strongest(one, _STRONGEST), _checks(one)])
                for one in found[:MOST]]  # fmt: skip
    sentence = f"What speaks for the answers to {len(found):,} row{'s' * (len(found) != 1)}."
    return Report("Explanations", sentence, "explain", shared.now(), front, sections)


def _card(one: Explanation) -> Look:
    return replace(
        one.look, title=f"{one.about} ({one.number} {readable(one.full)})", note=f"{one.verdict}, by {one.method}"
    )


def _verdicts(found: Sequence[Explanation]) -> Table:
    rows = [[one.origin, one.about, one.verdict, one.parts.names[one.order[0]]] for one in found[:_STRONGEST]]
    return Table(("origin", "explained", "verdict", "strongest part"), rows, "The first rows")


def _strongest(one: Explanation, count: int) -> Table:
    rows = [[one.parts.names[part], float(one.weights[part])] for part in one.order[:count]]
    return Table(("part", "weight"), rows, f"What speaks most for or against {one.about}", {"weight": "+.3g"})


def _checks(one: Explanation) -> Facts:
    checks = one.checks
    lines = [
        ("verdict", f"{one.verdict}: {checks.why}"),
        ("method", f"{one.method}; tried: {', '.join(f'{name} {gap:.2f}' for name, gap in one.tried.items())}"),
        ("parts", f"{len(one.weights):,} {one.unit}; hidden by {one.parts.hidden}"),
        (one.number, f"{readable(one.full)} for the row, {readable(one.empty)} with every part hidden"),
        ("deletion", f"{checks.deletion:.2f}: what is left of it where the first parts are hidden"),
        ("insertion", f"{checks.insertion:.2f}: what is reached where the first parts alone are shown"),
        ("random orders", f"{checks.beats} of {RANDOM} separate the two no better"),
    ]
    if checks.shuffled is not None and checks.alike is not None:
        lines += [
            ("shuffled weights", f"{checks.shuffled} of {SHUFFLED} networks change clearly otherwise"),
            ("maps of shuffled weights", f"rank correlation {checks.alike:.2f}"),
        ]
    if checks.sum_error is not None:
        lines.append(("sum of the weights", f"{checks.sum_error:.1%} off the difference of the two numbers"))
    return Facts(lines)
