"""Files are read for what is in them: JSON lines, tagged columns, fastText, pieces of a table, texts beside names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from headstart.core.errors import DataError
from headstart.data.reading.open_raw import open_raw
from headstart.data.records import Words
from tests.helpers.made import picture, table

ROWS = [{"text": f"text number {n}", "label": "ab"[n % 2]} for n in range(6)]
PAIRS = [(row["text"], row["label"]) for row in ROWS]
SENTENCES = "Anna NNP B-PER\nsaw VBD O\n\nBo NNP B-PER\nslept VBD O\n\n"
TAGGED = [(Words(("Anna", "saw")), ["B-PER", "O"]), (Words(("Bo", "slept")), ["B-PER", "O"])]


def read(given: Any) -> list[tuple[Any, Any]]:
    raw = open_raw(given, modality="auto", input=None, target=None)
    assert raw.modality == "text"
    return [(example["input"], example.get("label")) for example in raw.examples()]


@pytest.mark.parametrize("form", ["lines", "list", "under a key", "indented"])
def test_json_holds_its_rows_in_any_usual_form(form: str, tmp_path: Path) -> None:
    texts = {
        "lines": "\n".join(map(json.dumps, ROWS)), "list": json.dumps(ROWS), "indented": json.dumps(ROWS, indent=2),
        "under a key": json.dumps({"version": "1", "data": ROWS}),
    }  # fmt: skip
    (tmp_path / "t.json").write_text(texts[form])
    assert read(tmp_path / "t.json") == PAIRS


@pytest.mark.parametrize("name", ["t.txt", "eng.train", "eng.testa", "t.dev"])
def test_columns_of_tagged_words_are_read_by_what_they_hold(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("-DOCSTART- -X- O\n\n" + SENTENCES)
    assert read(tmp_path / name) == TAGGED


def test_parts_of_column_files_are_those_of_their_names(tmp_path: Path) -> None:
    for name in ("eng.train", "eng.testa", "eng.testb"):
        (tmp_path / name).write_text(SENTENCES)
    raw = open_raw(tmp_path, modality="auto", input=None, target=None)
    parts = {(str(row["origin"]).partition(":")[0], row["split"]) for row in raw.examples()}
    assert parts == {("eng.train", "train"), ("eng.testa", "valid"), ("eng.testb", "test")}


def test_texts_whose_last_words_are_no_tags_stay_texts(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("call me\nMr O\n\nnow then\n")
    assert read(tmp_path / "t.txt") == [("call me", None), ("Mr O", None), ("now then", None)]


def test_lines_of_fasttext_carry_their_labels(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("__label__loud a train\n__label__calm __label__old a river\n\nno label here\n")
    assert read(tmp_path / "t.txt") == [("a train", "loud"), ("a river", ["calm", "old"]), ("no label here", None)]


@pytest.mark.parametrize("suffix", ["snappy.parquet", "csv", "json"])
def test_a_folder_of_numbered_pieces_is_one_table(suffix: str, tmp_path: Path) -> None:
    for number in range(2):
        path = tmp_path / f"part-0000{number}-c000.{suffix}"
        frame = pd.DataFrame(ROWS[3 * number : 3 * number + 3])
        if suffix == "csv":
            frame.to_csv(path, index=False)
        elif suffix == "json":
            frame.to_json(path, orient="records", lines=True)
        else:
            frame.to_parquet(path)
    (tmp_path / "_SUCCESS").touch()
    assert read(tmp_path) == PAIRS


def test_a_table_beside_its_read_me_is_the_data_of_a_folder(tmp_path: Path) -> None:
    pd.DataFrame(ROWS).to_csv(tmp_path / "reviews.csv.gz", index=False)
    (tmp_path / "README.md").write_text("What these reviews are.")
    (tmp_path / "LICENSE").write_text("Free.")
    assert read(tmp_path) == PAIRS


@pytest.mark.parametrize(("first", "second"), [("adult-train", "adult-test"), ("text_train", "text_dev")])
def test_tables_of_one_name_are_parts_by_its_end(first: str, second: str, tmp_path: Path) -> None:
    pd.DataFrame(ROWS[:4]).to_csv(tmp_path / f"{first}.csv", index=False)
    pd.DataFrame(ROWS[4:]).to_csv(tmp_path / f"{second}.csv", index=False)
    (tmp_path / "README.md").write_text("Two parts.")
    raw = open_raw(tmp_path, modality="auto", input=None, target=None)
    parts = [row["split"] for row in raw.examples()]
    assert sorted(parts) == sorted(["train"] * 4 + ["test" if "test" in second else "valid"] * 2)


@pytest.mark.parametrize("other", ["other.csv", "other-test.csv", "reviews-notes.csv"])
def test_tables_of_different_names_are_not_guessed_at(other: str, tmp_path: Path) -> None:
    for name in ("reviews-train.csv", "reviews-test.csv", other):
        pd.DataFrame(ROWS).to_csv(tmp_path / name, index=False)
    with pytest.raises(DataError, match="HS-D221"):
        read(tmp_path)


NAMES = {
    "filename": "doc_{}.txt", "file": "batch/{:04}", "path": "s3/{}", "img": "IMG_{:04}", "image": "{}",
}  # fmt: skip


@pytest.mark.parametrize("column", NAMES)
@pytest.mark.parametrize("text", ["text", "caption", "review"])
def test_names_beside_texts_are_no_texts(column: str, text: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({column: [NAMES[column].format(n) for n in range(6)], text: [row["text"] for row in ROWS],
                          "label": [row["label"] for row in ROWS]})  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert read(tmp_path / "t.csv") == PAIRS
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    assert read(tmp_path / "t.jsonl") == read(frame) == PAIRS


def test_an_instruction_and_its_input_are_one_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"instruction": ["do it", "undo it"], "input": ["x", "y"], "output": ["done", "undone"]})
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    raw = open_raw(tmp_path / "t.jsonl", modality="auto", input=None, target="output")
    assert [row["input"] for row in raw.examples()] == [["do it", "x"], ["undo it", "y"]]


def test_rows_of_files_of_one_name_have_origins_of_their_own(tmp_path: Path) -> None:
    for place in "ab":
        table(
            tmp_path / place / "t.csv", ["text", "label"], [[f"{place} the weather today {n}", n % 2] for n in range(3)]
        )
        picture(tmp_path / "pictures" / place / "x.png")
    raw = open_raw([tmp_path / place / "t.csv" for place in "ab"], modality="auto", input=None, target=None)
    assert [row["origin"] for row in raw.examples()][::3] == ["a/t.csv:2", "b/t.csv:2"]
    for given in ([tmp_path / "pictures" / place for place in "ab"],
                  [tmp_path / "pictures" / place / "x.png" for place in "ab"]):  # fmt: skip
        rows = open_raw(given, modality="auto", input=None, target=None).examples()
        assert [row["origin"] for row in rows] == ["a/x.png", "b/x.png"]
    lone = open_raw(tmp_path / "a" / "t.csv", modality="auto", input=None, target=None)
    assert next(lone.examples())["origin"] == "t.csv:2"
