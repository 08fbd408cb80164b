"""What the episodes of one data set have in common, and each of them put in order: one row of values a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.core.errors import DataError
from headstart.data.gaps import filled
from headstart.data.records import Episode

_OTHER_RATE, _OFF, _ODD = 0.05, 0.25, 0.05  # share of the usual rate; of a step; share of steps off the grid
_SHOWN = 3
_SKIP = "correct the episode, or prepare with --skip-bad"
HOLES, OPEN = "observed values missing, filled with the last one before", "actions missing, not learned"
ENDLESS, LOST = "values that are infinite, read as missing", "steps missing between others, left open"
UNEVEN = "episodes at irregular times, whose steps are read in their order"


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the columns that are observed and acted, their units ("" where none is known), steps a second (0 where
    nobody knows), and how many choices a discrete action has (0: actions are quantities)."""

    observes: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    rate: float = 0.0
    discrete: int = 0

    @classmethod
    def of(cls, episodes: Sequence[Layout]) -> Layout:
        """What most of them have."""
        names, _ = Counter((one.observes, one.acts, bool(one.discrete)) for one in episodes).most_common(1)[0]
        same = [one for one in episodes if (one.observes, one.acts, bool(one.discrete)) == names]
        units = next((one.units for one in same if one.units), ("",) * (len(names[0]) + len(names[1])))
        rates = [one.rate for one in same if one.rate > 0]
        return cls(names[0], names[1], units, float(np.median(rates)) if rates else 0.0,
                   max(one.discrete for one in same))  # fmt: skip

    @property
    def width(self) -> int:
        """Columns of a stored step."""
        return len(self.observes) + len(self.acts)


def layout_of(episode: Episode) -> Layout:
    """That of one episode; its rate is that of its times where it says none."""
    return Layout(episode.observes, episode.acts, episode.units, _rate(episode), episode.discrete)


def laid_out(episode: Episode, layout: Layout, where: str, *, asked: bool = False) -> tuple[np.ndarray, dict[str, int]]:
    """The steps of an episode, float64 [T, S + A], and what was put right. Missing observations are filled from the
    past alone, a column without any value and actions stay NaN. DataError for an episode that cannot be used; what is
    `asked` needs no actions."""
    acted = episode.acted
    if asked and not episode.acts:
        acted = np.full((len(episode.observed), len(layout.acts)), np.nan)
    _check_columns(episode, acted, layout, where)
    values, told = np.concatenate([episode.observed, acted], 1).astype(np.float64), dict[str, int]()
    if endless := int(np.isinf(values).sum()):
        told[ENDLESS], values = endless, np.where(np.isinf(values), np.nan, values)
    values, more = _on_grid(values, episode.times, layout.rate, where)
    told |= more
    width = len(layout.observes)
    observed, acts = values[:, :width], values[:, width:]
    there = ~np.isnan(observed).all(0)
    if not there.any():
        raise DataError(874, "an episode without one observed value", where=where, fix=_SKIP)
    _check_choices(acts, layout, where)
    steps = len(values) - told.get(LOST, 0)
    if holes := int(np.isnan(observed).sum()) - told.get(LOST, 0) * width:
        told[HOLES] = holes
    if acts.size and not asked and (lost := int(np.isnan(acts).any(1).sum()) - told.get(LOST, 0)):
        if lost == steps:
            raise DataError(875, "an episode without one whole action", where=where, fix=_SKIP)
        told[OPEN] = lost
    observed[:, there] = filled(observed[:, there])
    return values, told


def _check_columns(episode: Episode, acted: np.ndarray, layout: Layout, where: str) -> None:
    steps = episode.observed.shape[:1]
    acts = layout.acts if acted is not episode.acted else episode.acts
    sizes = (*steps, len(episode.observes)), (*steps, len(acts))
    if (episode.observed.shape, acted.shape) != sizes or steps == (0,):
        found = f"observed {list(episode.observed.shape)}, acted {list(acted.shape)}"
        raise DataError(870, "the arrays of an episode do not fit each other", where=where, found=found,
                        expected=f"[T, {sizes[0][1]}] and [T, {sizes[1][1]}], T at least 1", fix=_SKIP)  # fmt: skip
    for name, here, wanted in (("observed", episode.observes, layout.observes), ("acted", acts, layout.acts)):
        if here != wanted:
            odd = [one for one in (*here, *wanted) if (one in here) != (one in wanted)][:_SHOWN]
            found = f"{len(here)} {name} columns" + (f", not in both: {', '.join(odd)}" if odd else " in another order")
            raise DataError(871, "an episode with other columns", where=where, found=found,
                            expected=f"{len(wanted)}, as most episodes have", fix=_SKIP)  # fmt: skip
    rate = _rate(episode)
    if rate and layout.rate and abs(rate / layout.rate - 1) > _OTHER_RATE:
        fix = "bring all episodes to one rate, or prepare with --skip-bad"
        raise DataError(872, "an episode at another rate", where=where, found=f"{rate:.4g} steps a second",
                        expected=f"{layout.rate:.4g}", fix=fix)  # fmt: skip


def _on_grid(
    values: np.ndarray, times: np.ndarray | None, rate: float, where: str
) -> tuple[np.ndarray, dict[str, int]]:
    """The steps at their places on a grid of this rate, NaN where there is none; in their order if they lie on none."""
    if times is None or len(times) < 2:
        return values, {}
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        odd = int(np.flatnonzero(~(np.diff(times) > 0))[0])
        found = f"{times[odd]:g} and {times[odd + 1]:g} at steps {odd} and {odd + 1}"
        raise DataError(873, "times of an episode do not ascend", where=where, found=found, fix=_SKIP)
    exact = (times - times[0]) * rate
    gaps = np.maximum(np.round(np.diff(exact)), 1).astype(np.int64)  # steps from each to the next
    if not rate or (np.abs(np.diff(exact) - gaps) > _OFF).mean() > _ODD or gaps.sum() >= 2 * len(times):
        return values, {UNEVEN: 1}
    places = np.concatenate([[0], np.cumsum(gaps)])
    lost = int(places[-1]) + 1 - len(times)
    if not lost:
        return values, {}
    spread = np.full((int(places[-1]) + 1, values.shape[1]), np.nan)
    spread[places] = values
    return spread, {LOST: lost}


def _check_choices(acts: np.ndarray, layout: Layout, where: str) -> None:
    if not layout.discrete:
        return
    known = acts[np.isfinite(acts)]
    odd = known[(known != np.round(known)) | (known < 0) | (known >= layout.discrete)]
    if acts.shape[1] != 1 or len(odd):
        found = f"{odd[0]:g}" if len(odd) else f"{acts.shape[1]} columns of actions"
        expected = f"one of the whole numbers 0 to {layout.discrete - 1}"
        raise DataError(876, "an action that is no choice", where=where, found=found, expected=expected, fix=_SKIP)


def _rate(episode: Episode) -> float:
    if episode.rate > 0 or episode.times is None or len(episode.times) < 2:
        return max(0.0, episode.rate)
    step = float(np.median(np.diff(episode.times)))
    return 1 / step if step > 0 else 0.0
