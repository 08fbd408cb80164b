"""A model reads the columns that it learned from, whatever else a table holds, and answers every row in its place."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.cli import run
from headstart.core.errors import DataError
from headstart.models.artifact import seal
from tests.commands.conftest import Told
from tests.helpers.sentences import sentences

Headstart = Callable[..., Told]


def rows(count: int, seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """Summaries that say it, texts that say the opposite, and the label."""
    for number, filler in enumerate(sentences(count, seed=seed)[0]):
        label = ("good", "bad")[number % 2]
        few = " ".join(filler.split()[:3])
        yield f"{label} {label} {few} {number}", f"{('bad', 'good')[number % 2]} " * 3 + f"{few} {number}", label


def table(path: Path, names: str, count: int = 40, seed: int = 0) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names.split(","))
        for number, (summary, text, label) in enumerate(rows(count, seed)):
            known = {"summary": summary, "text": text, "label": label, "id": f"n{number}", "mood": label}
            writer.writerow([known.get(name.strip().lower(), summary) for name in names.split(",")])
    return path


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A bag of words that learned from `summary`, though the table has a `text`, too."""
    place = tmp_path_factory.mktemp("reader")
    source = table(place / "train.csv", "id,summary,text,mood", 200)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(cache))
        words = ["finetune", str(source), "--from", "scratch", "--backbone", "bag", "--input", "summary"]
        assert run([*words, "--target", "mood", "--epochs", "20", "--out", str(place / "model"), "--quiet"]) == 0
    return place / "model"


