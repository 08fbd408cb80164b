"""Bad tables: CSV, Parquet and frames, their columns and labels."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headstart.data.prepare import prepare
from tests.helpers.badinput.case import Build, Case, nothing, one
from tests.helpers.sentences import sentences
from tests.helpers.sheets import workbook

CSV, PARQUET = "prepare t.csv --out out --quiet", "prepare t.parquet --out out --quiet"
TEXTS = sentences(60)[0]


def rows(*labels: str) -> Build:
    """A table of so many texts with these labels."""
    return one(
        "t.csv", "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in zip(TEXTS, labels, strict=False))
    )


def parquet(**columns: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["text", "text"]), file)
    return file.getvalue()


def damaged() -> bytes:
    """Sound at both ends, zeros in the middle of its page."""
    whole = parquet(text=TEXTS, label=["a", "b"] * 30)
    return whole[:200] + bytes(400) + whole[600:]


def frame(columns: dict[Any, Any], **options: Any) -> Callable[[Path], object]:
    def call(place: Path) -> object:
        import pandas as pd

        return prepare(pd.DataFrame(columns), place / "out", **options)

    return call


MEASURED = [f"{n}.5" for n in range(29)]

CASES = [
    Case("empty table", one("t.csv", ""), CSV, 'error[HS-D253]: t.csv: the table is empty: expected a header line', 65, "csv"),
    Case("table of a header", one("t.csv", "text,label\n"), CSV, 'error[HS-D331]: t.csv: the source has no rows. fix: give a source with at least one row', 65, "csv"),
    Case("cell too many", one("t.csv", "text,label\none,a\ntwo,three,b\n"), CSV, 'error[HS-D255]: t.csv:3: the row does not fit the table: found 3 cells, expected 2 as in the header. fix: quote cells that hold the delimiter, or prepare with --skip-bad', 65, "csv"),
    Case("cell too few", one("t.csv", "text,label\none,a\ntwo\n"), CSV, 'error[HS-D255]: t.csv:3: the row does not fit the table: found 1 cells, expected 2 as in the header. fix: quote cells that hold the delimiter, or prepare with --skip-bad', 65, "csv"),
    Case("two columns of one name", one("t.csv", "text,label,label\none,a,b\n"), CSV, "error[HS-D254]: t.csv: two columns have the same name: found 'label'. fix: rename one of them", 65, "csv"),
    Case("empty cell of text", one("t.csv", "text,label\none,a\n ,b\n"), CSV, 'error[HS-D291]: t.csv:3: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "csv"),
    Case("no usual column", one("t.csv", "foo,bar\n1,2\n"), CSV, 'error[HS-D211]: t.csv: cannot tell which column is the input: found columns foo, bar. fix: pass --input COLUMN', 65, "csv"),
    Case("mistyped input column", one("t.csv", "text,label\none,a\n"), f"{CSV} --input tetx", "error[HS-D212]: t.csv: no column 'tetx': found columns text, label. fix: for --input: did you mean 'text'?", 65, "csv"),
    Case("mistyped target column", one("t.csv", "text,label\none,a\n"), f"{CSV} --target labels", "error[HS-D212]: t.csv: no column 'labels': found columns text, label. fix: for --target: did you mean 'label'?", 65, "csv"),
    Case("column 5 of 2", one("t.csv", "text,label\none,a\n"), f"{CSV} --target 5", "error[HS-D212]: t.csv: no column '5': found columns text, label. fix: for --target: choose one of label, text", 65, "csv"),
    Case("input that is the target", one("t.csv", "text,label\none,a\ntwo,b\n"), f"{CSV} --input text --target text", "error[HS-D213]: t.csv: the input and the target are one column: found 'text'. fix: name the column that holds what is to be predicted", 65, "csv"),
    Case("target among the inputs", one("t.csv", "text,label\none,a\ntwo,b\n"), f"{CSV} --input text,label --target label", "error[HS-D213]: t.csv: the input and the target are one column: found 'label'. fix: name the column that holds what is to be predicted", 65, "csv"),
    Case("date in a column of numbers", rows(*MEASURED, "2021-01-01"), CSV, "error[HS-D258]: t.csv:31: the label is not a number: found '2021-01-01', expected a number. fix: correct or empty the cell, or prepare with --skip-bad", 65, "csv"),
    Case("unit in a column of numbers", rows(*MEASURED[:20], "7.5 kg", *MEASURED[20:]), CSV, "error[HS-D258]: t.csv:22: the label is not a number: found '7.5 kg', expected a number. fix: correct or empty the cell, or prepare with --skip-bad", 65, "csv"),
    Case("one label where several are asked for", one("t.csv", "text,a,b\n" + "".join(f"word number {n},{'xy'[n % 2]},{n * n}.5\n" for n in range(40))), "finetune t.csv --target a --task multitask --from scratch --out out --quiet", 'error[HS-D926]: a row needs its labels by name: found y. fix: name several columns with --target a,b, or write objects: {"a": 1.5, "b": "new"}', 65, "csv"),
    Case("settings of no target", one("t.csv", "text,a,b\n" + "".join(f"word number {n},{'xy'[n % 2]},{n * n}.5\n" for n in range(40))), "finetune t.csv --target a,b --from scratch --out out --quiet 'task.tasks={c={kind=\"regress\"}}'", "error[HS-U927]: task.tasks: no train row has a label of this target: found c. fix: choose one of a, b", 2, "csv"),
    Case("settings that are no tables", one("t.csv", "text,a,b\n" + "".join(f"word number {n},{'xy'[n % 2]},{n * n}.5\n" for n in range(40))), "finetune t.csv --target a,b --from scratch --out out --quiet task.tasks=regress", "error[HS-R104]: task.tasks: setting has the wrong type or value: found 'regress', expected a valid dictionary. fix: see `headstart show task multitask`", 78, "csv"),
    Case("boxes as one of several targets", one("t.csv", "text,a,b\n" + "".join(f"word number {n},{'xy'[n % 2]},{n * n}.5\n" for n in range(40))), "finetune t.csv --target a,b --from scratch --out out --quiet 'task.tasks={a={kind=\"detect\"}}'", "error[HS-R929]: task.tasks.a: this task says more than one thing of a row: found detect, expected classify or regress", 78, "csv"),
    Case("spans in a picture's name", one("t.jsonl", '{"image": {"bytes": null, "path": null}, "label": [[0, 2, "PER"]]}\n'), "prepare t.jsonl --modality text --out out", "error[HS-D240]: t.jsonl:1: spans need the text itself: found NoneType, expected a text. fix: correct the row, or prepare with --skip-bad", 65, "jsonl"),
    Case("span behind the text", one("t.jsonl", '{"text": "Anna ran", "label": [[0, 40, "PER"]]}\n'), "prepare t.jsonl --out out", "error[HS-D248]: t.jsonl:1: a span lies outside its text: found PER from 0 to 40, expected 0 <= start < end <= 8. fix: correct the row, or prepare with --skip-bad", 65, "jsonl"),
    Case("overlapping spans of letters", one("t.jsonl", '{"text": "Anna ran", "label": [[0, 4, "PER"], [2, 8, "ACT"]]}\n'), "prepare t.jsonl --out out", "error[HS-D249]: t.jsonl:1: two spans overlap: found PER from 0 to 4 and ACT from 2 to 8. fix: keep one of them, or prepare with --skip-bad", 65, "jsonl"),
    Case("a word among spans", one("t.jsonl", '{"text": "Bo", "label": "none of them"}\n{"text": "Anna ran", "label": [[0, 4, "PER"]]}\n'), "prepare t.jsonl --out out", "error[HS-D269]: t.jsonl:1: this is no list of spans: found str none of them, expected [[0, 4, \"PER\"]]. fix: correct the row, or prepare with --skip-bad", 65, "jsonl"),
    Case("quote that never ends", one("t.csv", 'text,label\n"one\ntwo,b\n'), CSV, 'error[HS-D255]: t.csv:3: the row does not fit the table: found 1 cells, expected 2 as in the header. fix: quote cells that hold the delimiter, or prepare with --skip-bad', 65, "csv"),
    Case("Latin-1 table", one("t.csv", "text,label\nKäse,a\n".encode("latin-1")), CSV, "error[HS-D251]: t.csv: the file is not UTF-8 text: found b'\\xe4se,' at byte 12, which looks like LATIN1. fix: convert it: iconv -f LATIN1 -t UTF-8", 65, "csv"),
    Case("UTF-16 table", one("t.csv", "text,label\none,a\n".encode("utf-16-le")), CSV, "error[HS-D251]: t.csv: the file is not UTF-8 text: found b't\\x00e\\x00' at byte 0, which looks like UTF-16LE. fix: convert it: iconv -f UTF-16LE -t UTF-8", 65, "csv"),
    Case("table of files that are not there", one("t.csv", "file,label\na.png,x\nb.png,y\n"), CSV, 'error[HS-D202]: a.png: no such file. fix: correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad', 65, "csv image"),
    Case("files named by whole texts", one("t.csv", "file,label\n" + "word " * 2000 + ",x\n"), f"{CSV} --modality image", 'error[HS-D202]: word word word word word word word word word word word word word word word word word word word word word word word word ...: no such file. fix: correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad', 65, "csv image"),
    Case("zero byte in a file name", one("t.csv", "file,label\na\0.png,x\n"), f"{CSV} --modality image", 'error[HS-D202]: a\\x00.png: no such file. fix: correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad', 65, "csv image"),
    Case("unknown group", one("t.csv", "text,patient\none,1\ntwo,2\n"), f"{CSV} --group patent", "error[HS-D212]: no column 'patent': found columns patient. fix: did you mean 'patient'?", 65, "csv"),
    Case("dates of two ways", one("t.csv", "text,day\none,01/02/2020\ntwo,03/01/2020\n"), f"{CSV} --time day", "error[HS-D343]: column day: the dates can be read in two ways: found '01/02/2020' and 1 others. fix: say which: prepare --time-format day-first or prepare --time-format month-first", 65, "csv"),
    Case("a word for a time", one("t.csv", "text,day\none,2020-01-01\ntwo,soon\n"), f"{CSV} --time day", "error[HS-D344]: t.csv:3, column day: this is no time that can be read: found 'soon'. fix: correct the row, or say how all are written: prepare --time-format \"%d.%m.%Y %H:%M\"", 65, "csv"),
    Case("row without a time", one("t.csv", "text,day\none,2020-01-01\ntwo,\n"), f"{CSV} --time day", 'error[HS-D341]: t.csv:3, column day: a row has no time. fix: fill it in or remove the row', 65, "csv"),
    Case("group and time", one("t.csv", "text,day\none,1\ntwo,2\n"), f"{CSV} --time day --group day", 'error[HS-U316]: rows are split by group or by time, not both: found both. fix: choose one of them', 2, "csv"),
    Case("no workbook", one("t.xlsx", "PK and no more"), "prepare t.xlsx --out out --quiet", "error[HS-D541]: t.xlsx: not a readable workbook: found File is not a zip file. fix: save the sheet as .csv", 65, "excel"),
    Case("half a workbook", one("t.xlsx", workbook({"a": [["text"], *[[text] for text in TEXTS]]})[:900]), "prepare t.xlsx --out out --quiet", "error[HS-D541]: t.xlsx: not a readable workbook: found File is not a zip file. fix: save the sheet as .csv", 65, "excel"),
    Case("workbook without a row", one("t.xlsx", workbook({"a": [], "b": []})), "prepare t.xlsx --out out --quiet", "error[HS-D253]: t.xlsx: the table is empty: expected a header line", 65, "excel"),
    Case("row of a workbook with a cell too many", one("t.xlsx", workbook({"a": [["text"], *[[text] for text in TEXTS], ["a text", "more"]]})), "prepare t.xlsx --out out --quiet", "error[HS-D255]: t.xlsx:62: the row does not fit the table: found 2 cells, expected 1 as in the header. fix: give every column a name in the first row, or prepare with --skip-bad", 65, "excel"),
    Case("workbook with two columns of one name", one("t.xlsx", workbook({"a": [["text", "text"], ["a", "b"]]})), "prepare t.xlsx --out out --quiet", "error[HS-D254]: t.xlsx: two columns have the same name: found 'text'. fix: rename one of them", 65, "excel"),
    Case("no Parquet", one("t.parquet", "PAR1 and no more"), PARQUET, 'error[HS-D261]: t.parquet: not a readable Parquet file: found Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file. fix: fetch or write the file again', 65, "parquet"),
    Case("empty Parquet file", one("t.parquet", ""), PARQUET, 'error[HS-D261]: t.parquet: not a readable Parquet file: found Parquet file size is 0 bytes. fix: fetch or write the file again', 65, "parquet"),
    Case("half a Parquet file", one("t.parquet", parquet(text=TEXTS)[:400]), PARQUET, 'error[HS-D261]: t.parquet: not a readable Parquet file: found Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file. fix: fetch or write the file again', 65, "parquet"),
    Case("Parquet with a damaged page", one("t.parquet", damaged()), PARQUET, 'error[HS-D262]: t.parquet: the Parquet file is broken: found Corrupt snappy compressed data. fix: fetch or write the file again', 65, "parquet"),
    Case("Parquet with two columns of one name", one("t.parquet", twice()), PARQUET, "error[HS-D254]: t.parquet: two columns have the same name: found 'text'. fix: rename one of them", 65, "parquet"),
    Case("Parquet without a usual column", one("t.parquet", parquet(foo=[1], bar=[2])), PARQUET, 'error[HS-D211]: t.parquet: cannot tell which column is the input: found columns foo, bar. fix: pass --input COLUMN', 65, "parquet"),
    Case("Parquet without rows", one("t.parquet", parquet(text=pa.array([], pa.string()))), f"{PARQUET} --modality text", 'error[HS-D331]: the source has no rows. fix: give a source with at least one row', 65, "parquet"),
    Case("null in Parquet", one("t.parquet", parquet(text=["one", None])), PARQUET, 'error[HS-D291]: t.parquet#1: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "parquet"),
    Case("numbers as text in Parquet", one("t.parquet", parquet(text=[1.5, 2.5])), f"{PARQUET} --modality text", 'error[HS-D292]: t.parquet#0: no text: found float 1.5, expected a str, UTF-8 bytes or a file. fix: pass --input with the text column', 65, "parquet"),
    Case("frame without a usual column", nothing, frame({"foo": ["one"], 3: ["two"]}), 'error[HS-D211]: the DataFrame: cannot tell which column is the input: found columns foo, 3. fix: pass --input foo or 3, or several with commas', 65, "frame"),
    Case("frame with an empty cell", nothing, frame({"text": ["one two", None]}), 'error[HS-D291]: row 1: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "frame"),
    Case("frame of dates", nothing, frame({"text": ["one two", datetime.date(2000, 1, 1)]}), 'error[HS-D292]: row 1: no text: found date datetime.date(2000, 1, 1), expected a str, UTF-8 bytes or a file. fix: pass --input with the text column', 65, "frame"),
    Case("frame of ragged lists", nothing, frame({"image": [[[1, 2], [3]]]}, modality="image"), 'error[HS-D109]: row 0: an array of this shape is no image: found rows of differing length, expected [height, width], [height, width, channels] or [channels, height, width]', 65, "frame image"),
    Case("frame without rows", nothing, frame({"text": []}, modality="text"), 'error[HS-D331]: the source has no rows. fix: give a source with at least one row', 65, "frame"),
    Case("mistyped column of a frame", nothing, frame({"text": ["one two"]}, target="labl"), "error[HS-D212]: the DataFrame: no column 'labl': found columns text. fix: for --target: choose one of text", 65, "frame"),
]  # fmt: skip
