"""Columns with one value a series: found by themselves, told, read by models, and known again for new series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import DataError
from headstart.data.prepare import prepare

SLOPES = {"north": -0.5, "south": 0.5}
SETTINGS = {"modality.window": 4, "task.horizon": 6, "task.answers": "model"}


def rows(count: int, length: int, seed: int, first: int = 0) -> list[str]:
    """Series that rise or fall, too slowly to be seen in a window, as their region says."""
    generator, lines = np.random.default_rng(seed), list[str]()
    for number in range(first, first + count):
        region = list(SLOPES)[number % 2]
        for step in range(length):
            value = SLOPES[region] * step + 3 * generator.standard_normal()
            lines.append(f"s{number},{step},{value:.3f},{region},{number % 2},{generator.random():.2f}")
    return lines


def written(place: Path, lines: list[str]) -> Path:
    place.write_text("\n".join(["item_id,timestamp,target,region,size,weather", *lines]) + "\n")
    return place


def test_they_are_found_and_told_and_what_moves_is_not(tmp_path: Path) -> None:
    store = prepare(written(tmp_path / "t.csv", rows(6, 60, 0)), tmp_path / "out", modality="series",
                    input="region,size,weather", settings={"window": 8, "horizon": 2})  # fmt: skip
    told = " ".join(store.taken["used"])
    assert "column region has one value a series (2 categories)" in told
    assert "column size has one value a series (a number)" in told
    assert "weather has one" not in told
    x = store.modality.collate(store.take(store.rows("test")))["x"].numpy()
    assert x.shape[2] == 1 + 1 + 2 + 1
    assert (np.ptp(x[:, 0, 2:], axis=-1) == 0).all()
    np.testing.assert_array_equal(x[:, 0, 2:4, 0].sum(1), 1)
    assert sorted(np.unique(x[:, 0, 4])) == [-1.0, 1.0]


@pytest.mark.parametrize("column", ["region", "size"])
def test_a_slope_that_only_they_tell_is_forecast_and_known_for_new_series(tmp_path: Path, column: str) -> None:
    data = written(tmp_path / "t.csv", rows(12, 100, 0))
    with_it, without = (
        hs.finetune(data, out=tmp_path / f"m{name}", start="scratch", task="forecast", settings=SETTINGS, input=name)
        for name in (column, "weather")
    )
    assert with_it.scores["mse"] < 0.95 * without.scores["mse"]
    answers = with_it.predict(written(tmp_path / "new.csv", rows(2, 8, 1, first=60)))
    forecasts = np.array([answer["forecast"] for answer in answers]).reshape(2, 6)
    moved = forecasts[:, -1] - forecasts[:, 0]
    assert moved[0] < 0 < moved[1]


def test_a_text_that_changes_within_a_series_is_refused_with_its_place(tmp_path: Path) -> None:
    lines = rows(3, 60, 0)
    lines[5] = lines[5].replace("north", "south")
    data = written(tmp_path / "t.csv", lines)
    with pytest.raises(DataError, match=r"t\.csv:7, column region"):
        prepare(data, tmp_path / "out", modality="series", input="region")
