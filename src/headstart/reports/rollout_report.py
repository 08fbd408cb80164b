"""The report of a model that acted: what it earned, and what was observed over time beside the demonstrations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.core.formatting import Value
from headstart.evaluation.rollouts import Rollouts
from headstart.reports import shared
from headstart.reports.blocks import Chart, Front, Paragraph, Report, Section, Series, Table, Verdict

_DRAWN = 6  # observed columns that are drawn
WHO = {"": "the model", "demonstrated_": "demonstrations", "random_": "random actions"}


def acting(rollouts: Rollouts, name: str) -> Report:
    """Of a model of this name."""
    table = scores(rollouts)
    told = Verdict(_verdict(rollouts), f"{rollouts.rule[0].upper()}{rollouts.rule[1:]}.")
    charts = traces(rollouts)
    front = Front(told, charts[0], table, None, rollouts.warnings)
    about = Paragraph(f"Lines are means over {len(rollouts.shown)} demonstrations and as many episodes of the model, "
                      "bands reach from the least to the largest. "
                      f"Latency of one action: {rollouts.latency}. Random actions began at the first starts of "
                      "the model. Intervals are of 95 %: Wilson's for success, a bootstrap over episodes for "
                      "returns.")  # fmt: skip
    sections = [Section("What was observed", charts), Section("Returns", [returns(rollouts), about])]
    sentence = f"{name} in {len(rollouts.episodes):,} episodes of {rollouts.environment}."
    return Report(f"{name} in {rollouts.environment}", sentence, "rollout", shared.now(), front, sections)


def _verdict(rollouts: Rollouts) -> str:
    found = rollouts.scores
    if "success" in found:
        return f"succeeds in {found['success']:.0%}"
    return f"return {found['return']:.4g}"


def scores(rollouts: Rollouts) -> Table:
    """Who succeeds how often, and earns what."""
    rows: list[list[Value]] = []
    for prefix, who in WHO.items():
        if f"{prefix}return" in rollouts.scores:
            rows.append([who, _cell(rollouts, f"{prefix}success", ".3f"), _cell(rollouts, f"{prefix}return", ".4g")])
    return Table(["who", "success", "return"], rows, "with 95 % intervals")


def _cell(rollouts: Rollouts, name: str, form: str) -> str:
    found = rollouts.scores
    if name not in found:
        return "not known"
    return f"{found[name]:{form}} ({found[f'{name}_low']:{form}} to {found[f'{name}_high']:{form}})"


def traces(rollouts: Rollouts) -> list[Chart]:
    """Each observed column over time: some episodes of the model, and some demonstrations."""
    kept = [one.observed for one in rollouts.episodes if one.observed is not None]
    found: list[Chart] = []
    for place, name in enumerate(rollouts.acting.observes[:_DRAWN]):
        lines = [_line("demonstrated", rollouts.shown, place), _line("the model", kept, place)]
        found.append(Chart(name, "step", name, [line for line in lines if line is not None]))
    return found


def _line(who: str, episodes: Sequence[np.ndarray], place: int) -> Series | None:
    """The mean of a column at each step over episodes that go on so long, between the least and the largest."""
    several = [one[:, place] for one in episodes]
    if not several:
        return None
    padded = np.full((len(several), max(map(len, several))), np.nan)
    for row, values in enumerate(several):
        padded[row, : len(values)] = values
    known = ~np.isnan(padded).all(0)
    steps = np.flatnonzero(known)
    return Series(who, steps, np.nanmean(padded[:, known], 0),
                  np.nanmin(padded[:, known], 0), np.nanmax(padded[:, known], 0))  # fmt: skip


def returns(rollouts: Rollouts) -> Chart:
    """The returns of all episodes from least to largest."""
    lines = []
    for who, several in (("the model", rollouts.episodes), ("random actions", rollouts.random)):
        totals = np.sort([one.total for one in several])
        lines.append(Series(who, np.linspace(0, 1, len(totals)), totals))
    return Chart("Returns of episodes, from least to largest", "share of episodes", "return", lines)
