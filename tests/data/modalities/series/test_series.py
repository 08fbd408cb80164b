"""Measured series from table to windows: stored once, where parts end, and that nothing comes from the future."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import DataError
from headstart.data.prepare import prepare
from headstart.data.store import Store
from tests.helpers.waves import long_table, table, waves

WINDOW, HORIZON = 24, 6
SETTINGS = {"window": WINDOW, "horizon": HORIZON}


def stored(place: Path, text: str, **options: object) -> Store:
    (place / "t.csv").write_text(text)
    words = {"modality": "series", "settings": SETTINGS, **options}
    return prepare(place / "t.csv", place / "out", **words)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stored(tmp_path, table(300), time="date")


def test_windows_equal_those_of_a_slow_loop_and_none_is_left_out(store: Store) -> None:
    ends = {"train": 210, "valid": 240, "test": 300}
    begins = {"train": WINDOW, "valid": 210, "test": 240}
    values = [np.round(wave, 4) for wave in waves(2, 300)]
    for part, end in ends.items():
        wanted = [
            wave[first - WINDOW : first + HORIZON]
            for wave in values
            for first in range(begins[part], end - HORIZON + 1)
        ]
        found = store.take(store.rows(part))["x"][..., 0]
        np.testing.assert_allclose(found, wanted)


def test_a_series_is_stored_once(store: Store) -> None:
    assert (store.directory / "x.bin").stat().st_size == 2 * 300 * 8


def test_no_train_window_reaches_into_the_next_part(tmp_path: Path) -> None:
    """Another future of every part: what train rows are, and what is learned of scales, stays as it was."""
    lines = table(300).splitlines()
    planted = [*lines[:211], *(f"{line.split(',')[0]},1e6,-1e6" for line in lines[211:])]
    one = stored(tmp_path, table(300), time="date")
    (tmp_path / "b").mkdir()
    other = stored(tmp_path / "b", "\n".join(planted) + "\n", time="date")
    rows = one.rows("train")
    for mine, theirs in zip(one.take(rows).values(), other.take(other.rows("train")).values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for name in ("mean", "deviation", "naive", "period"):
        np.testing.assert_array_equal(vars_of(one)[name], vars_of(other)[name])


def vars_of(store: Store) -> dict[str, object]:
    return store.modality.scales.to_json()  # pyright: ignore[reportAttributeAccessIssue]


def test_what_a_network_reads_does_not_change_with_what_comes(store: Store) -> None:
    columns = store.take(store.rows("test")[:5])
    changed = {**columns, "x": columns["x"].copy()}
    changed["x"][:, WINDOW:] += 1000
    one, other = (store.modality.collate(one) for one in (columns, changed))
    for name in set(one) - {"y"}:
        assert (one[name] == other[name]).all(), name
    assert not (one["y"] == other["y"]).all()


def test_gaps_are_filled_from_the_past_alone(tmp_path: Path) -> None:
    lines = table(300, columns=1).splitlines()
    holed = [line for row, line in enumerate(lines) if row not in (100, 101)]
    store = stored(tmp_path, "\n".join(holed) + "\n", time="date")
    assert any("2 missing moments" in warning for warning in store.warnings)
    rows = store.rows("train")
    window = store.take(rows[100 - WINDOW : 101 - WINDOW])  # the first step to come is the second gap
    assert np.isnan(window["x"][0, [WINDOW - 1, WINDOW], 0]).all()
    batch = store.modality.collate(window)
    last = np.round(waves(1, 300)[0], 4)[98]
    assert float(batch["shift"][0]) == last
    assert not bool(batch["known"][0, 0])
    assert bool(batch["known"][0, 1])


def test_moments_given_twice_are_told_and_the_first_is_kept(tmp_path: Path) -> None:
    lines = table(200, columns=1).splitlines()
    twice = [*lines[:51], f"{lines[50].split(',')[0]},99", *lines[51:]]
    store = stored(tmp_path, "\n".join(twice) + "\n", time="date")
    assert any("moments given twice" in warning for warning in store.warnings)
    assert not (store.take(store.rows("train"))["x"] == 99).any()


def test_hours_of_a_zone_with_summer_time_lie_on_one_grid(tmp_path: Path) -> None:
    """The hour that a clock shows twice is two hours apart in UTC, and none is missing in spring."""
    import pandas as pd

    moments = pd.date_range("2024-03-28", periods=200, freq="h", tz="Europe/Berlin")
    text = "date,a\n" + "".join(f"{moment.isoformat()},{n % 24}\n" for n, moment in enumerate(moments))
    store = stored(tmp_path, text, time="date")
    assert not [one for one in store.warnings if "missing" in one or "twice" in one]


def test_a_long_table_with_the_usual_names_needs_no_option(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(long_table(120))
    store = prepare(tmp_path / "t.csv", tmp_path / "out", settings=SETTINGS)
    assert store.manifest["modality"] == "series"
    values = np.round(waves(3, 120)[1], 4)
    rows = store.rows("test")
    found = store.take(rows)
    np.testing.assert_allclose(found["x"][found["series"] == 1][0, :, 0], values[96 - WINDOW : 96 + HORIZON])


def test_shuffled_rows_come_out_in_order(tmp_path: Path) -> None:
    lines = table(200).splitlines()
    order = np.random.default_rng(0).permutation(200) + 1
    one = stored(tmp_path, table(200), time="date")
    (tmp_path / "b").mkdir()
    other = stored(tmp_path / "b", "\n".join([lines[0], *(lines[row] for row in order)]) + "\n", time="date")
    np.testing.assert_array_equal(one.take(one.rows("train"))["x"], other.take(other.rows("train"))["x"])


def test_forecasts_come_with_the_names_of_the_table_and_its_next_moments(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(long_table(120))
    model = hs.finetune(
        tmp_path / "t.csv", start="scratch", task="forecast", out=tmp_path / "run",
        settings={"task.horizon": HORIZON, "modality.window": WINDOW},
    )  # fmt: skip
    answers = model.predict(tmp_path / "t.csv")
    assert len(answers) == 3 * HORIZON
    assert answers[0]["unique_id"] == "s0"
    assert [answer["ds"] for answer in answers[:HORIZON]] == [f"2024-04-{day:02}" for day in range(30, 31)] + [
        f"2024-05-{day:02}" for day in range(1, HORIZON)
    ]
    assert all(answer["low"] <= answer["forecast"] <= answer["high"] for answer in answers)


def test_the_last_value_answers_where_nothing_is_better(tmp_path: Path) -> None:
    walk = np.random.default_rng(0).normal(size=800).cumsum()
    (tmp_path / "t.csv").write_text("day,a\n" + "".join(f"{n},{value:.4f}\n" for n, value in enumerate(walk)))
    model = hs.finetune(
        tmp_path / "t.csv", start="scratch", task="forecast", time="day", out=tmp_path / "run",
        settings={"task.horizon": 4, "modality.window": 64},
    )  # fmt: skip
    answers = model.predict(tmp_path / "t.csv")
    np.testing.assert_allclose([answer["forecast"] for answer in answers], round(walk[-1], 4), rtol=1e-5)
    assert any("not better than the last value" in warning for warning in model.warnings)


def test_a_series_with_other_columns_than_the_model_read_is_an_answer_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(long_table(120))
    model = hs.finetune(
        tmp_path / "t.csv", start="scratch", task="forecast", out=tmp_path / "run",
        settings={"task.horizon": HORIZON, "modality.window": WINDOW},
    )  # fmt: skip
    (answer,) = model.predict([np.zeros((50, 3))])
    assert "HS-D523" in answer["error"]


def test_a_missing_moment_of_a_frame_is_told(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=40, freq="h"), "y": np.arange(40.0)})
    frame.loc[7, "ds"] = pd.NaT
    with pytest.raises(hs.HeadstartError, match="HS-D341"):
        hs.prepare(frame, out=tmp_path / "out", modality="series", time="ds")


@pytest.mark.parametrize("one", ["{:.2f}", "{:,.2f}", "{:.2f} kWh"])
def test_numbers_are_read_in_the_spelling_of_their_column(one: str, tmp_path: Path) -> None:
    """A decimal comma, marks of thousands, a unit."""
    values = 1500 + 700 * waves(1, 300)[0]
    swap = str.maketrans(".,", ",.")
    lines = [f"{np.datetime64('2021-01-01') + n};{one.format(value).translate(swap)}" for n, value in enumerate(values)]
    store = stored(tmp_path, "date;load\n" + "\n".join(lines) + "\n", time="date")
    found = store.take(store.rows("train")[:1])["x"][0, :, 0]
    np.testing.assert_allclose(found, values[: len(found)].round(2))


def test_a_decimal_comma_beside_decimal_points_is_refused(tmp_path: Path) -> None:
    cells = [f"{n}.5" if n % 3 else f"{n},5" for n in range(100)]
    lines = [f"{np.datetime64('2021-01-01') + n};{cell}" for n, cell in enumerate(cells)]
    with pytest.raises(DataError, match=r"HS-D521.*not a number: found '0,5'"):
        stored(tmp_path, "date;load\n" + "\n".join(lines) + "\n", time="date", target="load")


@pytest.mark.parametrize("unit", [1, 1000, 1_000_000])
def test_times_of_computers_are_dates(unit: int, tmp_path: Path) -> None:
    lines = [f"{(1_600_000_000 + 3600 * n) * unit},{value:.3f}" for n, value in enumerate(waves(1, 300)[0])]
    store = stored(tmp_path, "ts,load\n" + "\n".join(lines) + "\n", time="ts")
    assert "a value every hour" in " ".join(store.taken["used"])


def test_nothing_is_learned_or_scored_behind_the_last_value(tmp_path: Path) -> None:
    values = [f"{value:.3f}" for value in waves(1, 200)[0]] + [""] * 100
    lines = [f"{np.datetime64('2021-01-01') + n},{value}" for n, value in enumerate(values)]
    store = stored(tmp_path, "date,load\n" + "\n".join(lines) + "\n", time="date")
    assert not np.isnan(store.take(store.rows("test"))["x"]).any()
    assert len(store.rows("test")) == 40 - HORIZON + 1
