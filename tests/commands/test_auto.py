"""auto: from data to a model directory, within its minutes, never by test labels, and going on where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.commands.common import adapting, making
from headstart.commands.common.simple import below_simple
from headstart.core.contracts.metric import Metric
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.evaluation.evaluate import Evaluation
from headstart.evaluation.intervals import Interval
from headstart.selection import candidates, trials
from headstart.selection.candidates import classical, named, scratch
from headstart.selection.clock import Clock
from headstart.selection.leaderboard import Standing
from headstart.selection.ranking import Ranking
from tests.commands.test_rank import pictures
from tests.helpers import rectangles

Headstart = Callable[..., Any]
STEPS = {"plan.steps": 3}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pretraining, which takes 8 seconds, and no network where a test does not ask for it."""
    monkeypatch.setattr(candidates, "SOURCES", (classical, named))


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SOURCES", (classical, named, scratch))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("auto")
    return prepare({"train": pictures(0, 45), "test": pictures(1, 30)}, folder / "data", near="keep").directory


def test_auto_makes_a_model_with_its_leaderboard(headstart: Headstart, data: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "best"
    told = headstart("auto", data, "--model", model, "--out", out, "--minutes", "0.2", "plan.steps=5", "--json")
    assert told.code == 0, told.err
    assert f"{data}" in told.err or "classify" in told.err  # what was taken comes first
    assert {"ranking", "recommendation", "simple", "reasons"} <= set(told.json)
    assert {"accuracy", "accuracy_low", "accuracy_high", "baseline_accuracy"} <= set(told.json["scores"])
    assert told.json["simple"]["accuracy"] == told.json["scores"]["baseline_accuracy"]
    assert set(told.json["simple"]) == {"accuracy", "accuracy_low", "accuracy_high"}
    assert headstart("verify", out).code == 0
    assert headstart("show", out).code == 0
    assert "Leaderboard" in (out / "report.html").read_text()
    assert hs.load(out).predict(np.zeros((1, 8, 8), np.uint8))[0]["label"] in ("a", "b", "c")


def test_a_single_candidate_gets_the_time_and_no_trial(networks: None, headstart: Headstart, tmp_path: Path) -> None:
    data = rectangles.written(tmp_path / "boxes", {"train": 40, "test": 20})
    told = headstart("auto", data, "--out", tmp_path / "best", "--minutes", "1", "plan.steps=2", "--json")
    assert told.code == 0, told.err
    found = json.loads((tmp_path / "best" / "rank.json").read_text())
    assert [one["name"] for one in found["standings"]] == ["scratch"]
    assert found["tried"] == 0
    assert "has no rival" in found["sentence"]
    assert not (tmp_path / "best" / "trials").exists()


def test_labels_of_test_rows_choose_nothing(tmp_path: Path) -> None:
    weights = []
    for name, labels in (("sound", ["a", "b", "c"] * 10), ("poison", ["c", "c", "a"] * 10)):
        x, _ = pictures(1, 30)
        store = prepare({"train": pictures(0, 45), "test": (x, np.array(labels))}, tmp_path / name, near="keep")
        made = hs.auto(store, minutes=5, out=tmp_path / f"{name}-model", settings=STEPS)
        weights.append(json.loads((Path(str(made.path)) / "headstart.json").read_text())["weights"])
    assert weights[0] == weights[1]


def test_data_without_test_rows_give_a_model_that_says_it_is_not_scored(tmp_path: Path) -> None:
    store = prepare({"train": pictures(0, 40)}, tmp_path / "data", near="keep")
    made = hs.auto(store, minutes=5, out=tmp_path / "m", settings=STEPS)
    facts = json.loads((Path(str(made.path)) / "headstart.json").read_text())
    assert facts["scores"] == {}
    assert any(warning.startswith("not scored") for warning in facts["warnings"])


def test_a_killed_auto_goes_on_with_what_it_had(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = adapting._learned

    def cut_off(*words: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(adapting, "_learned", cut_off)
    with pytest.raises(KeyboardInterrupt):
        hs.auto(data, minutes=5, out=tmp_path / "m", settings=STEPS)
    monkeypatch.setattr(adapting, "_learned", sound)
    monkeypatch.setattr(trials.Laboratory, "trial", cut_off)  # no trial is done again
    made = hs.auto(data, minutes=5, out=tmp_path / "m", settings=STEPS)
    monkeypatch.setattr(making, "make", cut_off)
    again = hs.auto(data, minutes=5, out=tmp_path / "m", settings=STEPS)  # finished: it is only opened
    picture = np.zeros((1, 8, 8), np.uint8)
    assert made.predict(picture) == again.predict(picture)


@pytest.mark.usefixtures("networks")
def test_a_winner_below_the_simple_model_gives_way(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse, own = Interval(-0.2, -0.3, -0.1, 1, 50, 0.05), f"{model.name} + probe"
    monkeypatch.setattr(adapting, "_over_simple", lambda parts, predictor: worse)
    monkeypatch.setattr(adapting, "_attempts", lambda found: [_of(found, "scratch"), _of(found, own)])
    made = hs.auto(data, models=[model], minutes=5, out=tmp_path / "m", settings=STEPS)
    facts = json.loads((Path(str(made.path)) / "headstart.json").read_text())
    assert any("scratch scored below the simple model on held-out train rows" in one for one in facts["warnings"])
    config = json.loads((Path(str(made.path)) / "config.json").read_text())["headstart"]
    assert config["backbone"] == json.loads((model / "config.json").read_text())["headstart"]["backbone"]


def _of(found: Ranking, name: str) -> Standing:
    return next(one for one in found.standings if one.name == name)


@pytest.mark.parametrize(
    ("metric", "score", "low", "high", "simple", "said"),
    [
        (Metric("accuracy", fraction=True), 0.6, 0.55, 0.65, 0.7, "surely"),
        (Metric("accuracy", fraction=True), 0.6, 0.55, 0.65, 0.62, "within the interval"),
        (Metric("rmse", lower_is_better=True), 3.0, 2.5, 3.5, 2.0, "surely"),
        (Metric("rmse", lower_is_better=True), 3.0, 2.5, 3.5, 4.0, ""),
        (Metric("accuracy", fraction=True), 0.8, 0.75, 0.85, 0.7, ""),
    ],
)
def test_a_score_below_the_simple_model_is_said_in_words(
    metric: Metric, score: float, low: float, high: float, simple: float, said: str
) -> None:
    name = metric.name
    scores = {name: score, f"{name}_low": low, f"{name}_high": high, f"baseline_{name}": simple}
    found = Evaluation(
        split="test", rows=np.arange(50), headline=name, metric=metric, scores=scores, answers=[], examples=[]
    )
    told = below_simple(found, "do that instead")
    assert bool(told) == bool(said)
    assert all(said in one and "do that instead" in one for one in told)


def test_where_nothing_was_tried_no_trial_is_cited() -> None:
    scores = {"accuracy": 0.1, "accuracy_low": 0.0, "accuracy_high": 0.2, "baseline_accuracy": 0.8}
    metric = Metric("accuracy", fraction=True)
    found = Evaluation(
        split="test", rows=np.arange(50), headline="accuracy", metric=metric, scores=scores, answers=[], examples=[]
    )
    ranking: Any = SimpleNamespace(simple=None, tried=0)
    (said,) = making._words(SimpleNamespace(gain=None), found, ranking)  # pyright: ignore[reportArgumentType]
    assert said.endswith("nothing was tried on held-out train rows: give more --minutes, or take the simple model")


def test_finetune_says_that_the_simple_model_is_better_and_what_to_do(
    headstart: Headstart, data: Path, tmp_path: Path
) -> None:
    words = ["finetune", data, "--from", "scratch", "--out", tmp_path / "m", "--json", "--quiet", "--steps", "1"]
    told = headstart(*words).json
    assert told["simple"]["accuracy"] > told["scores"]["accuracy"]
    assert any("simple model" in one and f"headstart auto {data} --out DIR" in one for one in told["warnings"])


@pytest.mark.parametrize(("minutes", "proofs"), [(10.0, 1), (0.1, 0)])
def test_gain_is_asked_only_where_the_minutes_allow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: float, proofs: int
) -> None:
    asked: list[dict[str, Any]] = []

    def proved(data: Any, **words: Any) -> Any:
        asked.append(words)
        return SimpleNamespace(verdict="worth it", sentence="It pays.")

    monkeypatch.setattr(making, "_gain", proved)
    recipe = Recipe(start="runs/x", labels=50, tuning={"kind": "probe"}, task={"kind": "classify"})
    question: Any = SimpleNamespace(recipe=recipe, data="digits", device="cpu")
    parts = SimpleNamespace(start=object(), recipe=recipe)
    made: Any = SimpleNamespace(parts=parts, outcome=SimpleNamespace(seconds=1.0))
    ranking: Any = SimpleNamespace(standings=[SimpleNamespace(stepped=True, minutes=0.1)])
    sections = making._proof(question, made, ranking, tmp_path, Clock(60 * minutes), quiet=True)
    assert len(sections) == len(asked) == proofs
    assert all(words["labels"] == [50] and words["start"] == "runs/x" for words in asked)
