"""Labels are what is written: no spelling merges with another, and one class in two spellings of a type is one."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare
from headstart.data.reading.open_raw import open_raw
from headstart.data.reading.roles import Ask, Learned
from tests.helpers.made import table

WORDS = ("rapid train", "stone quiet", "lamp slow", "garden red", "bitter river", "cloud horse", "paper window")


def texts(count: int) -> list[str]:
    return [f"{WORDS[n % len(WORDS)]} number {n}" for n in range(count)]


def csv(place: Path, cells: list[str], name: str = "t.csv") -> Path:
    rows = zip(texts(len(cells)), cells, strict=True)
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(place / name, index=False)
    return place / name


def jsonl(place: Path, labels: list[Any], key: str = "label") -> Path:
    rows = [{"text": text, key: label} for text, label in zip(texts(len(labels)), labels, strict=True)]
    (place / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / "t.jsonl"


def labels(given: Any, target: str | None = None) -> list[Any]:
    raw = open_raw(given, modality="auto", input=None, target=target)
    return [example.get("label") for example in raw.examples()]


def distinct(given: Any) -> set[str]:
    return {str(label) for label in labels(given)}


NAMES = {
    "underscores": ("1_0", "0_1", "10", "1_1"),
    "section numbers": ("1.1", "1.10", "1.2", "2.0"),
    "signs": ("+1", "-1"),
    "signs beside none": ("+46", "46", "+1", "1"),
    "exponents": ("1e2", "100", "2E1", "20"),
    "Arabic digits": ("\u0661", "1", "\u0662", "2"),
    "trailing zeros": ("2.50", "2.5", "3", "3.00"),
    "negative zero": ("-0", "0", "1", "2"),
    "padded": ("01", "1", "2", "02"),
    "infinity": ("inf", "1", "2"),
    "codes of diseases": ("4.10", "4.1", "4.19", "5.0"),
    "per cent that comes again": ("10%", "20%", "30%", "40%"),
    "long digits": ("9" * 30, "2"),
    "sizes": ("4x", "8x", "16x"),
    "capitals": ("Positive", "positive"),
    "a choice in one name": ("yes|no", "maybe"),
    "full-width digits": ("\uff11", "1"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_stay_as_written(kind: str, tmp_path: Path) -> None:
    given = list(NAMES[kind]) * 20
    assert labels(csv(tmp_path, given)) == given
    assert labels(jsonl(tmp_path, given)) == given


def test_whole_numbers_in_their_one_spelling_are_numbers(tmp_path: Path) -> None:
    assert labels(csv(tmp_path, ["1", "2", "-3"] * 5)) == [1, 2, -3] * 5
    assert labels(jsonl(tmp_path, ["1", "2"] * 5)) == ["1", "2"] * 5


@pytest.mark.parametrize(
    "twins",
    [("café", "cafe\u0301"), ("good", "good\u200b"), ("bad", "bad\ufeff"), ("a", "\u00a0a "), ("é", "\u200ee\u0301")],
    ids=["decomposed", "zero width", "byte order mark", "blanks", "both"],
)
def test_what_looks_the_same_is_one_class(twins: tuple[str, str], tmp_path: Path) -> None:
    given = [twins[0], twins[1], "other"] * 5
    assert distinct(csv(tmp_path, given)) == distinct(jsonl(tmp_path, given)) == {twins[0], "other"}
    assert distinct((texts(15), given)) == {twins[0], "other"}


def test_folders_of_one_name_in_two_forms_are_one_class(tmp_path: Path) -> None:
    for part, name in (("train", "cafe\u0301"), ("test", "café")):
        (tmp_path / part / name).mkdir(parents=True)
        (tmp_path / part / name / "1.txt").write_text(f"{part} text")
    assert labels(tmp_path) == ["café", "café"]


def test_whole_and_fractional_spellings_of_a_class_meet_across_files(tmp_path: Path) -> None:
    train, test = csv(tmp_path, ["0", "1"] * 10, "train.csv"), csv(tmp_path, ["0.0", "1.0"] * 3, "test.csv")
    assert labels({"train": train, "test": test}) == [0, 1] * 13
    assert labels({"train": test, "test": train}) == [0, 1] * 13
    frame = pd.DataFrame({"text": texts(4), "label": [0.0, 1.0, None, 1.0]})
    assert labels({"train": train, "test": frame})[-4:] == [0, 1, None, 1]
    assert labels(test) == ["0.0", "1.0"] * 3


def test_numbers_and_their_texts_in_one_file_of_json_are_one_class(tmp_path: Path) -> None:
    assert labels(jsonl(tmp_path, [0, "0", 1, "1", 1.0])) == [0, 0, 1, 1, 1]
    assert labels(jsonl(tmp_path, [True, "true", False, "False"])) == [True, True, False, False]
    assert labels(jsonl(tmp_path, [0, "0", "red"])) == ["0", "0", "red"]
    assert labels(jsonl(tmp_path, [0.0, 1.0, float("nan")])) == [0, 1, None]


NUMBERS = {
    "decimal comma": ([f"{value:.2f}".replace(".", ",") for value in (1.5, 12.25, 7.6, *range(2, 30))], 12.25),
    "thousands": ([f"{1000 + n * 977:,}" for n in range(60)], 1977.0),
    "thousands and point": ([f"{1000 + n * 977:,}.5" for n in range(60)], 1977.5),
    "European": ([f"{1000 + n * 977:,}".replace(",", ".") + ",5" for n in range(60)], 1977.5),
    "apostrophes": ([f"{1000 + n * 977:,}".replace(",", "'") for n in range(60)], 1977.0),
    "narrow blanks": ([f"{1000 + n * 977:,}".replace(",", "\u202f") for n in range(60)], 1977.0),
    "per cent": ([f"{n + 0.5}%" for n in range(60)], 1.5),
    "euros behind": ([f"{n + 0.25} €" for n in range(60)], 1.25),
    "dollars before": ([f"${1000 + n * 977:,}.50" for n in range(60)], 1977.5),
    "kilograms": ([f"{n + 0.5} kg" for n in range(60)], 1.5),
    "minus sign of typography": ([f"\u2212{n + 0.5}" for n in range(60)], -1.5),
    "small exponents": ([f"{n + 0.5}e-05" for n in range(60)], 1.5e-05),
}  # fmt: skip


@pytest.mark.parametrize("kind", NUMBERS)
def test_measured_numbers_are_read_in_the_form_of_their_column(kind: str, tmp_path: Path) -> None:
    given, second = NUMBERS[kind]
    found = labels(csv(tmp_path, given))
    assert all(isinstance(value, float) for value in found)
    assert found[1] == pytest.approx(second)
    assert labels(csv(tmp_path, [*given, "", "NA", "nan"]))[-3:] == [None] * 3


def test_numbers_with_different_units_stay_texts(tmp_path: Path) -> None:
    given = [f"{n + 0.5} {'kg' if n % 2 else 'lb'}" for n in range(60)]
    assert labels(csv(tmp_path, given)) == given


def test_one_wrong_cell_among_measured_numbers_is_an_unreadable_row(tmp_path: Path) -> None:
    raw = open_raw(csv(tmp_path, [f"{n},5" for n in range(40)] + ["soon"]),
                   modality="auto", input=None, target=None)  # fmt: skip
    *_, last = raw.examples()
    assert isinstance(last["input"], DataError)
    assert "decimal comma" in last["input"].expected


def test_decimals_and_durations_of_parquet_are_numbers(tmp_path: Path) -> None:
    decimals = [Decimal(n) / 4 for n in range(20)]
    table = pa.table({"text": texts(20), "label": pa.array(decimals, pa.decimal128(10, 2)),
                      "time": pa.array([n * 1_500_000 for n in range(20)], pa.duration("us"))})  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    assert labels(tmp_path / "t.parquet") == [n / 4 for n in range(20)]
    assert labels(tmp_path / "t.parquet", "time") == [1.5 * n for n in range(20)]


def test_names_of_classes_in_a_schema_are_read_and_no_class_is_no_label(tmp_path: Path) -> None:
    one = {"names": ["no", "yes"], "_type": "ClassLabel"}
    facts = json.dumps({"info": {"features": {"label": one, "tags": {"feature": one, "_type": "List"}}}})
    rows = {"text": texts(4), "label": [0, 1, -1, 1], "tags": [[0], [1, 0], [], [1]]}
    pq.write_table(pa.table(rows).replace_schema_metadata({"huggingface": facts}), tmp_path / "t.parquet")
    assert labels(tmp_path / "t.parquet") == ["no", "yes", None, "yes"]
    assert labels(tmp_path / "t.parquet", "tags") == [["no"], ["no", "yes"], [], ["yes"]]


SEVERAL = {
    "bars": ["red|blue", "red", "blue|green", "green"],
    "semicolons": ["red;blue", "red", "blue; green", "green"],
    "JSON": ['["red", "blue"]', '["red"]', '["blue", "green"]', '["green"]'],
    "Python": ["['red', 'blue']", "['red']", "['green', 'blue']", "['green']"],
    "a set of Python": ["{'red', 'blue'}", "{'red'}", "{'green', 'blue'}", "{'green'}"],
    "NumPy": ["['red' 'blue']", "['red']", "['green' 'blue']", "['green']"],
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_labels_in_a_text_are_a_set(kind: str, tmp_path: Path) -> None:
    assert labels(csv(tmp_path, SEVERAL[kind] * 5)) == [["blue", "red"], ["red"], ["blue", "green"], ["green"]] * 5


def test_lists_of_labels_are_sets_and_an_empty_one_is_no_class_but_a_label(tmp_path: Path) -> None:
    given = [["red", "blue"], ["blue", "red"], ["red", "red"], []]
    assert labels(jsonl(tmp_path, given, "labels")) == [["blue", "red"], ["blue", "red"], ["red"], []]
    assert labels(jsonl(tmp_path, [[0.5, 0.25], [0.1, 0.9]])) == [[0.5, 0.25], [0.1, 0.9]]
    assert labels(csv(tmp_path, ["[]", "['a']", "['a', 'b']"])) == [[], ["a"], ["a", "b"]]


def test_one_column_a_label(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,toxic,rude,score\none,1,0,0.5\ntwo,0,0,1.5\nthree,1,1,2\nfour,,,\n")
    assert labels(tmp_path / "t.csv", "toxic,rude") == [["toxic"], [], ["toxic", "rude"], None]
    assert labels(tmp_path / "t.csv", "toxic,score") == [[1.0, 0.5], [0.0, 1.5], [1.0, 2.0], None]
    frame = pd.DataFrame({"text": ["one", "two"], "toxic": [True, False], "rude": [1, 1]})
    assert labels(frame, "toxic,rude") == [["toxic", "rude"], ["rude"]]


def test_texts_that_stand_for_nothing_are_missing_and_counted(tmp_path: Path) -> None:
    raw = open_raw(
        csv(tmp_path, ["a", "nan", "N/A", "b", "null", "none", ""]), modality="auto", input=None, target=None
    )
    assert [example.get("label") for example in raw.examples()] == ["a", None, None, "b", None, "none", None]
    assert raw.labels.warnings == ("labels that count as missing: 'nan' (1), 'N/A' (1), 'null' (1)",)


def test_labels_that_differ_in_capitals_are_told(tmp_path: Path) -> None:
    raw = open_raw(csv(tmp_path, ["Good", "good", "bad"] * 5), modality="auto", input=None, target=None)
    assert "'Good' and 'good'" in raw.labels.warnings[0]


def test_every_label_decides_and_not_the_first_ones(tmp_path: Path) -> None:
    given = ["1", "2"] * 2000 + ["1_0"]
    assert Counter(map(type, labels(csv(tmp_path, given)))) == {str: 4001}


@pytest.mark.parametrize(
    ("train", "new", "read"),
    [
        ([f"{n},{n % 7}5" for n in range(40)], ["12,5", "3"], [12.5, 3.0]),
        ([f"{n + 1},{100 + n}" for n in range(60)], ["1,234"], [1234.0]),
        ([f"{n}.{n % 7}5 kg" for n in range(40)], ["3.5 kg"], [3.5]),
        (["red|blue", "blue", "red", "blue|green", "green"] * 8, ["red", "blue"], [["red"], ["blue"]]),
        (["1.1", "1.10", "1.2", "2.0"] * 10, ["1", "2.0"], ["1", "2.0"]),
    ],
)
def test_labels_of_a_model_are_read_as_it_learned_them(
    tmp_path: Path, train: list[str], new: list[str], read: list[Any]
) -> None:
    def rows(labels: list[str]) -> list[list[str]]:
        return [[f"the weather of the day number {n}", label] for n, label in enumerate(labels)]

    store = prepare(table(tmp_path / "t.csv", ["text", "label"], rows(train)), tmp_path / "out", near="keep")
    learned = Learned.from_json(store.manifest["table"], needed=True, labelled=True)
    path = table(tmp_path / "new.csv", ["text", "label"], rows(new))
    asked = open_raw(path, modality="text", input=None, target=None, ask=Ask(learned=learned))
    assert [row["label"] for row in asked.examples()] == read


def test_a_number_of_another_form_than_the_model_learned_is_named(tmp_path: Path) -> None:
    learned = Learned(inputs=("text",), target="label", labelled=True, labels={"kind": "numbers", "decimal": ","})
    path = table(tmp_path / "new.csv", ["text", "label"], [["the weather today", "3.14"]])
    with pytest.raises(DataError, match=r"HS-D258.*'3.14', expected a number with a decimal comma"):
        prepare(path, tmp_path / "out", learned=learned)
