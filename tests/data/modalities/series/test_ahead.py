"""Columns that tell the future are named; those that move together, lag behind, or only repeat are not. Known futures
are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.data.modalities.series.ahead import telling, telling_steps
from headstart.data.prepare import prepare
from tests.helpers.prices import table, walk

LENGTH = 1500


def columns(seed: int = 0) -> dict[str, np.ndarray]:
    """A series that follows a price that nobody can guess, and columns beside it."""
    generator = np.random.default_rng(seed)
    price = np.repeat(generator.standard_normal(LENGTH // 3), 3)
    sales = 5 + 2 * price + 0.05 * generator.standard_normal(LENGTH)
    time = np.arange(LENGTH)
    return {
        "sales": sales, "price": price, "later": np.roll(sales, -5), "earlier": np.roll(sales, 5),
        "day": np.sin(2 * np.pi * time / 24),
    }  # fmt: skip


def written(place: Path) -> Path:
    found = columns()
    lines = [",".join([str(row), *(f"{one[row]:.4f}" for one in found.values())]) for row in range(LENGTH)]
    place.write_text("\n".join(["hour," + ",".join(found), *lines]) + "\n")
    return place


def test_only_the_column_from_the_future_is_named() -> None:
    found = columns()
    assert telling(np.stack(list(found.values()), 1)) == [(2, 5)]


def test_what_repeats_tells_no_future_of_what_repeats() -> None:
    time, generator = np.arange(LENGTH), np.random.default_rng(0)
    waves = [np.sin(2 * np.pi * (time + shift) / 24) + 0.01 * generator.standard_normal(LENGTH) for shift in (0, 5)]
    assert telling(np.stack(waves, 1)) == []


def test_it_is_warned_of(tmp_path: Path) -> None:
    store = prepare(written(tmp_path / "t.csv"), tmp_path / "out", modality="series", time="hour", target="sales",
                    input="price,later")  # fmt: skip
    told = [one for one in store.warnings if "tells the future" in one]
    assert len(told) == 1
    assert "later is sales 5 steps later" in told[0]


@pytest.mark.parametrize("known", ["", "price"])
def test_a_known_future_makes_the_forecast_and_without_it_there_is_none(tmp_path: Path, known: str) -> None:
    settings = {"task.horizon": 12, "modality.window": 24, **({"modality.known": known} if known else {})}
    hs.finetune(written(tmp_path / "t.csv"), out=tmp_path / "m", start="scratch", task="forecast", time="hour",
                target="sales", input="price", settings=settings)  # fmt: skip
    scores = hs.evaluate(tmp_path / "m", tmp_path / "t.csv", time="hour").scores
    assert scores["mse"] < 0.01 if known else scores["mse"] > 0.5


def test_the_return_of_tomorrow_is_named_and_that_of_today_is_not(tmp_path: Path) -> None:
    prices = walk(600)
    moves = np.diff(np.log(prices), prepend=np.nan)
    tomorrow = np.roll(moves, -1)
    assert telling_steps(np.stack([prices, moves, tomorrow, np.roll(moves, 1)], 1)) == [(2, 1)]
    (tmp_path / "t.csv").write_text(table(prices, moved=moves, signal=tomorrow).replace("nan", ""))
    store = prepare(tmp_path / "t.csv", tmp_path / "out", modality="series", target="price", input="moved,signal")
    told = [one for one in store.warnings if "tells the future" in one]
    assert len(told) == 1
    assert "signal is the step, or return, that price makes 1 row later" in told[0]
