"""rank: a leaderboard from train rows alone, which goes on where it was cut off, and whose best is a start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.data.prepare import prepare
from headstart.selection import candidates, trials
from headstart.selection.candidates import classical, named, scratch

Headstart = Callable[..., Any]
STEPS = {"plan.steps": 3}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pretraining, which takes 8 seconds, and no network where a test does not ask for it."""
    monkeypatch.setattr(candidates, "SOURCES", (classical, named))


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SOURCES", (classical, named, scratch))


def pictures(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures 8 x 8 of three classes that a linear model can tell apart."""
    patterns = np.random.default_rng(7).integers(0, 160, (3, 8, 8))
    classes = np.arange(count) % 3
    noise = np.random.default_rng(seed).integers(0, 90, (count, 8, 8))
    return (patterns[classes] + noise).astype(np.uint8), np.array(["a", "b", "c"])[classes]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rank")
    return prepare({"train": pictures(0, 45), "test": pictures(1, 30)}, folder / "data", near="keep").directory


@pytest.mark.usefixtures("networks")
def test_rank_tells_places_intervals_chances_and_a_command(
    headstart: Headstart, data: Path, model: Path, tmp_path: Path
) -> None:
    words = ["rank", data, model, "--out", tmp_path / "rank", "--minutes", "0.3", "plan.steps=3", "--quiet", "--json"]
    told = headstart(*words).json
    rows = {row["name"]: row for row in told["ranking"]}
    assert {"simple model", "scratch", f"{Path(model).name} + probe", "more labels"} <= set(rows)
    for name, row in rows.items():
        assert row["low"] <= row["score"] <= row["high"], name
    taking = [row for row in told["ranking"] if row["place"]]
    assert taking[0]["place"] == 1
    assert sum(row["chance"] for row in taking) == pytest.approx(1, abs=0.01)
    assert sum(row["prior"] for row in taking) == 1
    assert {"regret", "minutes", "milliseconds", "megabytes", "licence", "overlap"} <= set(taking[0])
    assert told["recommendation"].startswith("Take ")
    assert "headstart finetune" in told["recommendation"]
    assert (tmp_path / "rank" / "report.html").exists()
    assert headstart("verify", tmp_path / "rank").code == 0


def test_labels_of_test_rows_change_nothing(tmp_path: Path) -> None:
    found = []
    for name, labels in (("sound", ["a", "b", "c"] * 10), ("poison", ["c", "c", "a"] * 10)):
        x, _ = pictures(1, 30)
        store = prepare({"train": pictures(0, 45), "test": (x, np.array(labels))}, tmp_path / name, near="keep")
        ranked = hs.rank(store, minutes=5, out=tmp_path / f"{name}-rank", settings=STEPS)
        found.append([(one.name, one.place, one.score, one.low, one.high) for one in ranked.result.standings])
    assert found[0] == found[1]


def test_a_killed_ranking_goes_on_with_the_trials_that_are_missing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, done = trials.Laboratory._learned, []

    def cut_off(self: Any, candidate: Any, fold: Any, effort: Any) -> Any:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append((candidate.name, fold.number))
        return sound(self, candidate, fold, effort)

    monkeypatch.setattr(trials.Laboratory, "_learned", cut_off)
    with pytest.raises(KeyboardInterrupt):
        hs.rank(data, minutes=5, out=tmp_path / "rank", settings=STEPS)
    again = []
    monkeypatch.setattr(
        trials.Laboratory, "_learned", lambda self, c, f, e: again.append((c.name, f.number)) or sound(self, c, f, e)
    )
    ranked = hs.rank(data, minutes=5, out=tmp_path / "rank", settings=STEPS)
    assert not set(again) & set(done)
    assert ranked.best is not None
    again.clear()
    assert hs.rank(data, minutes=5, out=tmp_path / "rank", settings=STEPS).result == ranked.result
    assert again == []


def test_the_best_is_a_start_with_its_network_and_tuning(data: Path, tmp_path: Path) -> None:
    best = hs.rank(data, minutes=5, settings=STEPS).best
    assert best is not None
    tuned = hs.finetune(data, start=best, out=tmp_path / "tuned", settings=STEPS)
    assert len(tuned.predict(np.zeros((2, 8, 8), np.uint8))) >= 1


def test_finetune_from_auto_takes_the_best(headstart: Headstart, data: Path, tmp_path: Path) -> None:
    told = headstart(
        "finetune", data, "--from", "auto", "--out", tmp_path / "m", "plan.steps=3", "--json", "--quiet"
    ).json
    assert "accuracy" in told["scores"]
    facts = json.loads((tmp_path / "m" / "config.json").read_text())
    assert facts["headstart"]["task"]["kind"] == "classify"


def test_a_named_model_that_is_not_there_is_an_error(headstart: Headstart, data: Path, tmp_path: Path) -> None:
    told = headstart("rank", data, "no-such-model", "--out", tmp_path / "out", "--minutes", "0.1")
    assert told.code == 2
    assert "HS-U510" in told.err
