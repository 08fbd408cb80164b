"""Tables are read however spreadsheets and programs write them, and nothing vanishes in a cell."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.reading.open_raw import open_raw


def read(place: Path, text: str, name: str = "t.csv") -> list[tuple[Any, Any]]:
    (place / name).write_bytes(text.encode())
    raw = open_raw(place / name, modality="text", input=None, target=None)
    return [(example["input"], example.get("label")) for example in raw.examples()]


ROWS = [("one, two", "a"), ("three", "b")]
FORMS = {
    "semicolons with a comma in the header": '"text";"label, of all"\n"one, two";"a"\nthree;b\n',
    "sep line": "sep=;\r\ntext;label\r\none, two;a\r\nthree;b\r\n",
    "sep line of tabs": "sep=\t\ntext\tlabel\none, two\ta\nthree\tb\n",
    "trailing empty columns": 'text,label,,\n"one, two",a,,\nthree,b,,\n',
    "trailing commas below": 'text,label\n"one, two",a,\nthree,b,,\n',
    "unnamed columns": ',text,label,,x\n0,"one, two",a,,\n1,three,b,,\n',
    "index column": ',text,label\n0,"one, two",a\n1,three,b\n',
    "mac line ends": 'text,label\r"one, two",a\rthree,b\r',
    "byte order mark": '\ufeff"text","label"\r\n"one, two","a"\r\n"three","b"\r\n',
    "bars": "text|label\none, two|a\nthree|b\n",
    "tabs in a .csv": "text\tlabel\none, two\ta\nthree\tb\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same_rows(form: str, tmp_path: Path) -> None:
    text = FORMS[form].replace('"label, of all"', '"label"').replace('"text"', '"text"')
    assert read(tmp_path, text) == ROWS


def test_the_delimiter_is_what_divides_and_not_what_occurs_most(tmp_path: Path) -> None:
    text = '"remarks, free, long";label\n"one, two, three, four";"a"\n"three";"b"\n'
    (tmp_path / "t.csv").write_text(text)
    raw = open_raw(tmp_path / "t.csv", modality="text", input="remarks, free, long", target=None)
    assert [example["input"] for example in raw.examples()] == ["one, two, three, four", "three"]


QUOTES = {
    "a quote that never ends": ('text,label\n"one,a\ntwo,b\nthree,a\n', ['"one', "two", "three"]),
    "two of them": ('text,label\n"one,a\ntwo,b\nthree",a\n"four,b\nfive,a\n',
                    ['"one', "two", 'three"', '"four', "five"]),
    "a quoted word": ('text,label\n"one" two,a\nthree "four" five,b\n', ['"one" two', 'three "four" five']),
    "inches": ('text,label\n5" pipe,a\n6" pipe,b\n', ['5" pipe', '6" pipe']),
    "backslashes": ('text,label\n"she said \\"one, two\\" twice",a\n"\\"three\\"",b\n',
                    ['she said "one, two" twice', '"three"']),
    "doubled": ('text,label\n"she said ""one, two""",a\n"""three""",b\n', ['she said "one, two"', '"three"']),
    "lines": ('text,label\n"one\ntwo",a\n"three\n\nfour, ""five""\nsix",b\n',
              ["one\ntwo", 'three\n\nfour, "five"\nsix']),
    "a path": ('text,label\n"C:\\",a\ntwo,b\n', ["C:\\", "two"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", QUOTES)
def test_quotes_are_as_they_are_meant(kind: str, tmp_path: Path) -> None:
    text, expected = QUOTES[kind]
    assert [value for value, _ in read(tmp_path, text)] == expected


def test_a_lone_quote_swallows_no_row_of_a_long_table_and_is_told(tmp_path: Path) -> None:
    lines = [f"text number {n},{n % 2}" for n in range(5000)]
    lines[10] = '"' + lines[10]
    found = read(tmp_path, "\n".join(["text,label", *lines]))
    assert len(found) == 5000
    assert found[10][0] == '"text number 10'
    raw = open_raw(tmp_path / "t.csv", modality="text", input=None, target=None)
    assert [example["origin"] for example in raw.examples() if "repaired" in example] == ["t.csv:12"]


def test_a_cell_of_many_lines_stays_one(tmp_path: Path) -> None:
    cell = "\n".join(f"line {n}" for n in range(3000))
    assert read(tmp_path, f'text,label\n"{cell}",a\ntwo,b\n') == [(cell, "a"), ("two", "b")]


def test_origins_name_the_lines_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('sep=,\ntext,label\n"one,a\n"two\nmore",b\nthree,a\n')
    raw = open_raw(tmp_path / "t.csv", modality="text", input=None, target=None)
    origins = [example["origin"] for example in raw.examples()]
    assert origins == ["t.csv:3", "t.csv:5", "t.csv:6"]
    assert all(a < b for a, b in pairwise(origins))


def test_a_value_under_no_name_is_no_empty_column(tmp_path: Path) -> None:
    (_, _), (bad, _) = read(tmp_path, "text,label,\none,a,\ntwo,b,c\n")
    assert isinstance(bad, DataError)


LATE = [{"text": f"text {n}", **({"label": "ab"[n % 2], "split": "test"} if n > 150 else {})} for n in range(200)]


def test_a_key_of_json_lines_counts_wherever_it_first_stands(tmp_path: Path) -> None:
    import json

    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in LATE))
    rows = list(open_raw(tmp_path / "t.jsonl", modality="text", input=None, target=None).examples())
    assert [row.get("label") for row in rows] == [row.get("label") for row in LATE]
    assert [row.get("split") for row in rows] == [row.get("split") for row in LATE]


def test_names_of_files_that_are_not_there_are_no_input_beside_texts(tmp_path: Path) -> None:
    rows = [
        f"T-{i},please send the {word} again {i},{word},photo{i}.png"
        for i, word in enumerate(["bill", "parcel", "key"] * 9)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["Nr,Kundentext,Abteilung,Bild", *rows]))
    roles = open_raw(tmp_path / "t.csv", modality="auto", input=None, target=None).roles
    assert roles is not None
    assert (roles.inputs, roles.target, roles.unused) == (("Kundentext",), "Abteilung", ("Nr", "Bild"))
