"""Who is tried, on which fold, and with how much effort, until the best is known or the time is used.

Two heats. Candidates that are solved come first (the probe): on all folds, with few labels first where there are many.
Then those that are stepped (the race): short fine-tunes on the first fold, of which the better half goes on with more
time, and then the other folds. Whoever is surely worse than the best, even if its learning curve were the steepest
thinkable, is tried no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from headstart.core.contracts.metric import Metric
from headstart.core.errors import HeadstartError
from headstart.evaluation.intervals import TAILS, resampled_means
from headstart.selection.candidates import Candidate, Excluded
from headstart.selection.clock import Clock
from headstart.selection.curves import BEST, doublings, loss_of
from headstart.selection.folds import Fold
from headstart.selection.memory import Effort, Trial
from headstart.selection.trials import Laboratory

LADDER = (1_000, 5_000)  # labels of the first trials where there are many
PROBE_SHARE = 0.5  # of the time that solved candidates may use while others wait
RUNGS = (0.3, 0.5, 0.7)  # share of the time left that each rung of the race may use
LEAST_SECONDS = 2.0  # a fine-tune that is shorter says nothing
REPLICATES = 500


@dataclass(slots=True)
class Entrant:
    """A candidate in the race.

    whole  the effort of the fine-tune that it stands for
    aside  seconds that a trial takes on top of its steps
    """

    candidate: Candidate
    whole: Effort
    aside: float = 0.0
    trials: list[Trial] = field(default_factory=list)
    dropped: str = ""

    @property
    def stepped(self) -> bool:
        return self.whole.seconds is not None

    @property
    def top(self) -> Effort | None:
        """The greatest effort that it was tried with."""
        efforts = [trial.effort for trial in self.trials]
        return min(efforts, key=lambda effort: doublings(effort, self.whole)) if efforts else None

    @property
    def best(self) -> list[Trial]:
        """Its trials of the greatest effort, one a fold."""
        top = self.top
        return [] if top is None else [trial for trial in self.trials if trial.effort.serves(top)]

    def reach(self, labels: int, most: float | None) -> Effort:
        """The effort of its whole fine-tune with so many labels; fewer, where what is solved would take longer than
        `most` seconds."""
        if most is not None and not self.stepped and self.best:
            fits = int(most * max(trial.effort.labels / max(trial.seconds, 1e-6) for trial in self.best))
            labels = min(labels, max(fits, self.best[0].effort.labels))
        return Effort(labels, self.whole.seconds)

    @property
    def missing(self) -> float:
        """Doublings from its trials to the whole effort."""
        return 0.0 if self.top is None else doublings(self.top, self.whole)


@dataclass(slots=True)
class Race:
    """The course of a choice. `tell` hears what is tried."""

    laboratory: Laboratory
    folds: Sequence[Fold]
    clock: Clock
    tell: Callable[[str], None] = lambda line: None
    excluded: list[Excluded] = field(default_factory=list)

    def run(self, entrants: Sequence[Entrant]) -> None:
        """Fills `trials` and `dropped` of the entrants."""
        solved = [one for one in entrants if not one.stepped]
        stepped = [one for one in entrants if one.stepped]
        clock = self.clock.part(PROBE_SHARE if stepped else 1.0)
        self._probe(solved, entrants, clock)
        self._rungs(stepped, entrants)
        for fold in self.folds[1:]:
            if self._separated(entrants):
                return
            for one in self._order([each for each in entrants if each.trials and not each.dropped]):
                self._try(one, fold, one.top, self.clock)
            self._drop(entrants)

    def _probe(self, solved: Sequence[Entrant], entrants: Sequence[Entrant], clock: Clock) -> None:
        """First fold with more and more labels, then the other folds."""
        for labels in _ladder(len(self.folds[0].learn)):
            for one in solved:
                if not one.dropped:
                    self._try(one, self.folds[0], Effort(labels), clock)
            self._drop(entrants)
        for fold in self.folds[1:]:
            for one in self._order([each for each in solved if each.trials and not each.dropped]):
                self._try(one, fold, one.top, clock)
            self._drop(entrants)

    def _rungs(self, stepped: Sequence[Entrant], entrants: Sequence[Entrant]) -> None:
        """Successive halving on the first fold (Jamieson and Talwalkar 2016)."""
        alive = list(stepped)
        for share in RUNGS:
            alive = [one for one in alive if not one.dropped]
            for place, one in enumerate(alive):
                mine = share * self.clock.left / (len(alive) - place) - one.aside
                seconds = _rounded(min(one.whole.seconds or 0.0, mine))
                grown = one.top is None or seconds > 1.5 * (one.top.seconds or 0.0)
                if grown and seconds >= 0.7 * min(LEAST_SECONDS, one.whole.seconds or 0.0):  # it was rounded down
                    self._try(one, self.folds[0], Effort(one.whole.labels, seconds), self.clock)
            self._drop(entrants)
            alive = self._order([one for one in alive if one.trials and not one.dropped])
            alive = alive[: (len(alive) + 1) // 2]

    def _try(self, one: Entrant, fold: Fold, effort: Effort | None, clock: Clock) -> None:
        """A trial, where it is new and there is time for it."""
        if effort is None or any(t.fold == fold.number and t.effort.serves(effort) for t in one.trials):
            return
        if _expected_seconds(one, effort) > clock.left:
            return
        budget = "" if effort.seconds is None else f", {effort.seconds:.0f} s"
        self.tell(
            f"{one.candidate.name}: {effort.labels:,} labels{budget}, fold {fold.number + 1} of {len(self.folds)}"
        )
        try:
            one.trials.append(self.laboratory.trial(one.candidate, fold, effort))
        except HeadstartError as unfit:
            one.dropped = unfit.what
            self.excluded.append(Excluded(one.candidate.name, unfit.what))

    def _order(self, entrants: Sequence[Entrant]) -> list[Entrant]:
        """The most promising first: by the loss that its steepest curve would come to."""
        return sorted(entrants, key=lambda one: float(hoped_loss(self.laboratory.metric, one)))

    def _drop(self, entrants: Sequence[Entrant]) -> None:
        """Whoever is surely worse than the best."""
        rivals = [one for one in entrants if one.trials and not one.dropped]
        if len(rivals) < 2:
            return
        metric = self.laboratory.metric
        leader = min(rivals, key=lambda one: float(mean_loss(metric, one)))
        for one in rivals:
            # the simple model stays: everybody is told how it does
            if one is not leader and not one.candidate.reference and surely_worse(metric, one, leader):
                one.dropped = f"surely below {leader.candidate.name}"

    def _separated(self, entrants: Sequence[Entrant]) -> bool:
        alive = [one for one in entrants if one.trials and not one.dropped and not one.candidate.reference]
        return len(alive) < 2 and all(len(one.best) > 1 for one in alive)


def mean_loss(metric: Metric, one: Entrant) -> np.ndarray:
    """Of the trials of the greatest effort."""
    return loss_of(metric, np.concatenate([trial.row_scores for trial in one.best]).mean(0))


def hoped_loss(metric: Metric, one: Entrant) -> np.ndarray:
    """What it could still come to."""
    return mean_loss(metric, one) * BEST**one.missing


def surely_worse(metric: Metric, one: Entrant, leader: Entrant) -> bool:
    """Is its loss above the leader's in all but 2.5 % of resamples of the rows both were scored on?"""
    mine, its = ({trial.fold: trial.row_scores for trial in each.best} for each in (one, leader))
    shared = [fold for fold in mine if fold in its]
    if not shared:
        return False
    pair = [np.concatenate([of[fold] for fold in shared]).astype(np.float64) for of in (mine, its)]
    rows, counts = len(pair[0]), pair[0].shape[1:]
    columns = np.stack(pair, 1).reshape(rows, -1)
    means = resampled_means(columns, np.random.default_rng(0), replicates=REPLICATES).reshape(-1, 2, *counts)
    losses = loss_of(metric, means)  # [replicates, 2]
    return bool(np.quantile(losses[:, 0] * BEST**one.missing - losses[:, 1], TAILS[0]) > 1 / rows)


def first_rung(labels: int) -> int:
    """Labels of the first trials."""
    return next(_ladder(labels))


def _ladder(labels: int) -> Iterator[int]:
    yield from (rung for rung in LADDER if 2 * rung <= labels)
    yield labels


def _expected_seconds(one: Entrant, effort: Effort) -> float:
    """Of a trial, from the one before; a stepped one takes what it is given, and a little for being built."""
    if effort.seconds is not None:
        return 1.1 * effort.seconds + one.aside
    earlier = [trial.seconds * max(0.5, effort.labels / trial.effort.labels) for trial in one.trials]
    return min(earlier, default=0.0)


def _rounded(seconds: float) -> float:
    """Down to a power of the root of 2, so that a repeated call finds the trials of the first."""
    return float(2 ** (np.floor(2 * np.log2(max(seconds, 1e-3))) / 2))
