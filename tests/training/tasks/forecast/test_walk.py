"""Forecasts walked through the test part: a random walk is not beaten, a predictable one is, refits see no future."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.inference.predictor import Predictor
from tests.helpers.prices import table, walk, working_days

SETTINGS = {"task.horizon": 1, "modality.window": 10, "modality.returns": True, "task.positions": "long-flat",
            "task.cost": 10.0}  # fmt: skip


def trained(place: Path, prices: np.ndarray, **settings: object) -> Predictor:
    (place / "t.csv").write_text(table(prices))
    return hs.finetune(place / "t.csv", out=place / "m", start="scratch", task="forecast", overwrite=True,
                       settings={**SETTINGS, **settings})  # fmt: skip


def walked(place: Path) -> dict[str, Any]:
    return json.loads((place / "m" / "headstart.json").read_text())["walk"]


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_is_not_beaten(tmp_path: Path, seed: int) -> None:
    trained(tmp_path, walk(1000, seed))
    found = walked(tmp_path)
    assert "not better than the last value" in found["said"][0]
    assert "surely more" not in found["said"][1]


def test_a_walk_that_follows_itself_is_beaten_and_a_rule_earns_on_it(tmp_path: Path) -> None:
    trained(tmp_path, walk(2000, 0, follows=0.4))
    found = walked(tmp_path)
    assert found["against"]["the last value"]["less_low"] > 0
    assert "better than the last value (" in found["said"][0]
    assert "surely more than holding" in found["said"][1]
    assert "10 basis points a turn" in found["said"][1]
    assert found["lines"][0]["period"] == "2021-02"


def test_positions_equal_a_slow_loop(tmp_path: Path) -> None:
    """Long where the answer to a window is above its last price, flat elsewhere; each change costs."""
    prices = np.round(walk(600, 1, follows=0.4), 6)
    model = trained(tmp_path, prices)
    days, capital, held, turns = [str(day) for day in working_days(600)], {}, 0.0, {}
    every = range(480, 600)
    answers = model.predict([prices[:now] for now in every])
    for now, answer in zip(every, answers, strict=True):
        wanted = float(answer["forecast"] > prices[now - 1])
        turn, year = abs(wanted - held), days[now][:7]
        earned = wanted * (prices[now] / prices[now - 1] - 1) - 0.001 * turn
        capital[year] = capital.get(year, 1.0) * (1 + earned)
        turns[year] = turns.get(year, 0.0) + turn
        held = wanted
    for line in walked(tmp_path)["lines"]:
        assert line["rule_return"] == pytest.approx(capital[line["period"]] - 1)
        assert line["turns"] == pytest.approx(turns[line["period"]])


def test_refits_know_no_future_and_are_told(tmp_path: Path) -> None:
    """Prices of the last period turned upside down: the walk before it stays as it was."""
    prices = walk(800, 3, follows=0.4)
    trained(tmp_path, prices, **{"task.refit": True})
    one = walked(tmp_path)
    assert one["refits"] == len(one["lines"]) > 3
    assert one["said"][0].startswith(f"refitted {one['refits']} times")
    last = one["lines"][-1]["moments"]
    changed = prices.copy()
    changed[-last:] = prices[-last - 1] ** 2 / prices[-last:]
    trained(tmp_path, changed, **{"task.refit": True})
    other = walked(tmp_path)
    assert other["lines"][:-1] == one["lines"][:-1]
    assert other["lines"][-1] != one["lines"][-1]


def test_refits_learn_what_begins_in_the_test_part(tmp_path: Path) -> None:
    """Returns begin to follow each other at the end of the train part: only refits come to know it."""
    prices = np.concatenate([walk(700, 4), walk(800, 5, follows=0.6)])
    prices[700:] *= prices[699] / prices[700]
    (tmp_path / "t.csv").write_text(table(prices))
    losses = {}
    for refit in (False, True):
        trained(tmp_path, prices, **{"task.refit": refit, "data.split": "train=.4,valid=.1,test=.5"})
        losses[refit] = np.mean([line["mse"] / line["the last value"] for line in walked(tmp_path)["lines"]])
    assert losses[True] < 0.9 * losses[False]


def test_evaluate_tells_the_walk_of_a_saved_model(tmp_path: Path) -> None:
    trained(tmp_path, walk(600, 1))
    found = hs.evaluate(tmp_path / "m", tmp_path / "t.csv", split="test", out=tmp_path / "report")
    assert found.walk is not None
    assert found.walk.said == walked(tmp_path)["said"]
    assert "What 1 has become" in (tmp_path / "report" / "report.html").read_text()