def answers(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_model_says_which_columns_it_learned_from(reader: Path) -> None:
    assert json.loads((reader / "headstart.json").read_text())["columns"] == {
        "inputs": ["summary"], "target": "mood", "id": "id", "labels": {"kind": "names"},
    }  # fmt: skip


@pytest.mark.parametrize("names", ["summary,text", "text,summary,label", "Summary,text", "text, SUMMARY "])
def test_predict_reads_the_column_that_was_learned_from(
    headstart: Headstart, reader: Path, tmp_path: Path, names: str
) -> None:
    new = table(tmp_path / "new.csv", names)
    assert headstart("predict", reader, new, "--out", tmp_path / "p.jsonl").code == 0
    assert [row["label"] for row in answers(tmp_path / "p.jsonl")] == [label for _, _, label in rows(40)]


def test_frames_evaluate_embed_and_the_encoder_read_it_too(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    from headstart.sklearn import PretrainedEncoder

    new = table(tmp_path / "new.csv", "text,summary,mood,label")
    frame, model = pd.read_csv(new), hs.load(reader)
    truth = [label for _, _, label in rows(40)]
    assert [answer["label"] for answer in model.predict(frame)] == truth
    assert [answer["label"] for answer in model.predict(str(new))] == truth
    by_text = model.embed([summary for summary, _, _ in rows(40)])
    assert np.allclose(model.embed(new), by_text, atol=1e-5)
    assert np.allclose(PretrainedEncoder(reader).fit(frame).transform(frame), by_text, atol=1e-5)
    told = headstart("evaluate", reader, "--test", new, "--json")
    assert (told.code, told.json["rows"], told.json["scores"]["accuracy"]) == (0, 40, 1.0)


@pytest.mark.parametrize("verb", ["predict", "embed", "evaluate"])
def test_a_column_that_is_not_there_is_one_error_whose_fix_works(
    headstart: Headstart, reader: Path, tmp_path: Path, verb: str
) -> None:
    new = table(tmp_path / "new.csv", "sumary,mood")
    words = [verb, reader, *(["--test", new] if verb == "evaluate" else [new, "--out", tmp_path / "p.parquet"])]
    told = headstart(*words)
    assert told.code == 65
    assert "HS-D216" in told.err
    assert "--input: did you mean 'sumary'" in told.err
    assert headstart(*words, "--input", "sumary").code == 0


def test_evaluate_wants_the_label_column(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    new = table(tmp_path / "new.csv", "summary,moods")
    told = headstart("evaluate", reader, "--test", new)
    assert "--target: did you mean 'moods'" in told.err


@pytest.mark.parametrize(
    ("keep", "columns"),
    [([], {"id"}), (["--keep", "all"], {"id", "summary", "given.label"}), (["--keep", "summary,1"], {"summary", "id"}),
     (["--id", "summary"], {"summary"})],
)  # fmt: skip
def test_answers_keep_the_id_or_the_row(
    headstart: Headstart, reader: Path, tmp_path: Path, keep: list[str], columns: set[str]
) -> None:
    new = table(tmp_path / "new.csv", "id,summary,label", 4)
    for kind in ("jsonl", "csv", "parquet"):
        assert headstart("predict", reader, new, *keep, "--out", tmp_path / f"p.{kind}").code == 0
    found, flat = answers(tmp_path / "p.jsonl"), answers(tmp_path / "p.csv")
    assert set(found[0]) == {"origin", *columns, "label", "probability", "probabilities"}
    given = pd.read_csv(new)
    for name in columns:
        assert [row[name] for row in found] == given[name.removeprefix("given.")].tolist()
        assert [row[name] for row in flat] == given[name.removeprefix("given.")].tolist()
    assert (
        pd.read_parquet(tmp_path / "p.parquet").columns[: 1 + len(columns)].tolist()
        == list(found[0])[: 1 + len(columns)]
    )


def test_a_column_to_keep_that_is_not_there_is_named(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    told = headstart("predict", reader, table(tmp_path / "new.csv", "id,summary"), "--keep", "ids", "--out", "p.csv")
    assert (told.code, "did you mean 'id'" in told.err) == (65, True)


def test_a_row_that_cannot_be_read_is_answered_by_its_error(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('id,summary\n1,good good\n2,""\n3,a,b\n4,bad bad\n')
    for kind in ("jsonl", "csv"):
        told = headstart("predict", reader, tmp_path / "new.csv", "--out", tmp_path / f"p.{kind}", "--json")
        assert (told.code, told.json["rows"], told.json["errors"]) == (0, 4, 2)
        assert "2 of 4 rows could not be answered" in told.json["warnings"][0]
        found = answers(tmp_path / f"p.{kind}")
        assert [row["id"] for row in found] == ["1", "2", "3", "4"]
        assert [row.get("label") or None for row in found] == ["good", None, None, "bad"]
        assert ["HS-D" in (row.get("error") or "") for row in found] == [False, True, True, False]
        assert "fix" not in found[1]["error"]
    told = headstart("predict", reader, tmp_path / "new.csv", "--out", tmp_path / "strict.csv", "--strict")
    assert (told.code, "new.csv:3" in told.err, "leave --strict out" in told.err) == (65, True, True)
    assert not list(tmp_path.glob("*strict*"))
    assert [row.get("label") for row in hs.predict(reader, tmp_path / "new.csv")] == ["good", None, None, "bad"]


def test_embed_keeps_the_place_of_a_row_without_a_vector(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('id,summary\n1,""\n2,good good\n')
    for kind in ("npy", "parquet"):
        told = headstart("embed", reader, tmp_path / "new.csv", "--out", tmp_path / f"v.{kind}", "--json")
        assert (told.code, told.json["rows"], told.json["errors"]) == (0, 2, 1)
    vectors, found = np.load(tmp_path / "v.npy"), pd.read_parquet(tmp_path / "v.parquet")
    assert np.isnan(vectors[0]).all()
    assert np.allclose(vectors[1], np.array(found["vector"][1]))
    assert found["id"].tolist() == ["1", "2"]
    assert "HS-D291" in found["error"][0]
    assert np.isnan(hs.embed(reader, tmp_path / "new.csv")[0]).all()
    with pytest.raises(DataError, match=r"new\.csv:2"):
        hs.load(reader).embed(tmp_path / "new.csv")


def test_evaluate_counts_rows_that_it_cannot_read(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    new = table(tmp_path / "new.csv", "summary,mood", 30)
    new.write_text(new.read_text("utf-8") + '"",good\na,b,c\n')
    told = headstart("evaluate", reader, "--test", new, "--json")
    assert (told.code, told.json["rows"]) == (0, 30)
    assert any("2 rows could not be read" in warning for warning in told.json["warnings"])
    assert headstart("evaluate", reader, "--test", new, "--strict").code == 65


def test_without_a_file_the_answers_are_a_table_on_the_screen(
    headstart: Headstart, reader: Path, tmp_path: Path
) -> None:
    told = headstart("predict", reader, table(tmp_path / "new.csv", "id,summary", 2))
    assert told.code == 0
    assert told.out.splitlines()[0].split() == ["origin", "id", "label", "probability"]
    assert told.out.splitlines()[1].split()[:3] == ["new.csv:2", "n0", "good"]
    asked = headstart("predict", reader, "good good", "--json")
    assert [row["label"] for row in asked.json["answers"]] == ["good"]


def test_a_list_of_strings_is_a_list_of_texts_and_a_path_is_a_file(
    reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "good.csv", "summary", 3)
    model = hs.load(reader)
    assert len(model.predict(["good.csv", "bad bad"])) == 2
    assert len(model.predict([Path("good.csv")])) == 3
    assert len(model.predict("good.csv")) == 3


def test_a_list_of_dicts_is_a_table(reader: Path, tmp_path: Path) -> None:
    given = [{"summary": summary, "text": text, "label": label} for summary, text, label in rows(40)]
    store = hs.prepare(given, out=tmp_path / "data", input="summary", near="keep")
    assert sum(store.splits.values()) == 40
    assert sorted({str(label) for label in store.labels_of(store.rows("train"))}) == ["bad", "good"]
    answers = hs.load(reader).predict([{"text": "bad bad", "summary": "good good"}, {"summary": "bad bad"}])
    assert [answer["label"] for answer in answers] == ["good", "bad"]


def test_a_start_only_hints_at_its_columns(headstart: Headstart, reader: Path, tmp_path: Path) -> None:
    words = ["finetune", "--from", reader, "--tuning", "probe", "--quiet"]
    hinted = table(tmp_path / "hinted.csv", "text,summary,label", 60)
    assert headstart(*words, hinted, "--out", tmp_path / "hinted").code == 0
    other = table(tmp_path / "other.csv", "text,label", 60)
    assert headstart(*words, other, "--out", tmp_path / "other").code == 0
    learned = [json.loads((tmp_path / name / "headstart.json").read_text())["columns"] for name in ("hinted", "other")]
    assert [columns["inputs"] for columns in learned] == [["summary"], ["text"]]


def test_old_models_that_say_nothing_of_columns_find_the_usual_names(reader: Path, tmp_path: Path) -> None:
    import shutil

    old = shutil.copytree(reader, tmp_path / "old")
    facts = json.loads((old / "headstart.json").read_text())
    del facts["columns"]
    (old / "headstart.json").write_text(json.dumps(facts))
    seal(old)
    model = hs.load(old)
    assert [a["label"] for a in model.predict(table(tmp_path / "n.csv", "text,more", 4))] == ["bad", "good"] * 2


def test_parts_of_the_data_are_named_in_every_verb(headstart: Headstart, tmp_path: Path) -> None:
    train, test = (table(tmp_path / f"{seed}.csv", "text,label", 60, seed) for seed in (1, 2))
    words = ["finetune", "--train", train, "--test", test, "--from", "scratch", "--backbone", "bag", "--steps", "3"]
    told = headstart(*words, "--out", tmp_path / "m", "--quiet", "--json")
    assert told.code == 0
    recipe = (tmp_path / "m" / "recipe.toml").read_text("utf-8")
    assert "source = { train = " in recipe
    assert headstart("rerun", tmp_path / "m", "--quiet").out.strip().endswith("equal, bit for bit")
    refused = headstart(*words, train, "--out", tmp_path / "n")
    assert (refused.code, "HS-U561" in refused.err) == (2, True)


def test_raw_data_are_scored_whole_by_a_model_that_did_not_learn_from_them(
    reader: Path, tmp_path: Path, headstart: Headstart
) -> None:
    new = table(tmp_path / "new.csv", "summary,mood", 40, seed=5)
    told = headstart("evaluate", reader, new, "--json")
    assert (told.code, told.json["rows"], told.json["split"]) == (0, 40, "given")
    assert told.json["told"] == "scored all 40 rows: the data have no parts, and the model did not learn from them"
    assert "baseline_accuracy" not in told.json["scores"]
    part = headstart("evaluate", reader, new, "--split", "test", "--json")
    assert part.json["split"] == "test"
    assert 0 < part.json["rows"] < 20


def test_the_test_part_is_scored_of_data_that_a_model_learned_from_or_that_have_parts(
    reader: Path, tmp_path: Path, headstart: Headstart
) -> None:
    told = headstart("evaluate", reader, reader.parent / "train.csv", "--json")
    assert "part that was made of the data, for the model learned from them" in told.json["told"]
    assert told.json["split"] == "test"
    for name, seed in (("train", 6), ("test", 7)):
        table(tmp_path / "in" / f"{name}.csv", "summary,mood", 20, seed=seed)
    parted = headstart("evaluate", reader, tmp_path / "in", "--json")
    assert (parted.json["told"], parted.json["rows"]) == ("scored the test part of the data", 20)


def test_rows_that_are_not_scored_are_counted(reader: Path, tmp_path: Path, headstart: Headstart) -> None:
    new = table(tmp_path / "new.csv", "summary,mood", 20, seed=5)
    lines = new.read_text("utf-8").splitlines()
    new.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    told = headstart("evaluate", reader, new, "--json")
    assert told.json["rows"] == 20
    assert any("1 rows are not scored: exact duplicate" in one for one in told.json["warnings"])
