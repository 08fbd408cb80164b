"""evaluate, predict, embed: the same answers whatever form the input has."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs

Headstart = Callable[..., Any]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_evaluate_gives_scores_with_intervals_and_classes(headstart: Headstart, tuned: Path) -> None:
    told = headstart("evaluate", tuned, "digits", "--json")
    assert told.code == 0
    assert told.json["split"] == "test"
    scores = told.json["scores"]
    for name in ("accuracy", "macro_f1"):
        assert 0 <= scores[f"{name}_low"] <= scores[name] <= scores[f"{name}_high"] <= 1
    assert len(told.json["per_class"]) == 10
    confusion = np.array(told.json["confusion"])
    assert confusion.sum() == told.json["rows"]
    assert np.trace(confusion) / confusion.sum() == pytest.approx(scores["accuracy"])


def test_evaluate_equals_what_finetune_found(headstart: Headstart, tuned: Path) -> None:
    found = json.loads((tuned / "headstart.json").read_text())["scores"]
    again = headstart("evaluate", tuned, "digits", "--json").json["scores"]
    own = [name for name in found if not name.startswith("baseline_")]
    assert {name: again[name] for name in own} == pytest.approx({name: found[name] for name in own})


def test_evaluate_warns_of_rows_the_model_learned_from(headstart: Headstart, tuned: Path) -> None:
    told = headstart("evaluate", tuned, "digits", "--split", "train", "--json")
    assert any("learned from" in warning for warning in told.json["warnings"])
    (warning,) = headstart("evaluate", tuned, "digits", "--json").json["warnings"]
    assert "worse than that of the simple model" in warning  # that is all there is to say of test rows


def test_evaluate_writes_a_report(headstart: Headstart, tuned: Path, tmp_path: Path) -> None:
    assert headstart("evaluate", tuned, "digits", "--out", tmp_path / "report").code == 0
    assert (tmp_path / "report" / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(("split", "code"), [("trian", 65), ("", 0)])
def test_a_split_without_labels_is_named(headstart: Headstart, tuned: Path, split: str, code: int) -> None:
    told = headstart("evaluate", tuned, "digits", "--split", split)
    assert told.code == code
    if code:
        assert "test (194 rows)" in told.err


def test_a_pretrained_model_has_no_answers_and_says_how_to_get_them(headstart: Headstart, model: Path) -> None:
    told = headstart("predict", model, "digits", "--out", "x.csv")
    assert told.code == 2
    assert "headstart finetune" in told.err


def test_a_pretrained_model_is_scored_by_its_own_objective(headstart: Headstart, model: Path) -> None:
    told = headstart("evaluate", model, "digits", "--json")
    assert told.code == 0
    assert set(told.json["scores"]) == {f"{name}{end}" for name in ("mse", "loss") for end in ("", "_low", "_high")}


def test_predict_writes_one_answer_a_row_in_every_kind_of_file(
    headstart: Headstart, tuned: Path, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    for kind in ("jsonl", "csv", "parquet"):
        told = headstart("predict", tuned, "digits", "--out", tmp_path / "deep" / f"a.{kind}", "--json")
        assert told.code == 0
        assert told.json["rows"] == 1797
    rows = lines(tmp_path / "deep" / "a.jsonl")
    assert set(rows[0]) == {"origin", "label", "probability", "probabilities"}
    assert all(sum(row["probabilities"].values()) == pytest.approx(1) for row in rows)
    with (tmp_path / "deep" / "a.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["label"] for row in table] == [row["label"] for row in rows]
    assert pq.read_table(tmp_path / "deep" / "a.parquet").column("label").to_pylist() == [r["label"] for r in rows]


def test_files_folders_and_arrays_get_the_same_answers(
    headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path
) -> None:
    from PIL import Image

    files = sorted(photos.rglob("*.png"))
    assert headstart("predict", tuned, photos, "--out", tmp_path / "folder.jsonl").code == 0
    assert headstart("predict", tuned, *files, "--out", tmp_path / "files.jsonl").code == 0
    by_folder = {Path(row["origin"]).name: row["probabilities"] for row in lines(tmp_path / "folder.jsonl")}
    by_file = [row["probabilities"] for row in lines(tmp_path / "files.jsonl")]
    predictor = hs.load(tuned)
    arrays = [answer["probabilities"] for answer in predictor.predict([np.asarray(Image.open(f)) for f in files])]
    paths = [answer["probabilities"] for answer in predictor.predict([str(f) for f in files])]
    assert len(by_folder) == len(by_file) == 12
    for i, file in enumerate(files):
        for other in (by_file[i], arrays[i], paths[i]):
            assert other == pytest.approx(by_folder[file.name], abs=1e-6)


def test_embed_gives_one_vector_a_row(headstart: Headstart, model: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for kind in ("npy", "parquet"):
        told = headstart("embed", model, "digits", "--out", tmp_path / f"v.{kind}", "--json")
        assert (told.code, told.json["rows"], told.json["width"]) == (0, 1797, 16)
    vectors = np.load(tmp_path / "v.npy", allow_pickle=False)
    table = pq.read_table(tmp_path / "v.parquet")
    assert np.allclose(vectors, np.array(table.column("vector").to_pylist()))
    assert len(set(table.column("origin").to_pylist())) == 1797
    assert vectors.std(0).max() > 0


@pytest.mark.parametrize("verb", ["predict", "embed"])
def test_an_unknown_kind_of_output_is_refused_before_any_work(headstart: Headstart, tuned: Path, verb: str) -> None:
    told = headstart(verb, tuned, "digits", "--out", "answers.xlsx")
    assert told.code == 2
    assert "answers.xlsx" in told.err


def test_a_broken_picture_is_bad_data_with_its_place(
    headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(next(photos.rglob("*.png")).read_bytes()[:60])
    told = headstart("predict", tuned, broken, "--out", tmp_path / "a.csv")
    assert told.code == 65
    assert "broken.png" in told.err
    assert not (tmp_path / "a.csv").exists()


def test_data_prepared_in_another_size_are_refused_in_one_line(
    headstart: Headstart, tuned: Path, photos: Path, tmp_path: Path
) -> None:
    assert headstart("prepare", photos, "--out", tmp_path / "data", "--near", "keep", "--quiet").code == 0
    for words in (["predict", tuned, tmp_path / "data", "--out", tmp_path / "a.csv"],
                  ["evaluate", tuned, tmp_path / "data", "--split", "train"]):  # fmt: skip
        told = headstart(*words)
        assert told.code == 78
        assert "another form" in told.err


@pytest.mark.parametrize("verb", ["embed", "predict"])
def test_a_setting_that_a_saved_model_cannot_take_is_no_silent_wish(
    headstart: Headstart, model: Path, tmp_path: Path, verb: str
) -> None:
    told = headstart(verb, model, "digits", "--out", tmp_path / "x.jsonl", "modality.size=64")
    assert told.code == 2
    assert "HS-U567" in told.err
    assert "modality.size=64" in told.err
