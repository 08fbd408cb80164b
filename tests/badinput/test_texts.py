"""Bad text data: each case gives one line that says what, where and how to put it right."""

# ruff: noqa: E501 (a golden message stays on one line)

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, HeadstartError
from headstart.data.modalities.text.cleaning import repaired
from headstart.data.reading.open_raw import open_raw
from tests.helpers.tiers import one_each


def file(name: str, data: bytes | str, **options: str) -> tuple[Callable[[Path], object], Mapping[str, str]]:
    def make(place: Path) -> object:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return place / name.partition("/")[0]

    return make, options


def given(value: object, **options: str) -> tuple[Callable[[Path], object], Mapping[str, str]]:
    return lambda place: value, options


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/1.txt", data)
    return packed.getvalue()


CASES = {
    "UTF-16 file": (
        file("t.txt", "text".encode("utf-16-le")),
        r"error[HS-D251]: t.txt: the file is not UTF-8 text: found b't\x00e\x00' at byte 0, which looks like UTF-16LE. "
        "fix: convert it: iconv -f UTF-16LE -t UTF-8",
    ),
    "UTF-16 table with a mark": (
        file("t.csv", "text\na\n".encode("utf-16")),
        r"error[HS-D251]: t.csv: the file is not UTF-8 text: found b'\xff\xfet\x00' at byte 0, which looks like UTF-16. "
        "fix: convert it: iconv -f UTF-16 -t UTF-8",
    ),
    "Latin-1 file": (
        file("t.txt", "one\nKäse\n".encode("latin-1")),
        r"error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\xe4se\n' at byte 5, which looks like LATIN1. "
        "fix: convert it: iconv -f LATIN1 -t UTF-8",
    ),
    "Windows quotes in a document": (
        file("in/a/1.txt", "a “b”".encode("cp1252")),
        r"error[HS-D251]: a/1.txt: the file is not UTF-8 text: found b'\x93b\x94' at byte 2, which looks like WINDOWS-1252. "
        "fix: convert it: iconv -f WINDOWS-1252 -t UTF-8",
    ),
    "Latin-1 in an archive": (
        file("t.zip", zipped("Käse".encode("latin-1"))),
        r"error[HS-D251]: a/1.txt: the file is not UTF-8 text: found b'\xe4se' at byte 1, which looks like LATIN1. "
        "fix: convert it: iconv -f LATIN1 -t UTF-8",
    ),
    "empty file": (
        file("t.txt", ""),
        "error[HS-D223]: t.txt: no document in the file: found only empty lines. fix: give a file with one document per line",
    ),
    "empty document": (
        file("in/a/1.txt", " \n"),
        "error[HS-D291]: a/1.txt: the text is empty. fix: fill it in, or prepare with --skip-bad",
    ),
    "empty cell": (
        file("t.csv", "text,label\na,1\n,2\n"),
        "error[HS-D291]: t.csv:3: the text is empty. fix: fill it in, or prepare with --skip-bad",
    ),
    "empty cell of a frame": (
        given(pd.DataFrame({"text": ["a", None]})),
        "error[HS-D291]: row 1: the text is empty. fix: fill it in, or prepare with --skip-bad",
    ),
    "missing column": (
        file("t.csv", "text,label\na,1\n", input="txt"),
        "error[HS-D212]: t.csv: no column 'txt': found columns text, label. fix: for --input: did you mean 'text'?",
    ),
    "one of two columns missing": (
        file("t.csv", "title,body\na,b\n", input="title,bdy"),
        "error[HS-D212]: t.csv: no column 'bdy': found columns title, body. fix: for --input: did you mean 'body'?",
    ),
    "no usual column": (
        file("t.jsonl", '{"a": 1}\n'),
        "error[HS-D211]: t.jsonl: cannot tell which column is the input: found columns a. fix: pass --input COLUMN",
    ),
    "header twice": (
        file("t.csv", "text,text\na,b\n"),
        "error[HS-D254]: t.csv: two columns have the same name: found 'text'",
    ),
    "zero bytes": (
        file("in/a/1.txt", b"ab\0\0\0cd"),
        "error[HS-D294]: a/1.txt: the file is binary, not text: found 3 zero bytes of 7. fix: leave it out",
    ),
    "broken gzip": (
        file("t.txt.gz", gzip.compress(b"some text\n" * 900)[:-20]),
        "error[HS-D252]: t.txt.gz: the file cannot be read: found Compressed file ended before the end-of-stream marker was reached. "
        "fix: fetch the file again",
    ),
    "broken gzip in a folder": (
        file("in/a/1.txt.gz", gzip.compress(b"some text\n" * 900)[:-20]),
        "error[HS-D252]: a/1.txt.gz: the file cannot be read: found Compressed file ended before the end-of-stream marker was reached. "
        "fix: fetch the file again",
    ),
    "broken JSON line": (
        file("t.jsonl", '{"text": "a"}\n{"text": \n'),
        "error[HS-D282]: t.jsonl:2: this is not JSON: found Expecting value, column 10. "
        "fix: correct the line, or prepare with --skip-bad",
    ),
    "a JSON line that is no object": (
        file("t.jsonl", '{"text": "a"}\n["b"]\n'),
        "error[HS-D285]: t.jsonl:2: the row is not an object: found a list, expected {...}. fix: correct the line, or prepare with --skip-bad",
    ),
    "a JSON row without its text": (
        file("t.jsonl", '{"text": "a"}\n{"label": "b"}\n'),
        "error[HS-D283]: t.jsonl:2: the row has no input: found keys label, expected text. fix: correct the line, or prepare with --skip-bad",
    ),
    "no JSON list": (
        file("t.json", '{"text": "a"}'),
        "error[HS-D284]: t.json: the JSON file is not a table: found an object, expected a list of objects",
    ),
    "empty JSON lines": (
        file("t.jsonl", ""),
        "error[HS-D281]: t.jsonl: no row in the file: expected one object per line",
    ),
    "numbers as text": (
        given(pd.DataFrame({"text": [1.5, 2.5]})),
        "error[HS-D292]: row 0: no text: found float 1.5, expected a str, UTF-8 bytes or a file. "
        "fix: ",
    ),
    "too many cells": (
        file("t.csv", "text,label\na, b,1\n"),
        "error[HS-D255]: t.csv:2: the row does not fit the table: found 3 cells, expected 2 as in the header. "
        "fix: quote cells that hold the delimiter, or prepare with --skip-bad",
    ),
    "texts and labels of different number": (
        given((["one text", "another"], ["a"])),
        "error[HS-D244]: array: inputs and labels differ in number: found 2 rows and 1 labels",
    ),
}  # fmt: skip


def read(source: object, *, input: str | None = None, target: str | None = None) -> None:
    for example in open_raw(source, modality="text", input=input, target=target).examples():
        if isinstance(example["input"], DataError):
            raise example["input"]
        repaired(example["input"], example["origin"], Budget())


@pytest.mark.parametrize("case", one_each(CASES, lambda case: [CASES[case][1].partition(":")[0]]))
def test_bad_texts_are_named_in_one_line(case: str, tmp_path: Path) -> None:
    (make, options), line = CASES[case]
    source = make(tmp_path)
    with pytest.raises(HeadstartError) as caught:
        read(source, **options)
    message = caught.value.line()
    assert "\n" not in message
    assert message.startswith(line)
    assert caught.value.exit_code == 65
