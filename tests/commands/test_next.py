"""next: rows without labels that a person should label, what they would bring, and when to stop."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.selection import label_plan
from tests.helpers.sentences import sentences

Headstart = Callable[..., Any]
PICTURES: dict[str, Any] = {"objective": "pca", "backbone": "linear"}
TEXTS, KNOWN = 160, 70


def pictures(count: int, classes: int, noise: int) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures 8 x 8 of some classes, and their names."""
    generator = np.random.default_rng(0)
    patterns = np.random.default_rng(7).integers(0, 160, (classes, 8, 8))
    numbers = generator.integers(0, classes, count)
    shown = patterns[numbers] + generator.integers(0, noise, (count, 8, 8))
    return shown.clip(0, 255).astype(np.uint8), np.array([f"class {n}" for n in numbers], object)


def first(labels: np.ndarray, count: int) -> np.ndarray:
    """The labels without those behind the first."""
    found = labels.copy()
    found[count:] = None
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """tickets.csv, of which the first 70 rows have a topic; known.csv and pool.csv, its two halves; and two models."""
    place = tmp_path_factory.mktemp("next")
    texts, topics = sentences(TEXTS)
    rows = [
        (f"t{n}", text, topic if n < KNOWN else "") for n, (text, topic) in enumerate(zip(texts, topics, strict=True))
    ]
    for name, some in (("tickets", rows), ("known", rows[:KNOWN]), ("pool", rows[KNOWN:])):
        with (place / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("number", "text", "topic"), *some])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_CACHE", str(cache))
        hs.pretrain(place / "tickets.csv", input="text", objective="lsa", backbone="bag", out=place / "base")
        settings = {"tuning.solver": "ridge"}  # logistic regression takes five times as long for a curve
        hs.finetune(
            place / "known.csv", start=place / "base", tuning="probe", out=place / "tuned", target="topic",
            settings=settings,
        )  # fmt: skip
    return place


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_unlabelled_rows_with_their_columns_an_empty_label_an_answer_and_why(
    headstart: Headstart, folder: Path, tmp_path: Path
) -> None:
    words = ["--from", folder / "tuned", "--budget", "12", "--out", tmp_path / "next.csv", "--json"]
    told = headstart("next", folder / "tickets.csv", *words)
    rows, given = lines(tmp_path / "next.csv"), {row["number"]: row for row in lines(folder / "tickets.csv")}
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, 13)]
    assert len({row["number"] for row in rows}) == 12
    for row in rows:
        assert (row["text"], row["topic"]) == (given[row["number"]]["text"], "")
        assert int(row["number"].removeprefix("t")) >= KNOWN
        assert row["origin"] == f"tickets.csv:{int(row['number'].removeprefix('t')) + 2}"
        assert row["answer"]
        assert "stands for" in row["why"] or "unsure between" in row["why"]
    assert told.json["rows"] == 12
    assert told.json["verdict"] in ("worth it", "stop", "cannot tell yet")
    assert told.json["sentence"] in told.err + told.out or told.json["sentence"]
    again = hs.next(folder / "tickets.csv", start=folder / "tuned", budget=12)
    assert [row["origin"] for row in again.rows] == [row["origin"] for row in rows]
    assert again.verdict in again._repr_html_()


def test_tasks_of_label_studio_come_back_with_their_labels(headstart: Headstart, folder: Path, tmp_path: Path) -> None:
    done = headstart(
        "next", folder / "pool.csv", "--from", folder / "tuned", "--budget", "9", "--out", tmp_path / "t.json"
    )
    assert done.code == 0
    tasks = json.loads((tmp_path / "t.json").read_text("utf-8"))
    interface = (tmp_path / "t.xml").read_text("utf-8")
    assert len(tasks) == 9
    assert all(
        f'<Choice value="{name}"/>' in interface for name in {row["topic"] for row in lines(folder / "known.csv")}
    )
    for task in tasks:  # as somebody who accepts every prediction leaves them
        (prediction,) = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"], "was_cancelled": False}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), "utf-8")
    store = hs.prepare(tmp_path / "export.json")
    labels = {label for split in store.splits for label in store.labels(split)}
    texts = {row["text"] for row in lines(folder / "pool.csv")}
    assert sum(store.splits.values()) == 9
    assert labels <= {row["topic"] for row in lines(folder / "known.csv")}
    assert {task["data"]["text"] for task in tasks} <= texts
    both = hs.prepare([folder / "known.csv", tmp_path / "export.json"], input="text", target="topic")
    assert sum(both.splits.values()) == sum(len(both.labels(split)) for split in both.splits) >= KNOWN + 5
    assert {str(label) for label in both.labels("train")} == {row["topic"] for row in lines(folder / "known.csv")}
    hs.finetune(both, start=folder / "base", tuning="probe", out=tmp_path / "second")
    assert len(hs.load(tmp_path / "second").predict(folder / "pool.csv")) == TEXTS - KNOWN


