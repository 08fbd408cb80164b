"""Prices: known as such, learned as returns, and given back as prices."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.data.modalities.series.forms import LEVELS, RETURNS, Form
from headstart.data.modalities.series.prices import like_averages, like_prices
from headstart.data.prepare import prepare
from tests.helpers.prices import table, walk
from tests.helpers.waves import waves

SETTINGS = {"window": 8, "horizon": 3, "returns": True}


@pytest.mark.parametrize("form", [LEVELS, RETURNS])
def test_a_form_gives_back_what_it_took(form: Form) -> None:
    prices = np.stack([walk(5, seed) for seed in range(4)])
    last = np.array([90.0, 100.0, 110.0, 120.0])
    np.testing.assert_allclose(form.back(form.apart(prices, last), last)["forecast"], prices)


def test_forecasts_without_a_model_equal_those_of_a_slow_loop() -> None:
    past, period, steps = walk(20), 5, 7
    last, moves = past[-1], np.diff(np.log(past))
    read = RETURNS.read(past[None])
    repeated = RETURNS.back(read @ RETURNS.of_last_period(19, period, steps), past[-1:])["forecast"][0]
    mean = RETURNS.back(read @ RETURNS.of_mean(19, steps), past[-1:])["forecast"][0]
    drift = RETURNS.of_drift(steps)
    assert drift is not None
    drifted = RETURNS.back(0.01 * drift[None], past[-1:])["forecast"][0]
    log = math.log(last)
    for step in range(steps):
        log += moves[19 - period + step % period]
        assert repeated[step] == pytest.approx(math.exp(log))
        assert mean[step] == pytest.approx(last * math.exp((step + 1) * moves.mean()))
        assert drifted[step] == pytest.approx(last * math.exp((step + 1) * 0.01))


def test_windows_of_returns_equal_those_of_a_slow_loop(tmp_path: Path) -> None:
    prices = np.round(walk(200), 6)
    (tmp_path / "t.csv").write_text(table(prices))
    store = prepare(tmp_path / "t.csv", tmp_path / "out", modality="series", settings=SETTINGS)
    deviation = np.log(prices[1:140] / prices[:139]).std()
    batch = store.modality.collate(store.take(store.rows("test")))
    for row, first in enumerate(range(160, 198)):
        wanted = [math.log(prices[first - 8 + step] / prices[first - 9 + step]) / deviation for step in range(8)]
        came = [math.log(prices[first + h - 1] / prices[first - 1]) / deviation / h**0.5 for h in (1, 2, 3)]
        np.testing.assert_allclose(batch["x"][row, 0, 0], wanted, atol=1e-5)
        np.testing.assert_allclose(batch["y"][row], came, atol=1e-5)


def test_a_gap_makes_no_return_and_the_next_one_reaches_over_it() -> None:
    measured = RETURNS.measured(np.array([1.0, np.nan, math.e, math.e]))
    np.testing.assert_allclose(measured, [np.nan, np.nan, 1.0, 0.0])


@pytest.mark.parametrize("seed", range(5))
def test_prices_are_known_and_what_repeats_or_returns_is_not(seed: int) -> None:
    generator = np.random.default_rng(seed)
    assert like_prices(walk(500, seed + 10))
    assert not like_prices(walk(500, seed) - 100)
    assert not like_prices(waves(1, 400, seed)[0])
    assert not like_prices(np.exp(0.1 * generator.standard_normal(400)))


def test_returns_are_scored_alike_in_any_currency_and_predicted_as_prices(tmp_path: Path) -> None:
    prices, scores = walk(300, follows=0.5), list[float]()
    for times in (1, 1000):
        (tmp_path / "t.csv").write_text(table(times * prices))
        model = hs.finetune(tmp_path / "t.csv", out=tmp_path / f"m{times}", start="scratch", task="forecast",
                            settings={f"modality.{name}": value for name, value in SETTINGS.items()})  # fmt: skip
        scores.append(model.scores["mse"])
        answers = model.predict(tmp_path / "t.csv")
        assert len(answers) == 3
        for answer in answers:
            assert answer["forecast"] == pytest.approx(times * prices[-1] * (1 + answer["return"]), rel=1e-6)
            assert answer["low"] < answer["forecast"] < answer["high"]
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)


def test_that_values_look_like_prices_is_told_once_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(table(walk(300)))
    settings = {"modality.window": 8, "modality.horizon": 3}
    hs.finetune(tmp_path / "t.csv", out=tmp_path / "m", start="scratch", task="forecast", settings=settings,
                quiet=False)  # fmt: skip
    said = capsys.readouterr().err
    assert said.count("look like prices") == 1
    assert "modality.returns=true" in said
    hs.finetune(tmp_path / "t.csv", out=tmp_path / "r", start="scratch", task="forecast", quiet=False,
                settings={**settings, "modality.returns": True})  # fmt: skip
    assert "look like prices" not in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(5))
def test_returns_of_averages_are_known_and_those_of_prices_are_not(seed: int) -> None:
    days = walk(21 * 900, seed)
    averaged, last = days.reshape(-1, 21).mean(1), days[20::21]
    assert like_averages(RETURNS.measured(averaged))
    assert not like_averages(RETURNS.measured(last))
    assert not like_averages(RETURNS.measured(walk(900, seed, follows=0.6)))
