"""Every way in which texts are kept gives the same rows."""

from __future__ import annotations

import csv as tables
import gzip
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, HeadstartError
from headstart.data.inputs import examples_of
from headstart.data.modalities.text.cleaning import repaired
from headstart.data.modalities.text.text import Text
from headstart.data.modalities.text.words import SEGMENT
from headstart.data.reading.open_raw import open_raw

TEXTS, LABELS = ["a good film", 'he said "no', "schön, 好"], ["pos", "neg", "pos"]


def rows(given: Any, input: str | None = None, target: str | None = None) -> list[tuple[Any, ...]]:
    raw = open_raw(given, modality="auto", input=input, target=target)
    assert raw.modality == "text"
    return [(repaired(e["input"], e["origin"], Budget()), e.get("label"), e["origin"]) for e in raw.examples()]


def contents(given: Any, input: str | None = None, target: str | None = None) -> list[tuple[Any, ...]]:
    return [row[:2] for row in rows(given, input, target)]


def test_tables_of_every_kind_agree(tmp_path: Path) -> None:
    frame = pd.DataFrame({"review": TEXTS, "sentiment": LABELS})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.tsv", index=False, sep="\t", quoting=tables.QUOTE_NONE, quotechar=None)
    frame.to_parquet(tmp_path / "t.parquet")
    records = frame.to_dict("records")
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "t.jsonl").write_text(lines)
    (tmp_path / "t.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "t.json").write_text(json.dumps(records))
    expected = list(zip(TEXTS, LABELS, strict=True))
    for name in ("t.csv", "t.tsv", "t.parquet", "t.jsonl", "t.ndjson.gz", "t.json"):
        assert contents(tmp_path / name) == expected, name
    assert contents(frame) == expected
    assert [row[2] for row in rows(tmp_path / "t.csv")] == ["t.csv:2", "t.csv:3", "t.csv:4"]


def test_folders_and_archives_hold_a_document_a_file(tmp_path: Path) -> None:
    expected = []
    for label, text in (("neg", "bad\nfilm"), ("pos", "good")):
        (tmp_path / "all" / label).mkdir(parents=True)
        (tmp_path / "all" / label / "1.txt.gz").write_bytes(gzip.compress(text.encode()))
        expected.append((text, label, f"{label}/1.txt.gz"))
    (tmp_path / "all" / "README.txt").write_text("not data")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed, tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tape:
        for file in sorted((tmp_path / "all").rglob("*.gz")):
            name = file.relative_to(tmp_path / "all").as_posix()
            packed.write(file, name)
            tape.add(file, name)
    for name in ("all", "a.zip", "a.tar.gz"):
        assert rows(tmp_path / name) == expected, name


def test_a_text_file_holds_a_document_a_line_or_a_paragraph(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("one\n\n \ntwo\r\n")
    assert rows(tmp_path / "lines.txt") == [("one", None, "lines.txt:1"), ("two", None, "lines.txt:4")]
    (tmp_path / "book.txt.gz").write_bytes(gzip.compress(b"TITLE\n\n\nCall me\nIshmael.\n\nSome years\nago\n"))
    assert rows(tmp_path / "book.txt.gz") == [
        ("TITLE", None, "book.txt.gz:1"), ("Call me Ishmael.", None, "book.txt.gz:4"),
        ("Some years ago", None, "book.txt.gz:7"),
    ]  # fmt: skip


def test_title_and_text_belong_together(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("label,title,description\n1,News,It rains.\n2,,Alone\n")
    expected = [(f"News{SEGMENT}It rains.", 1), ("Alone", 2)]
    assert contents(tmp_path / "t.csv") == expected
    assert contents(tmp_path / "t.csv", input="title,description") == expected
    assert contents(tmp_path / "t.csv", input="2,3", target="1") == expected
    assert contents(tmp_path / "t.csv", input="description") == [("It rains.", 1), ("Alone", 2)]


def test_tables_without_a_header_are_read_by_number(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('"lone quote\t0\nsecond\t1\n')
    assert contents(tmp_path / "t.tsv", "1", "2") == [('"lone quote', 0), ("second", 1)]
    (tmp_path / "u.csv").write_text("first,pos\nsecond,neg\nthird,pos\n")
    assert len(contents(tmp_path / "u.csv", "1", "2")) == 3
    (tmp_path / "v.csv").write_text("text,label\nfirst,pos\nsecond,neg\n")
    assert len(contents(tmp_path / "v.csv", "1", "2")) == 2
    assert len(contents(tmp_path / "v.csv", "1")) == 2


def test_long_cells_are_read_and_the_limit_is_put_back(tmp_path: Path) -> None:
    before = tables.field_size_limit()
    (tmp_path / "t.csv").write_text(f"text\n{'long ' * 60_000}\n")
    assert len(rows(tmp_path / "t.csv")[0][0]) == 299_999
    assert tables.field_size_limit() == before


def test_a_broken_json_line_is_an_unreadable_row(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a"}\n{"text": \n[1]\n{"other": 1}\n')
    raw = open_raw(tmp_path / "t.jsonl", modality="auto", input=None, target=None)
    assert [isinstance(e["input"], DataError) for e in raw.examples()] == [False, True, True, True]


@pytest.mark.parametrize(
    "given",
    [TEXTS, np.array(TEXTS), np.array(TEXTS, object), pd.Series(TEXTS)],
    ids=["list", "array", "objects", "series"],
)
def test_texts_in_memory_are_rows(given: Any) -> None:
    assert contents(given) == [(text, None) for text in TEXTS]


def test_texts_come_with_labels(tmp_path: Path) -> None:
    expected = list(zip(TEXTS, LABELS, strict=True))
    assert contents((TEXTS, LABELS)) == expected
    assert contents((np.array(TEXTS), np.array(LABELS))) == expected
    assert contents({"train": (TEXTS, LABELS), "test": (TEXTS[:1], LABELS[:1])}) == [*expected, expected[0]]


def test_strings_in_a_list_are_texts_unless_all_of_them_name_files(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("there\n")
    raw = open_raw([str(tmp_path / "t.txt"), "a text"], modality="auto", input=None, target=None)
    assert [row["input"] for row in raw.examples()] == [str(tmp_path / "t.txt"), "a text"]
    with pytest.raises(HeadstartError, match="HS-U342"):
        open_raw(["a missing.csv", "other.csv"], modality="auto", input=None, target=None)


def test_a_model_of_text_is_given_texts_or_files(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("there\n")
    assert [e["input"] for e in examples_of("some text", modality=Text())] == ["some text"]
    assert [e["input"] for e in examples_of(["some", "text"], modality=Text())] == ["some", "text"]
    assert [e["input"] for e in examples_of(str(tmp_path / "t.txt"), modality=Text())] == ["there"]
    with pytest.raises(HeadstartError, match="no such file"):
        list(examples_of("missing.csv", modality=Text()))
