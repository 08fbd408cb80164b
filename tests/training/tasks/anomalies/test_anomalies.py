"""Anomalies: what was planted is found where it is, and a clean series raises as few alarms as stated."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.training.tasks.anomalies.surprise import Usual, measures, scores, usual, windows

BEGIN, LENGTH = datetime(2024, 1, 1), 1600
PLANTED = {"spike": (700, 701), "shift": (700, 720), "flat": (700, 740), "period": (700, 790)}


def wave(seed: int, planted: str = "") -> np.ndarray:
    """Hours of a daily wave with noise, and one anomaly of a kind."""
    generator, time = np.random.default_rng(seed), np.arange(LENGTH)
    values = 10 + 3 * np.sin(2 * np.pi * time / 24) + 0.3 * generator.standard_normal(LENGTH)
    if planted == "spike":
        values[700] += 3
    if planted == "shift":
        values[700:] += 2.5
    if planted == "flat":
        values[700:740] = values[700]
    if planted == "period":
        values[700:790] = 10 + 3 * np.sin(2 * np.pi * time[700:790] / 14) + 0.3 * generator.standard_normal(90)
    return values


def written(place: Path, values: np.ndarray) -> Path:
    lines = [f"{BEGIN + timedelta(hours=hour)},{value:.4f}" for hour, value in enumerate(values)]
    place.write_text("\n".join(["date,load", *lines]) + "\n")
    return place


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("anomalies")
    hs.finetune(written(home / "t.csv", wave(0)), out=home / "m", start="scratch", task="anomalies", time="date",
                target="load")  # fmt: skip
    return home / "m"


def hours(moment: str) -> int:
    return int((datetime.fromisoformat(moment) - BEGIN).total_seconds() // 3600)


@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_planted_is_named_first_and_where_it_begins(model: Path, tmp_path: Path, kind: str) -> None:
    answers = hs.load(model).predict(written(tmp_path / "n.csv", wave(1, kind)))
    begin, end = PLANTED[kind]
    best = max(answers, key=lambda one: one["score"])
    assert best["score"] > 1.5
    assert begin - 2 <= hours(best["peak"]) <= end + 96  # the window remembers it for so long
    first = min(hours(one["from"]) for one in answers if one["score"] > 1.5)
    assert begin - 2 <= first <= begin + 26
    if kind == "spike":
        assert hours(best["from"]) == hours(best["peak"]) == 700


def test_a_clean_series_raises_as_few_alarms_as_stated(model: Path, tmp_path: Path) -> None:
    counts = [len(hs.load(model).predict(written(tmp_path / "n.csv", wave(seed)))) for seed in range(2, 5)]
    assert sum(counts) <= 2 * 0.005 * 3 * LENGTH
    assert max(counts) > 0


def test_each_sign_is_what_it_says() -> None:
    came = np.array([[1.0, 2, 1, 2], [1, 1, 1, 1], [1, 2, 1, np.nan]])
    said = np.array([[1.0, 2, 1, 2], [1, 1, 1, 1], [4, 2, 1, 2]])
    found = measures(came - said, came)
    np.testing.assert_allclose(found[0], [0, 0, 1])
    assert found[1, 2] > 100
    np.testing.assert_allclose(found[2], [3, 3**0.5, 0])


def test_thresholds_let_the_stated_share_pass_and_every_series_has_its_own_scale() -> None:
    generator = np.random.default_rng(0)
    series = np.repeat([0, 1], 30_000)
    found = np.abs(generator.standard_normal((60_000, 3))) * np.where(series == 0, 1, 50)[:, None]
    known = usual(found, series, 2, 0.01)
    assert abs((scores(found, series, known) > 1).mean() - 0.01) < 0.002
    assert 40 < known.errors[1, 0] / known.errors[0, 0] < 60
    assert isinstance(known, Usual)


def test_alarms_that_point_to_one_step_are_one_stretch() -> None:
    score = np.array([0.5, 2.0, 3.0, 2.5, 0.2, 4.0])
    places, peaks = np.arange(10, 16), np.array([0, 3, 2, 1, 0, 9])
    assert windows(score, places, peaks, 5) == [(14, 14, 3.0, 14), (24, 24, 4.0, 24)]
