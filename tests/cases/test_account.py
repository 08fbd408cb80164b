"""What was taken of a source, and what was not, is said before anything is written, and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.cli import run
from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from tests.helpers.made import picture, table

TICKETS = [["my printer is broken again", "hardware"], ["the wifi does not work here", "network"],
           ["screen is black after start", "hardware"], ["cable of the router was lost", "network"],
           ["a mouse without a wheel", "hardware"], ["vpn asks for a password", "network"]]  # fmt: skip


def test_columns_without_usual_names_are_told_by_their_values(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["id", "ticket", "team"], [[n, *row] for n, row in enumerate(TICKETS)])
    found = taken(path)
    assert [(one.what, one.role) for one in found.used] == [("column ticket", "text"), ("column team", "label")]
    assert found.unused == ("column id",)


@pytest.mark.parametrize("columns", [("ticket", "team"), ("team", "ticket")])
def test_two_columns_of_which_one_is_text_just_work(tmp_path: Path, columns: tuple[str, str]) -> None:
    rows = [row if columns[0] == "ticket" else row[::-1] for row in TICKETS]
    store = prepare(table(tmp_path / "t.csv", list(columns), rows), tmp_path / "out")
    assert sorted({str(label) for split in store.splits for label in store.labels(split)}) == ["hardware", "network"]
    assert store.taken["unused"] == []


def test_two_columns_of_texts_are_refused_with_both_ways(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["asked", "said"], [[a, f"please look at it, number {n}"] for n, (a, _) in
                                                         enumerate(TICKETS)])  # fmt: skip
    with pytest.raises(DataError, match='input="asked" or said'):
        taken(path)


def test_a_group_is_a_column_that_is_used(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["text", "label", "who"], [[*row, n % 3] for n, row in enumerate(TICKETS)])
    assert "column who" in taken(path).unused
    assert "column who" not in taken(path, group="who").unused


def test_dry_run_says_all_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("hill/0.png", "hill/1.png", "sea/2.png"):
        picture(tmp_path / "photos" / name)
    (tmp_path / "photos" / "notes.pdf").write_bytes(b"%PDF")
    assert run(["prepare", str(tmp_path / "photos"), "--dry-run", "--json"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == ["took 3 data files as image, 2 class folders (hill, sea) as label; did not use notes.pdf"]
    assert json.loads(last)["unused"] == ["notes.pdf"]
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_the_account_is_printed_kept_and_told_by_finetune(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "t.csv", ["id", "ticket", "team"], [[n, *row] for n, row in enumerate(TICKETS * 4)])
    assert run(["prepare", str(path), "--out", str(tmp_path / "data"), "--near", "keep"]) == 0
    assert capsys.readouterr().out.startswith("took column ticket as text")
    assert run(["prepare", str(path), "--out", str(tmp_path / "data"), "--near", "keep", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1])["unused"] == ["column id"]
    words = ["finetune", str(tmp_path / "data"), "--from", "scratch", "--backbone", "linear", "--json"]
    assert run([*words, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("took column ticket as text")
    assert json.loads(told.out.splitlines()[-1])["unused"] == ["column id"]
    assert "not used" in (tmp_path / "run" / "report.html").read_text("utf-8")
