"""Anomalies with labels of moments: what is planted is counted by row and by event, and nothing is learned from it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import ContractError, HeadstartError
from headstart.training.tasks.anomalies.labelled import Labelled

LENGTH, H = 3000, 3
PLANTED = ((2880, 2882), (2920, 2940), (2985, 2986))  # late in the test part, as a window remembers an anomaly


def hours(*, planted: bool = True, flipped: bool = False, word: str = "") -> str:
    """A daily wave, in whose test part three anomalies are planted and labelled."""
    generator, time = np.random.default_rng(0), np.arange(LENGTH)
    values = 10 + 3 * np.sin(2 * np.pi * time / 24) + 0.3 * generator.standard_normal(LENGTH)
    labels = np.zeros(LENGTH, int)
    for begin, end in PLANTED if planted else ():
        values[begin:end] += 4
        labels[begin:end] = 1
    labels = 1 - labels if flipped else labels
    cells = [word if word and step == 5 else str(label) for step, label in enumerate(labels)]
    begin = datetime(2024, 1, 1)
    rows = [f"{begin + timedelta(hours=step)},{value:.4f},{cell}"
            for step, (value, cell) in enumerate(zip(values, cells, strict=True))]  # fmt: skip
    return "\n".join(["date,load,odd", *rows]) + "\n"


def watched(place: Path, table: str, out: str, **settings: Any) -> Any:
    (place / "t.csv").write_text(table, "utf-8")
    return hs.finetune(place / "t.csv", out=place / out, start="scratch", task="anomalies", time="date", target="load",
                       settings={"task.labels": "odd", **settings})  # fmt: skip


def rows_of(places: list[int], series: int, marks: np.ndarray, columns: int = 1) -> list[dict[str, Any]]:
    """Rows that judge H steps each; the window before them is one step."""
    made = []
    for place in places:
        x = np.zeros((1 + H, columns + 1))
        x[1:, columns] = marks[place : place + H]
        made.append({"row": {"x": x, "series": series, "place": place}})
    return made


def answers(scores: list[float], peaks: list[int] | None = None) -> list[dict[str, Any]]:
    return [{"score": s, "peak": p} for s, p in zip(scores, peaks or [0] * len(scores), strict=True)]


def test_planted_anomalies_are_scored_and_evaluated_alike(tmp_path: Path) -> None:
    run = watched(tmp_path, hours(), "m")
    scores = run.scores
    assert scores["event_recall"] == 1.0
    assert scores["event_f1"] > 0.7
    assert scores["auc_pr"] > 0.5
    assert scores["auc_pr_low"] <= scores["auc_pr"] <= scores["auc_pr_high"]
    assert 0 <= scores["delay"] < 24
    assert scores["false_alarms"] < 250
    again = hs.evaluate(tmp_path / "m", tmp_path / "t.csv", time="date", split="test")
    assert again.scores["auc_pr"] == pytest.approx(scores["auc_pr"])
    assert again.scores["event_recall"] == 1.0


def test_labels_change_nothing_of_the_model_and_are_not_needed_to_predict(tmp_path: Path) -> None:
    table = hours()
    for name, other in (("a", table), ("b", hours(flipped=True))):
        watched(tmp_path, other, name)
    without = "\n".join(line.rsplit(",", 1)[0] for line in table.splitlines()) + "\n"
    (tmp_path / "n.csv").write_text(without, "utf-8")
    hs.finetune(tmp_path / "n.csv", out=tmp_path / "c", start="scratch", task="anomalies", time="date", target="load")
    weights = [(tmp_path / name / "head.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] == weights[2]
    (tmp_path / "t.csv").write_text(table, "utf-8")
    said = [hs.load(tmp_path / "a").predict(str(tmp_path / file)) for file in ("t.csv", "n.csv")]
    assert [{**one, "origin": ""} for one in said[0]] == [{**one, "origin": ""} for one in said[1]]
    plain = hs.evaluate(tmp_path / "a", tmp_path / "n.csv", time="date", split="test")
    assert "auc_pr" not in plain.scores
    assert "mse" in plain.scores


def test_without_target_the_labels_are_not_watched_as_a_series(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(hours(), "utf-8")
    hs.finetune(tmp_path / "t.csv", out=tmp_path / "m", start="scratch", task="anomalies", time="date",
                settings={"task.labels": "odd"})  # fmt: skip
    assert json.loads((tmp_path / "m" / "series.json").read_text("utf-8"))["names"] == ["load"]


def test_prepared_data_bring_their_labels_or_say_that_they_have_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(hours(), "utf-8")
    asked = {"modality": "series", "time": "date", "target": "load", "settings": {"modality.asked": "all"}}
    labelled = hs.prepare(tmp_path / "t.csv", out=tmp_path / "d", marks="odd", **asked)
    run = hs.finetune(labelled, out=tmp_path / "m", start="scratch", task="anomalies")
    assert run.scores["event_recall"] == 1.0
    bare = hs.prepare(tmp_path / "t.csv", out=tmp_path / "e", **asked)
    with pytest.raises(ContractError, match="HS-C855"):
        hs.finetune(bare, out=tmp_path / "n", start="scratch", task="anomalies", settings={"task.labels": "odd"})


@pytest.mark.parametrize("word", ["2", "maybe", "0.5"])
def test_a_label_is_0_or_1(tmp_path: Path, word: str) -> None:
    with pytest.raises(HeadstartError, match="HS-D854"):
        watched(tmp_path, hours(word=word), "m")


def test_an_event_counts_once_and_rows_that_alarm_without_one_count_each() -> None:
    marks = np.zeros(60, int)
    marks[20:25] = 1
    marks[40] = 1
    places = list(range(50))
    score = [0.1] * 50
    score[5] = score[6] = 3.0  # false alarms
    score[22] = 2.0  # the first event, found in its third step
    known = Labelled.of(answers(score), rows_of(places, 0, marks), 1, 1)
    assert known is not None
    found = known.scores(np.arange(50))
    assert found["event_recall"] == 0.5
    assert found["delay"] == 2.0
    rows_without = 50 - (7 + 3)  # 18..24 and 38..40 see a labelled step
    assert found["false_alarms"] == pytest.approx(1000 * 2 / rows_without)
    assert found["event_f1"] == pytest.approx(0.4)  # of precision 1/3 and recall 1/2; 1/5 and 1 where all rows alarm
    perfect = Labelled.of(answers([float(marks[p : p + H].any()) for p in places]), rows_of(places, 0, marks), 1, 1)
    assert perfect is not None
    best = perfect.scores(np.arange(50))
    assert (best["auc_pr"], best["best_f1"], best["event_f1"]) == (1.0, 1.0, 1.0)


def test_chance_is_not_flattered() -> None:
    """Long events that are hit once by chance count as rows for what they are: no score is copied over an event."""
    generator, marks = np.random.default_rng(0), np.zeros(4003, int)
    for begin in range(100, 4000, 400):
        marks[begin : begin + 100] = 1
    places = list(range(4000))
    known = Labelled.of(answers(generator.random(4000).tolist()), rows_of(places, 0, marks), 1, 1)
    assert known is not None
    found = known.scores(np.arange(4000))
    share = np.mean([marks[p : p + H].any() for p in places])
    assert abs(found["auc_pr"] - share) < 0.03


def test_average_precision_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    generator, marks = np.random.default_rng(1), (np.random.default_rng(2).random(303) < 0.1).astype(int)
    scores = np.round(generator.random(300), 1)  # with ties
    truth = np.array([marks[p : p + H].any() for p in range(300)])
    known = Labelled.of(answers(scores.tolist()), rows_of(list(range(300)), 0, marks), 1, 1)
    assert known is not None
    found = known.scores(np.arange(300))
    assert found["auc_pr"] == pytest.approx(average_precision_score(truth, scores))
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert found["best_f1"] == pytest.approx((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max())


def test_rows_may_come_in_any_order_and_again() -> None:
    marks = np.zeros(60, int)
    marks[20:25] = 1
    score = np.random.default_rng(0).random(50) * 2
    rows, said = rows_of(list(range(50)), 0, marks), answers(score.tolist())
    order = np.random.default_rng(1).permutation(50)
    one, other = (Labelled.of(a, r, 1, 1) for a, r in (
        (said, rows), ([said[place] for place in order], [rows[place] for place in order])))  # fmt: skip
    assert one is not None
    assert other is not None
    assert one.scores(np.arange(50)) == other.scores(np.arange(50))
    drawn = np.array([3, 3, 21, 22, 40, 41])
    assert one.scores(drawn) == other.scores(np.argsort(order)[drawn])
    assert one.scores(np.array([1, 2])) == {}
