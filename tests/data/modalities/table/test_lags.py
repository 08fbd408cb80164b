"""Rows of tables that see the rows before them: cells, never labels, and only where rows are in order of time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.commands.evaluate import evaluate
from headstart.commands.finetune import finetune
from headstart.core.errors import DataError, HeadstartError, RecipeError, UsageError
from headstart.data.modalities.table.lags import Lags
from headstart.data.modalities.table.table import Table
from headstart.data.prepare import prepare


def echo(rows: int = 240) -> list[dict[str, Any]]:
    """The label of a row says whether the speed of the row before it was above 0."""
    generator = np.random.default_rng(0)
    speed = generator.normal(size=rows).round(3).tolist()
    town = generator.choice(["Oslo", "Bergen"], rows).tolist()
    return [
        {
            "at": place,
            "speed": speed[place],
            "town": town[place],
            "target": "fast" if place and speed[place - 1] > 0 else "slow",
        }
        for place in range(rows)
    ]


def test_cells_of_earlier_rows_equal_the_loop() -> None:
    rows = [{"input": {"a": place, "b": -place}, "origin": str(place), "label": "x"} for place in range(6)]
    found = list(Lags(3).rows(rows))
    for place, row in enumerate(found):
        for back in (1, 2):
            for name, sign in (("a", 1), ("b", -1)):
                wanted = sign * (place - back) if place >= back else None
                assert row["input"][f"{name}, {back} before"] == wanted
        assert len(row["input"]) == 6
        assert row["label"] == "x"


def test_a_window_learns_what_the_row_before_says_and_answers_again(tmp_path: Path) -> None:
    rows = echo()
    learn = partial(finetune, rows, target="target", time="at", start="scratch", backbone="linear")
    blind = learn(out=tmp_path / "blind")
    model = learn(out=tmp_path / "window", settings={"modality.window": 2})
    assert blind.scores["accuracy"] < 0.85
    assert model.scores["accuracy"] > 0.95
    asked = [{name: cell for name, cell in row.items() if name not in ("target", "at")} for row in rows[:50]]
    answers = model.predict(asked)
    assert np.mean([one["label"] == row["target"] for one, row in zip(answers[1:], rows[1:], strict=False)]) > 0.95
    assert len(model.predict(asked[0])) == 1  # earlier cells are missing
    again = evaluate(tmp_path / "window", rows, time="at")
    assert again.scores["accuracy"] > 0.95
    assert again.scores["transition_accuracy"] > 0.95


def test_a_label_is_never_among_the_cells_of_later_rows(tmp_path: Path) -> None:
    store = prepare(echo(), tmp_path / "data", target="target", time="at", settings={"window": 3})
    names = [one.name for one in store.modality.cell_columns or ()]
    assert any(name.endswith("2 before") for name in names)
    assert not any("target" in name or name.startswith("at") for name in names)


def test_the_order_of_the_rows_is_a_time(tmp_path: Path) -> None:
    rows = [{name: cell for name, cell in row.items() if name != "at"} for row in echo()]
    store = prepare(rows, tmp_path / "data", target="target", time="order")
    places = [store.rows(part) for part in ("train", "valid", "test")]
    assert np.concatenate(places).tolist() == list(range(len(np.concatenate(places))))
    times = [example["time"] for part in ("train", "valid", "test") for example in store.examples(part)]
    assert times == sorted(times)
    assert "the order of the rows as time" in store.taken["used"]


def test_a_column_that_is_called_order_goes_before_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = [{**row, "order": -row["at"]} for row in echo()]
    store = prepare(rows, tmp_path / "data", target="target", time="order")
    assert store.rows("test").max() < store.rows("train").min()


def test_rows_that_see_others_must_be_in_order_and_split_by_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HS-U895"):
        prepare(echo(), tmp_path / "a", target="target", settings={"window": 2})
    with pytest.raises(DataError, match="HS-D896"):
        prepare(echo()[::-1], tmp_path / "b", target="target", time="at", settings={"window": 2})
    with pytest.raises(RecipeError, match="HS-R894"):
        Table(window=0)


def test_a_saved_window_comes_back(tmp_path: Path) -> None:
    store = prepare(echo(), tmp_path / "data", target="target", time="at", settings={"window": 3})
    assert isinstance(store.modality, Table)
    store.modality.save(tmp_path)
    again = Table.load(tmp_path)
    assert (again.window, list(again.columns or ())) == (3, ["speed", "town"])
    with pytest.raises(HeadstartError, match=r"modality\.window=2"):
        again.with_settings({"window": 2})
