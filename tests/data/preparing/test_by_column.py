"""Tables that are prepared by columns are those that are prepared row by row, byte for byte."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headstart.core.contracts.blocks import Block
from headstart.core.errors import ContractError, HeadstartError
from headstart.data.modalities.table.by_column import RowsByColumn
from headstart.data.modalities.table.table import Table
from headstart.data.prepare import prepare
from headstart.data.preparing import kept_rows
from headstart.data.reading import column_blocks, csv_blocks

HEADER = "age,town,since,note,code,group,split,y"
ROWS = 240
NUMBERS = ("", "NA", "nan", "inf", "1e5", "+5", "1e400", " 7 ", "-0.0", ".5", "5.", "1_0", "x", "?", "0x1F", "1e-400")
TOWNS = ("Oslo", "Århus", "O'Brien", "", "null", "Bergen ", "é")
NOTES = ("a few words of text", "it's so", "it is '=1", "100% sure", "back\\slash", "tab\there", "\u2028 odd\x0b")


def cells(seed: int = 0, rows: int = ROWS) -> list[list[str]]:
    draws = np.random.default_rng(seed)
    made = []
    for row in range(rows):
        age = NUMBERS[row % len(NUMBERS)] if draws.random() < 0.1 else f"{draws.normal():.3f}"
        since = str(np.datetime64("2020-01-01") + int(draws.integers(0, 900))) if row % 9 else ""
        town, note = TOWNS[draws.integers(len(TOWNS))], NOTES[draws.integers(len(NOTES))] + f" and {row % 50}"
        parts = ["train", "test", "val"][int(draws.integers(3))]
        made.append([age, town, since, note, f"C-{row:05d}", f"g{row % 40}", parts, ("yes", "no")[row % 2]])
    return made


def written(rows: list[list[str]], *, mark: str = ",", end: str = "\n", header: str = HEADER) -> str:
    return end.join([header.replace(",", mark), *(mark.join(row) for row in rows)]) + end


def changed(**at: Callable[[list[str]], str]) -> str:
    """Lines of the usual table, some of which are written otherwise: row_7=..."""
    lines = written(cells()).splitlines(keepends=True)
    for name, change in at.items():
        number = int(name.partition("_")[2])
        lines[number] = change(lines[number].rstrip("\n").split(","))
    return "".join(lines)


def quoted(row: list[str]) -> str:
    return ",".join(f'"{cell}"' for cell in row) + "\n"


def without(*columns: str) -> str:
    names = HEADER.split(",")
    keep = [place for place, name in enumerate(names) if name not in columns]
    return written([[row[place] for place in keep] for row in cells()], header=",".join(names[p] for p in keep))


def measured() -> str:
    rows = [[*row[:-1], f"{number / 7:.4f}" if number % 11 else "NA"] for number, row in enumerate(cells())]
    return written(rows)


TABLES: dict[str, str | bytes] = {
    "plain": written(cells()),
    "no split": without("split"),
    "no end": written(cells()).rstrip("\n"),
    "Windows": written(cells(), end="\r\n"),
    "old Mac": changed(row_9=lambda row: ",".join(row) + "\r"),
    "empty lines": changed(row_9=lambda row: "\n\n" + ",".join(row) + "\n", row_200=lambda row: ",".join(row) + "\n\n"),
    "a BOM": "\ufeff" + written(cells()),
    "a BOM within": changed(row_30=lambda row: "\ufeff" + ",".join(row) + "\n"),
    "semicolons": written([[row[0].replace(".", ","), *row[1:]] for row in cells()], mark=";"),
    "tabs": written([[one.replace("\t", " ") for one in row] for row in cells()], mark="\t"),
    "a said mark": "sep=,\n" + written(cells()),
    "quotes": HEADER + "\n" + "".join(map(quoted, cells())),
    "some quotes": changed(row_3=quoted, row_40=quoted, row_239=quoted),
    "a comma in quotes": changed(row_50=lambda row: quoted([*row[:3], "one, two", *row[4:]])),
    "lines in quotes": changed(row_50=lambda row: quoted([*row[:3], "one\ntwo\n\nthree", *row[4:]])),
    "quotes in quotes": changed(row_50=lambda row: quoted([*row[:3], 'so ""called"" note', *row[4:]])),
    "a quote within": changed(row_50=lambda row: ",".join([*row[:3], 'five" tall', *row[4:]]) + "\n"),
    "a quote that never ends": changed(row_50=lambda row: ",".join([*row[:3], '"five tall', *row[4:]]) + "\n"),
    "an escaped quote": changed(row_50=lambda row: ",".join([*row[:3], '"a \\"quote\\" so"', *row[4:]]) + "\n"),
    "quoted formulas": changed(
        row_50=lambda row: ",".join([*row[:3], "'=1+1", *row[4:]]) + "\n",
        row_90=lambda row: ",".join([*row[:3], "''=1+1", *row[4:]]) + "\n",
        row_91=lambda row: ",".join(["'-5", *row[1:]]) + "\n",
    ),
    "empty cells behind": changed(row_50=lambda row: ",".join([*row, "", ""]) + "\n"),
    "a cell too many": changed(row_50=lambda row: ",".join([*row, "more"]) + "\n"),
    "a cell too few": changed(row_150=lambda row: ",".join(row[:-1]) + "\n"),
    "no labels": changed(
        row_50=lambda row: ",".join([*row[:-1], " "]) + "\n", row_60=lambda row: ",".join([*row[:-1], "NaN"]) + "\n"
    ),
    "numbers as labels": measured(),
    "an odd label": measured().replace("0.1429", "many"),
    "several labels": written(
        [[*row[:-1], "|".join(["red", "blue", "green"][: 1 + n % 3])] for n, row in enumerate(cells())]
    ),
    "copies": written([row for row in cells() for _ in range(1 + (row[0] == ""))] + cells()[:30]),
    "few different": written([["1", row[1], row[2], "a", "b", "c", row[6], row[7]] for row in cells()]),
    "odd names": without("split").replace("age,", "a%d 'ge,", 1),
    "packed": gzip.compress(written(cells()).encode()),
    "no UTF-8": written(cells()).encode().replace("Århus".encode(), b"\xc5rhus"),
}  # fmt: skip


def both(monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Any], tmp_path: Path) -> tuple[Any, Any]:
    """What is made by columns, and what row by row."""
    monkeypatch.setattr(csv_blocks, "_BLOCK", 700)
    one = _made(make, tmp_path / "by column")
    with monkeypatch.context() as patched:
        patched.setattr(kept_rows, "MOST_BYTES", 5_000)
        assert _made(make, tmp_path / "read again") == one
    monkeypatch.setattr(column_blocks, "suits", lambda roles: False)
    monkeypatch.setattr(csv_blocks, "_columns", lambda *asked: None)
    monkeypatch.setattr(Table, "by_column", None)
    return one, _made(make, tmp_path / "by row")


def _made(make: Callable[[Path], Any], out: Path) -> Any:
    try:
        make(out)
    except HeadstartError as error:
        return error.line()
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


SEVERAL: list[dict[str, Any]] = [{"skip_bad": True}, {"group": "group"}, {"time": "since"}]
CASES = [(name, {}) for name in TABLES] + [(name, one) for name in ("plain", "a cell too many") for one in SEVERAL]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_csv_file_is_prepared_alike_both_ways(
    name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = TABLES[name]
    path = tmp_path / ("t.tsv" if name == "tabs" else "t.csv.gz" if name == "packed" else "t.csv")
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    ways = both(monkeypatch, lambda out: prepare(path, out, target="y", modality="table", **options), tmp_path)
    assert ways[0] == ways[1]
    if not options and name in ("plain", "quotes", "lines in quotes", "semicolons", "packed"):
        assert "x.bin" in ways[0]


def test_several_files_are_prepared_alike_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {}
    for number, part in enumerate(("train", "test")):
        given[part] = tmp_path / f"{part}.csv"
        given[part].write_text(without("split") if number else without("split").replace("Oslo", "Moss"))
    ways = both(monkeypatch, lambda out: prepare(given, out, target="y", modality="table"), tmp_path)
    assert ways[0] == ways[1]
    assert "x.bin" in ways[0]


def test_only_blocks_with_odd_rows_are_read_row_by_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, read, rows = tmp_path / "t.csv", list[int](), list[int]()
    path.write_text(str(TABLES["a cell too many"]))
    whole, single = RowsByColumn.read_block, Table.read

    def block(self: RowsByColumn, given: Block) -> Any:
        read.append(len(given))
        return whole(self, given)

    def row(self: Table, *asked: Any) -> Any:
        rows.append(1)
        return single(self, *asked)

    monkeypatch.setattr(csv_blocks, "_BLOCK", 2000)
    monkeypatch.setattr(RowsByColumn, "read_block", block)
    monkeypatch.setattr(Table, "read", row)
    prepare(path, tmp_path / "out", target="y", skip_bad=True)
    assert sum(read) + len(rows) + 1 == ROWS  # one row is unreadable
    assert len(read) > 5
    assert 1 < len(rows) < 60


@pytest.mark.parametrize("options", [{}, {"group": "group"}], ids=str)
def test_a_parquet_file_is_prepared_alike_both_ways(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draws, rows = np.random.default_rng(0), range(ROWS)
    columns = {
        "age": pa.array([None if n % 17 == 0 else float(draws.normal()) for n in rows], pa.float64()),
        "count": pa.array([None if n % 19 == 0 else n * n % 97 for n in rows], pa.int64()),
        "large": pa.array([(1 << 60) + n * n for n in rows], pa.int64()),
        "odd": pa.array([(float("nan"), float("inf"), -0.0, 1e300, 0.1)[n % 5] for n in rows], pa.float64()),
        "narrow": pa.array([n / 3 for n in rows], pa.float32()),
        "sure": pa.array([n % 3 == 0 for n in rows]),
        "town": pa.array([(*TOWNS, None)[n % 8] for n in rows]),
        "day": pa.array(np.datetime64("2020-01-01") + np.arange(ROWS) % 300),
        "moment": pa.array([None if n % 13 == 0 else 1_600_000_000 + 86_399 * n for n in rows], pa.timestamp("s")),
        "group": pa.array([f"g{n % 40}" for n in rows]),
        "y": pa.array([None if n % 23 == 0 else n % 2 for n in rows], pa.int32()),
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=150)
    given = tmp_path / "t.parquet"
    ways = both(monkeypatch, lambda out: prepare(given, out, target="y", modality="table", **options), tmp_path)
    assert ways[0] == ways[1]
    assert "x.bin" in ways[0]


@pytest.mark.parametrize("kept", [True, False])
def test_a_row_that_changes_behind_the_reader_is_named_where_rows_are_read_again(
    kept: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, other = tmp_path / "t.csv", tmp_path / "same.csv"
    path.write_text(without("split"))
    other.write_text(without("split"))
    learn = Table._learn

    def edit(self: Table, *asked: Any) -> None:
        learn(self, *asked)
        path.write_text(path.read_text().replace("C-00123", "C-99999"))

    monkeypatch.setattr(csv_blocks, "_BLOCK", 700)
    monkeypatch.setattr(kept_rows, "MOST_BYTES", kept_rows.MOST_BYTES if kept else 5_000)
    whole = prepare(other, tmp_path / "whole", target="y")
    monkeypatch.setattr(Table, "_learn", edit)
    if kept:  # what was hashed is what is stored
        made = prepare(path, tmp_path / "out", target="y")
        assert (made.directory / "x.bin").read_bytes() == (whole.directory / "x.bin").read_bytes()
        return
    with pytest.raises(ContractError, match=r"HS-C157.*t\.csv:125"):
        prepare(path, tmp_path / "out", target="y")