def test_a_budget_above_the_pool_takes_every_row_once_and_says_so(folder: Path, tmp_path: Path) -> None:
    pool = lines(folder / "pool.csv")
    with (tmp_path / "pool.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "text", "topic"))
        writer.writerows((row["number"], row["text"], "") for row in [*pool[:30], *pool[:10], *pool[:10]])
    found = hs.next(tmp_path / "pool.csv", start=folder / "tuned", budget=500)
    texts = [row["text"] for row in found.rows]
    assert len(texts) == len(set(texts))
    assert set(texts) <= {row["text"] for row in pool[:30]}
    assert f"all {len(texts)} rows of the pool are taken: --budget allows 500" in found.warnings
    assert f"{len(texts)} more labels by chance" in found.sentence or found.verdict == "stop"


def test_what_was_stopped_leaves_no_file_and_said_again_chooses_the_same(
    headstart: Headstart, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["next", folder / "pool.csv", "--from", folder / "base", "--budget", "4", "--out", tmp_path / "o.json"]

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(label_plan, "pick", stopped)
        assert headstart(*words).code == 130
    assert list(tmp_path.iterdir()) == []
    assert headstart(*words).code == 0
    chosen = hs.next(folder / "pool.csv", start=folder / "base", budget=4)
    assert [task["meta"]["origin"] for task in json.loads((tmp_path / "o.json").read_text("utf-8"))] == [
        row["origin"] for row in chosen.rows
    ]


def test_a_pool_without_labels_takes_those_that_the_model_learned_from(folder: Path, tmp_path: Path) -> None:
    found = hs.next(folder / "pool.csv", start=folder / "tuned", budget=5)
    assert any("labels are the" in line for line in found.warnings)
    assert found.expected["accuracy"] > 0
    whole = [*lines(folder / "known.csv"), *lines(folder / "pool.csv")]
    with (tmp_path / "all.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("number", "text"), *((row["number"], row["text"]) for row in whole)])
    found = hs.next(tmp_path / "all.csv", start=folder / "tuned", budget=100)
    assert any("are left out: the model has learned their labels" in line for line in found.warnings)
    store = hs.prepare(folder / "known.csv", target="topic")
    learned = {origin.rpartition(":")[2] for origin in store.origins("train")}
    assert learned.isdisjoint(str(row["origin"]).rpartition(":")[2] for row in found.rows)


def test_without_any_label_rows_are_chosen_that_stand_for_many(folder: Path) -> None:
    found = hs.next(folder / "pool.csv", start=folder / "base", budget=5)
    assert (found.verdict, found.expected) == ("cannot tell yet", {})
    assert "nothing is labelled yet" in found.sentence
    assert all("stands for" in row["why"] and "answer" not in row for row in found.rows)


def test_where_all_is_learned_it_says_stop_and_where_much_is_missing_it_does_not(tmp_path: Path) -> None:
    x, names = pictures(500, 3, 90)
    base = hs.pretrain(x, out=tmp_path / "base", **PICTURES)
    easy = hs.next((x, first(names, 150)), start=base, budget=20)
    assert easy.verdict == "stop", easy.sentence
    x, names = pictures(450, 12, 300)
    base = hs.pretrain(x, out=tmp_path / "other", **PICTURES)
    quick = {"tuning.kind": "probe", "tuning.solver": "ridge"}  # of twelve classes logistic regression takes 10 s
    hard = hs.next((x, first(names, 110)), start=base, budget=100, settings=quick)
    assert hard.verdict != "stop", hard.sentence
    assert hard.expected["gain_high"] > 0.05


def test_labels_that_have_nothing_to_do_with_the_rows_say_stop(tmp_path: Path) -> None:
    x, names = pictures(500, 3, 90)
    base = hs.pretrain(x, out=tmp_path / "base", **PICTURES)
    shuffled = first(np.random.default_rng(1).permutation(names), 200)
    found = hs.next((x, shuffled), start=base, budget=20)
    assert found.verdict == "stop", found.sentence
    assert "no better than with shuffled labels" in found.sentence


def test_numbers_are_chosen_by_what_rows_are(tmp_path: Path) -> None:
    x, _ = pictures(300, 3, 90)
    y = np.array([None if n >= 120 else float(x[n].mean()) for n in range(300)], object)
    base = hs.pretrain(x, out=tmp_path / "base", **PICTURES)
    found = hs.next((x, y), start=base, budget=7)
    assert len(found.rows) == 7
    assert {"rmse", "gain"} <= set(found.expected)
    with pytest.raises(UsageError, match=r"HS-U906.*next\.csv"):
        hs.next((x, y), start=base, budget=7, out=tmp_path / "next.json")


def test_what_cannot_be_done_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HS-U900"):
        hs.next(folder / "pool.csv", start="scratch")
    with pytest.raises(DataError, match="HS-D901"):
        hs.next(folder / "known.csv", start=folder / "tuned")
    with pytest.raises(UsageError, match="HS-U902"):
        hs.next(folder / "pool.csv", start=folder / "tuned", budget=0)
    with pytest.raises(ContractError, match="HS-C154"):
        hs.next("digits", start=folder / "tuned")
    with pytest.raises(UsageError, match="HS-U570"):
        hs.next(folder / "pool.csv", start=folder / "tuned", out=tmp_path / "rows.txt")
    x, names = pictures(300, 3, 90)
    base = hs.pretrain(x, out=tmp_path / "base", **PICTURES)
    store = hs.prepare((x, first(names, 100)))
    with pytest.raises(UsageError, match="HS-U907"):
        hs.next(store, start=base, budget=3, out=tmp_path / "rows.json")
