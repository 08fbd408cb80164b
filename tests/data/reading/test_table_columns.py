"""Tables may hold lists of words with tags or roles; what is said of them survives until it is asked for."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headstart.core.errors import DataError
from headstart.data.modalities.text.words import surface
from headstart.data.prepare import prepare
from headstart.data.reading.open_raw import open_raw
from headstart.data.reading.table_rows import plain
from headstart.data.records import Words

ROWS: list[dict[str, Any]] = [
    {"tokens": ["John", "sleeps", "."], "ner_tags": ["B-PER", "O", "O"]},
    {"tokens": ["Yes"], "ner_tags": ["O"]},
]
FRAMES: list[dict[str, Any]] = [
    {"index": 3, "roleset": "run.02", "rel": [3], "args": [{"start": 2, "end": 3, "role": "ARG0", "head": 2}]},
    {"index": 1, "args": [{"start": 2, "end": 4, "role": "ARG1"}, {"start": 0, "end": 1, "role": "ARG0"}]},
]
LABEL = {"predicates": [
    {"index": 1, "args": [{"start": 0, "end": 1, "role": "ARG0"}, {"start": 2, "end": 4, "role": "ARG1"}]},
    {"index": 3, "args": [{"start": 2, "end": 3, "role": "ARG0"}]},
]}  # fmt: skip
SAW = ["She", "saw", "it", "run"]


def lines(place: Path, rows: list[dict[str, Any]]) -> Path:
    (place / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / "t.jsonl"


def array(place: Path, rows: list[dict[str, Any]]) -> Path:
    (place / "t.json").write_text(json.dumps(rows))
    return place / "t.json"


def parquet(place: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), place / "t.parquet")
    return place / "t.parquet"


def frame(place: Path, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def arrays(place: Path, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """As pandas reads it from Parquet: arrays in the cells, and arrays of objects in these."""
    return pd.read_parquet(parquet(place, rows))


tables = pytest.mark.parametrize("table", [lines, array, parquet, frame, arrays])


def read(given: Any, **options: str) -> list[tuple[Any, Any]]:
    raw = open_raw(given, modality="auto", input=options.get("input"), target=options.get("target"))
    assert raw.modality == "text"
    return [(example["input"], example.get("label")) for example in raw.examples()]


@tables
def test_tags_come_with_their_words(table: Any, tmp_path: Path) -> None:
    expected = [(Words(("John", "sleeps", ".")), ["B-PER", "O", "O"]), (Words(("Yes",)), ["O"])]
    assert read(table(tmp_path, ROWS)) == expected
    renamed = [{"id": n, "text": "?", "words": row["tokens"], "tags": row["ner_tags"]} for n, row in enumerate(ROWS)]
    assert read(table(tmp_path, renamed)) == expected
    other = [{"pieces": row["tokens"], "kinds": row["ner_tags"], "tags": row["ner_tags"]} for row in ROWS]
    assert read(table(tmp_path, other), input="pieces", target="tags") == expected


@tables
def test_tags_may_be_numbers(table: Any, tmp_path: Path) -> None:
    rows = [{"tokens": row["tokens"], "tags": list(range(len(row["tokens"])))} for row in ROWS]
    assert [label for _, label in read(table(tmp_path, rows))] == [["0", "1", "2"], ["0"]]


@tables
def test_roles_come_with_their_words(table: Any, tmp_path: Path) -> None:
    rows = [{"tokens": SAW, "predicates": FRAMES}, {"tokens": ["Yes"], "predicates": []}]
    assert read(table(tmp_path, rows)) == [
        (Words(tuple(SAW), (1, 3)), LABEL), (Words(("Yes",)), {"predicates": []})
    ]  # fmt: skip


@tables
def test_words_alone_have_no_label_and_a_label_may_be_of_the_whole(table: Any, tmp_path: Path) -> None:
    assert read(table(tmp_path, [{"tokens": SAW}])) == [(Words(tuple(SAW)), None)]
    assert read(table(tmp_path, [{"tokens": SAW, "label": "good"}])) == [(Words(tuple(SAW)), "good")]
    assert read(table(tmp_path, [{"tokens": SAW, "label": list("abcd")}])) == [(Words(tuple(SAW)), list("abcd"))]


def test_a_column_of_that_name_that_holds_text_is_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("tokens,label\nShe saw it,good\n")
    assert read(tmp_path / "t.csv") == [("She saw it", "good")]
    assert read(lines(tmp_path, [{"text": ["a title", "a text"], "labels": ["x", "y", "z"]}])) == [
        (["a title", "a text"], ["x", "y", "z"])
    ]


WRONG = {
    "tags too few": ({"tokens": SAW, "tags": ["O"]}, "HS-D267"),
    "no tags at all": ({"tokens": SAW, "tags": []}, "HS-D267"),
    "a missing tag": ({"tokens": SAW, "tags": ["O", "O", None, "O"]}, "HS-D268"),
    "a fraction as tag": ({"tokens": SAW, "tags": ["O", "O", 1.5, "O"]}, "HS-D268"),
    "a missing word": ({"tokens": ["She", None], "tags": ["O", "O"]}, "HS-D266"),
    "a number as words": ({"tokens": 3, "tags": ["O", "O"]}, "HS-D266"),
    "predicates that are tags": ({"tokens": SAW, "predicates": ["V"] * 4}, "HS-D263"),
    "a predicate without arguments": ({"tokens": SAW, "predicates": [{"index": 1}]}, "HS-D263"),
    "an index in words": ({"tokens": SAW, "predicates": [{"index": "1", "args": []}]}, "HS-D263"),
    "one word twice a predicate": ({"tokens": SAW, "predicates": [{"index": 1, "args": []}] * 2}, "HS-D263"),
    "a predicate behind the end": ({"tokens": SAW, "predicates": [{"index": 4, "args": []}]}, "HS-D264"),
    "a predicate before the begin": ({"tokens": SAW, "predicates": [{"index": -1, "args": []}]}, "HS-D264"),
    **{f"an argument from {a} to {b}": (
        {"tokens": SAW, "predicates": [{"index": 1, "args": [{"start": a, "end": b, "role": "A0"}]}]}, "HS-D264"
    ) for a, b in ((-1, 1), (0, 5), (2, 2), (3, 2), (4, 5))},
    "overlapping arguments": ({"tokens": SAW, "predicates": [{"index": 1, "args": [
        {"start": 2, "end": 4, "role": "A1"}, {"start": 0, "end": 3, "role": "A0"}]}]}, "HS-D265"),
    "an argument inside of another": ({"tokens": SAW, "predicates": [{"index": 1, "args": [
        {"start": 0, "end": 4, "role": "A1"}, {"start": 1, "end": 2, "role": "A0"}]}]}, "HS-D265"),
    "a role without a name": ({"tokens": SAW, "predicates": [{"index": 1, "args": [
        {"start": 0, "end": 1, "role": " "}]}]}, "HS-D263"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_row_that_contradicts_itself_is_unreadable_and_the_others_are_not(wrong: str, tmp_path: Path) -> None:
    row, code = WRONG[wrong]
    key = next(name for name in row if name != "tokens")
    sound = {"tokens": ["Yes"], key: ["O"] if key == "tags" else []}
    (one, _), (bad, label), (other, _) = read(lines(tmp_path, [sound, row, sound]))
    assert one == other == Words(("Yes",))
    assert isinstance(bad, DataError)
    assert (bad.code, bad.where, label) == (code, "t.jsonl:2", None)
    assert bad.found
    assert bad.fix


def test_labels_survive_the_store(tmp_path: Path) -> None:
    tagged = [{"tokens": [f"w{n}", "is", "here"], "tags": [f"B-{n % 3}", "O", "O"]} for n in range(40)]
    rolled = [{"tokens": [f"w{n}", *SAW[1:]], "predicates": FRAMES} for n in range(40)]
    for name, rows, expected in (("tags", tagged, [row["tags"] for row in tagged]), ("roles", rolled, [LABEL] * 40)):
        store = prepare(lines(tmp_path, rows), tmp_path / name, near="keep", settings={"vocab": 300})
        assert store.labels_of(np.arange(40)) == expected
        assert store.manifest["classes"] == {}
        same = ["every row has the same label: there is nothing to predict"]
        assert store.warnings == (same if name == "roles" else [])
        columns = store.take(np.arange(40))
        begins = columns["text.offsets"]
        texts = [bytes(columns["text"][a:b]).decode() for a, b in pairwise(begins)]
        assert [surface(text).text for text in texts] == [" ".join(row["tokens"]) for row in rows]
        assert {surface(text).marked for text in texts} == {(1, 3) if name == "roles" else ()}


def test_the_same_words_with_other_predicates_are_another_row(tmp_path: Path) -> None:
    rows = [{"tokens": SAW, "predicates": [frame]} for frame in FRAMES]
    assert prepare(lines(tmp_path, rows), tmp_path / "out", near="keep", settings={"vocab": 300}).manifest["kept"] == 2


def test_plain_unwraps_what_lies_inside() -> None:
    given = {"a": np.array([{"b": np.int64(1)}, {"b": None}], object), 2: (np.float32(0.5), "x")}
    assert plain(given) == {"a": [{"b": 1}, {"b": None}], "2": [0.5, "x"]}
