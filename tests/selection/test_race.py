"""The race on made-up candidates, whose true scores are known: the best is found, time is kept, ties share a place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from headstart.core.contracts.metric import Metric
from headstart.core.errors import ContractError
from headstart.selection import clock
from headstart.selection.candidates import Candidate
from headstart.selection.clock import Clock
from headstart.selection.folds import Fold
from headstart.selection.leaderboard import Standing, draws_of, standings, with_more_labels
from headstart.selection.memory import Effort, Trial
from headstart.selection.race import Entrant, Race

ACCURACY = Metric("accuracy", fraction=True)
RMSE = Metric("rmse", lower_is_better=True, from_rows=lambda mean: np.sqrt(np.maximum(-mean, 0.0)))
HELD = 200


@dataclass
class Made:
    """A laboratory of made-up candidates: right with a probability that grows with the effort, or with an error."""

    right: dict[str, float]
    metric: Metric = ACCURACY
    asked: list[tuple[str, int, Effort]] = field(default_factory=list)
    broken: tuple[str, ...] = ()

    def trial(self, candidate: Candidate, fold: Fold, effort: Effort) -> Trial:
        if candidate.name in self.broken:
            raise ContractError(1, "it does not fit")
        self.asked.append((candidate.name, fold.number, effort))
        generator = np.random.default_rng([fold.number, 1])
        luck = generator.random(HELD)  # the same rows are hard for all
        share = self.right[candidate.name]
        rows = (luck < share).astype(np.float32) if self.metric is ACCURACY else -((share * (0.5 + luck)) ** 2)
        return Trial(candidate=candidate.name, fold=fold.number, effort=effort, row_scores=rows, seconds=0.001)


def folds(labels: int = 800, count: int = 5) -> list[Fold]:
    learn, held = np.arange(labels), np.arange(HELD) + 10_000
    return [Fold(number, learn, held + HELD * number) for number in range(count)]


def entrant(name: str, seconds: float | None = None, labels: int = 800) -> Entrant:
    return Entrant(Candidate(name=name, family=name, fields={}), Effort(labels, seconds))


def result(made: Made, entrants: list[Entrant], minutes: float = 1.0, labels: int = 800) -> list[Standing]:
    parts = folds(labels)
    laboratory: Any = made
    Race(laboratory, parts, Clock(60 * minutes)).run(entrants)
    tried = [one for one in entrants if one.trials]
    losses = draws_of(made.metric, tried, 1000, {fold.number: np.arange(HELD) for fold in parts})
    return standings(made.metric, tried, losses, overlaps={}, prior="")


def test_a_planted_best_candidate_is_found_and_the_worst_is_dropped_early() -> None:
    made = Made({"good": 0.9, "fair": 0.7, "poor": 0.5})
    lines = result(made, [entrant("poor"), entrant("fair"), entrant("good")])
    assert [one.name for one in lines] == ["good", "fair", "poor"]
    assert [one.place for one in lines] == [1, 2, 3]
    assert lines[0].chance == 1
    assert lines[0].regret == 0
    assert sum(name == "poor" for name, _, _ in made.asked) == 1
    assert "surely below good" in lines[-1].dropped


def test_equal_candidates_share_a_place_and_the_chance() -> None:
    lines = result(Made({"one": 0.8, "other": 0.8, "poor": 0.4}), [entrant("one"), entrant("other"), entrant("poor")])
    assert [one.place for one in lines] == [1, 1, 3]
    assert lines[0].regret == pytest.approx(lines[1].regret, abs=0.02)


def test_errors_are_better_the_smaller() -> None:
    lines = result(Made({"near": 1.0, "far": 3.0}, metric=RMSE), [entrant("far"), entrant("near")])
    assert [one.name for one in lines] == ["near", "far"]
    assert lines[0].low <= lines[0].score <= lines[0].high


def test_the_interval_covers_the_truth() -> None:
    lines = result(Made({"good": 0.9, "fair": 0.8}), [entrant("good"), entrant("fair")])
    assert all(one.low < truth < one.high + 0.02 for one, truth in zip(lines, (0.9, 0.8), strict=True))


def test_stepped_candidates_are_halved_and_given_more_time() -> None:
    names = {"a": 0.62, "b": 0.6, "c": 0.58, "d": 0.56}
    made = Made(names)
    result(made, [entrant(name, seconds=30.0) for name in names], minutes=2)
    first = [effort.seconds or 0.0 for name, fold, effort in made.asked if name == "a" and fold == 0]
    assert first == sorted(first)
    assert len(first) > 1
    assert sum(name == "d" and fold == 0 for name, fold, _ in made.asked) < len(first)


def test_many_labels_are_tried_with_few_first() -> None:
    made = Made({"one": 0.8, "other": 0.79})
    result(made, [entrant(name, labels=20_000) for name in made.right], labels=20_000)
    assert [effort.labels for name, fold, effort in made.asked if name == "one" and fold == 0] == [1000, 5000, 20_000]


def test_without_time_nothing_stepped_is_tried() -> None:
    made = Made({"quick": 0.8, "slow": 0.9})
    lines = result(made, [entrant("quick"), entrant("slow", seconds=600.0)], minutes=0.01)
    assert [one.name for one in lines] == ["quick"]


def test_what_does_not_fit_is_named_and_the_others_go_on() -> None:
    made = Made({"sound": 0.8, "odd": 0.9}, broken=("odd",))
    laboratory: Any = made
    race = Race(laboratory, folds(), Clock(60))
    race.run([entrant("odd"), entrant("sound")])
    assert [(one.name, one.why) for one in race.excluded] == [("odd", "it does not fit")]


def test_more_labels_lower_the_expected_error() -> None:
    one = entrant("one")
    laboratory: Any = Made({"one": 0.8})
    Race(laboratory, folds(), Clock(60)).run([one])
    losses = draws_of(ACCURACY, [one], 1000, {fold.number: np.arange(HELD) for fold in folds()})
    score, low, high = with_more_labels(ACCURACY, one, losses[:, 0])
    assert low < score < high
    assert score > 0.8


def test_the_minutes_are_kept_however_long_the_trials_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
    made = Made({"quick": 0.8, "slow": 0.79, "net": 0.81, "large": 0.8})
    took = {"quick": 1.0, "slow": 4.0}

    def lasting(candidate: Candidate, fold: Fold, effort: Effort) -> Trial:
        seconds = effort.seconds or took[candidate.name] * effort.labels / 1000
        now[0] += seconds
        return replace(Made.trial(made, candidate, fold, effort), seconds=seconds)

    monkeypatch.setattr(made, "trial", lasting)
    entrants = [entrant(name, labels=20_000) for name in took]
    entrants += [entrant(name, seconds=300.0, labels=20_000) for name in ("net", "large")]
    result(made, entrants, minutes=2, labels=20_000)
    assert 60 < now[0] < 1.2 * 120
    assert {name for name, _, _ in made.asked} == set(made.right)
