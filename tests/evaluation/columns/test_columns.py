"""What reports say of the columns of a table: what each is worth, how answers follow it, where a model is worse, and
which labels are doubtful. Every table is made with what is to be found in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.data.store import Store
from headstart.evaluation.columns import contradicted, segments
from headstart.evaluation.columns.asking import Asking, asking
from headstart.evaluation.columns.dependence import dependence
from headstart.evaluation.columns.importance import importance
from headstart.evaluation.evaluate import Evaluation, evaluate
from headstart.inference.predictor import Predictor

ROWS = 1_200


def planted(seed: int = 0) -> pd.DataFrame:
    """`income` and `town` decide the answer, `noise` and `date` do not; of town "Hamar" the label is a coin. Some
    incomes are missing, and then the answer is yes."""
    draw = np.random.default_rng(seed)
    income = draw.normal(50, 10, ROWS)
    town = draw.choice(["Oslo", "Bergen", "Hamar"], ROWS, p=[0.5, 0.35, 0.15])
    yes = income + np.where(town == "Oslo", 6, -6) > 50
    absent = draw.random(ROWS) < 0.1
    yes |= absent
    yes = np.where(town == "Hamar", draw.random(ROWS) < 0.5, yes)
    dates = pd.Timestamp("2015-01-01") + pd.to_timedelta(draw.integers(0, 2500, ROWS), unit="D")
    return pd.DataFrame({
        "noise": draw.normal(size=ROWS).round(3), "income": np.where(absent, np.nan, income.round(2)), "town": town,
        "since": dates.strftime("%Y-%m-%d"), "who": np.where(yes, "yes", "no"),
    })  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Predictor, Store, Path]]:
    place = tmp_path_factory.mktemp("columns")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        planted().to_csv(place / "clients.csv", index=False)
        data = hs.prepare(place / "clients.csv", target="who", modality="table", out=place / "data",
                          split="train=.6,test=.4")  # fmt: skip
        yield hs.finetune(data, start="scratch", out=place / "model"), Store.open(data.directory), place / "model"


@pytest.fixture(scope="module")
def asked(model: tuple[Predictor, Store, Path]) -> tuple[Asking, Evaluation]:
    predictor, store, _ = model
    found = evaluate(predictor, store)
    made = asking(predictor, found, store.take(found.rows), 1_000, 0)
    assert made is not None
    return made, found


def test_the_columns_that_decide_come_first_and_noise_is_worth_nothing(asked: tuple[Asking, Evaluation]) -> None:
    found = importance(asked[0], asked[1].metric, 0)
    assert (found.permutations, found.left) == (5, 0)
    weights = {one.column: one for one in found.weights}
    assert [one.column for one in found.weights][:2] == ["income", "town"]
    assert weights["income"].lost.low > 0.1
    assert weights["town"].lost.low > 0
    for name in ("noise", "since"):
        assert weights[name].lost.low <= 0 <= weights[name].lost.high
        assert weights[name].moved < 0.3 * weights["town"].moved


def test_importance_stops_in_time_and_says_what_was_left(asked: tuple[Asking, Evaluation]) -> None:
    moments = iter(range(100))
    found = importance(asked[0], asked[1].metric, 0, seconds=2.5, clock=lambda: float(next(moments)))
    assert (found.permutations, len(found.weights), found.left) == (1, 2, 2)
    moments = iter(range(100))
    found = importance(asked[0], asked[1].metric, 0, seconds=6.5, clock=lambda: float(next(moments)))
    assert (found.permutations, len(found.weights), found.left) == (1, 4, 0)  # the second time is not whole


def test_answers_follow_a_number_a_category_and_a_date(asked: tuple[Asking, Evaluation]) -> None:
    columns = {one.name: one for one in asked[0].columns}
    income, town, since = (dependence(asked[0], columns[name]) for name in ("income", "town", "since"))
    assert income is not None
    assert income.outputs == ["yes"]
    assert income.said[-1, 0] - income.said[0, 0] > 0.5
    assert income.missing is not None
    assert income.missing[0] > 0.8  # a missing income means yes
    assert 10 < income.rug.min() < income.at.min() < income.at.max() < income.rug.max() < 90
    assert town is not None
    assert (town.names[0], sum(town.rows)) == ("Oslo", len(asked[0].answers))
    said = dict(zip(town.names, town.said[:, 0], strict=True))
    assert said["Oslo"] > said["Bergen"] + 0.15
    assert since is not None
    assert 2015 <= since.at.min() < since.at.max() < 2022
    assert np.ptp(since.said) < 0.15


def test_the_segment_of_coins_is_found_and_no_other(asked: tuple[Asking, Evaluation]) -> None:
    found = segments.segments(asked[0], asked[1].metric, 0)
    assert [(one.column, one.value) for one in found.worse] == [("town", "Hamar")]
    assert found.worse[0].score.high < found.worse[0].others
    assert found.tried >= 10


@pytest.mark.parametrize("grouped", [False, True])
def test_no_segment_is_surely_worse_where_errors_are_luck(grouped: bool) -> None:
    """The share of tables of luck in which any of 40 segments is called worse: 5 % at most, but for luck itself."""
    false, draw = 0, np.random.default_rng(0)
    for _ in range(120):
        inside = (draw.random((40, 400)) < draw.uniform(0.1, 0.9, (40, 1))).astype(float)
        groups = np.repeat(np.arange(100), 4) if grouped else None
        scores = (draw.random(100) < 0.8).astype(float).repeat(4) if grouped else draw.random(400) ** 6
        worse, largest = segments._statistics(inside, scores, groups, draw)
        false += bool((1 + (largest >= worse.max()).sum()) / (1 + len(largest)) <= segments.LEVEL)
    assert false <= 13  # of 120, 6 are expected; more than 13 have a chance of 0.3 %


def test_labels_that_were_changed_are_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    draw = np.random.default_rng(1)
    age, town = draw.normal(50, 10, 800), draw.choice(["Oslo", "Bergen"], 800)
    yes = age + np.where(town == "Oslo", 8, -8) > 50
    wrong = np.sort(draw.permutation(800)[:24])
    yes[wrong] = ~yes[wrong]
    pd.DataFrame({"age": age, "town": town, "who": np.where(yes, "yes", "no")}).to_csv(tmp_path / "t.csv", index=False)
    data = hs.prepare(tmp_path / "t.csv", target="who", modality="table", split="train=.9,test=.1", out=tmp_path / "d")
    model, store = hs.finetune(data, start="scratch", out=tmp_path / "model"), Store.open(data.directory)
    train = store.rows("train")
    found = contradicted.of_learned(model.task, store, train, 0)
    assert found is not None
    lines = {int(one.rpartition(":")[2]) - 2 for one in store.origins_of(np.array([one.row for one in found.rows]))}
    there = {int(one.rpartition(":")[2]) - 2 for one in store.origins_of(train)} & set(wrong.tolist())
    assert len(lines & there) >= 0.6 * len(there)
    assert len(lines & there) >= 0.4 * len(lines)
    first = {int(one.rpartition(":")[2]) - 2 for one in store.origins_of(np.array([one.row for one in found.rows[:5]]))}
    assert len(first & there) >= 4  # the surest come first


def test_a_number_far_from_its_answer_is_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    draw = np.random.default_rng(2)
    size = draw.uniform(20, 200, 600)
    price = 3 * size + draw.normal(0, 4, 600)
    price[[100, 300]] += [900, -500]
    pd.DataFrame({"size": size, "price": price}).to_csv(tmp_path / "t.csv", index=False)
    data = hs.prepare(tmp_path / "t.csv", target="price", modality="table", split="train=1", out=tmp_path / "d")
    model, store = hs.finetune(data, start="scratch", out=tmp_path / "model"), Store.open(data.directory)
    found = contradicted.of_learned(model.task, store, store.rows("train"), 0)
    assert found is not None
    origins = [one.rpartition(":")[2] for one in store.origins_of(np.array([one.row for one in found.rows[:2]]))]
    assert origins == ["102", "302"]
    assert found.rows[0].said == "smaller"


def test_page_and_json_tell_the_same(model: tuple[Predictor, Store, Path]) -> None:
    import json

    report = json.loads((model[2] / "report.json").read_text())
    sections = {one["title"]: one["blocks"] for one in report["sections"]}
    assert {"Columns", "Where it is worse", "Labels to look at"} <= set(sections)
    page = (model[2] / "report.html").read_text()
    worse: dict[str, Any] = sections["Where it is worse"][0]
    assert worse["rows"][0][:2] == ["town", "Hamar"]
    assert f"{worse['rows'][0][3]:.3f}" in page
    (drawn,) = (one for one in sections["Columns"] if one["kind"] == "intervals")
    assert f"{drawn['rows'][0][1]:.3f}" in page
    assert 'class="rug"' in page
    assert "where it is missing" in page
