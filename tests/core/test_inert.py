"""Names and labels of strangers are shown by a terminal, not obeyed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.cli import run
from headstart.commands.common import terminal
from headstart.commands.common.write_rows import cell_text, row_file
from headstart.core import recipe as recipes
from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.core.formatting import escape
from headstart.core.inert import inert, markdown, one_line, quoted_formula, unquoted_formula
from headstart.core.recipe import Recipe
from headstart.data.sources.csv import Csv

EVIL = "a\x1b[2J\x1b]0;title\x07\x9b1m\u202egpj.exe"


def test_control_letters_become_their_numbers() -> None:
    assert inert("a\tb\nc é 中 \U0001f600") == "a\tb\nc é 中 \U0001f600"
    assert inert("\x1b[31m") == "\\u001b[31m"
    assert json.loads(inert(json.dumps({"name": EVIL}, ensure_ascii=False))) == {"name": EVIL}


def test_a_name_is_no_line_of_its_own() -> None:
    assert one_line("a\nwarning: b\x1b") == "a\\nwarning: b\\u001b"


def test_pages_show_control_letters_as_their_numbers() -> None:
    assert escape("<b>\x1b[2J\u202e") == "&lt;b&gt;\\u001b[2J\\u202e"


def test_markdown_is_shown_and_not_obeyed() -> None:
    shown = markdown("<img src=x onerror=y>\n# [a](javascript:b) `c` | http://d www.e *f* \u202e")
    said = r"&lt;img src=x onerror=y&gt; \# \[a\](javascript:b) \`c\` \| http&#58;//d www&#46;e \*f\* "
    assert shown == said + "\\u202e"


FORMULAS = [
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2-3",
    "@SUM(A1)",
    "\tx",
    "\r=x",
    "-",
    "\uff1dx",
    "'=x",
    "''@y",
    "+1",
    "-1",
    "-.5e3",
    "a",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_quoted_and_read_back(text: str) -> None:
    assert unquoted_formula(quoted_formula(text)) == text
    assert quoted_formula(text)[0] not in "=@\t\r\uff1d"


def test_numbers_and_words_are_not_quoted() -> None:
    for text in ("-1", "+1", "-0.5", "1e-3", "-.5e3", "", "a=b", "'s Gravenhage", "'-1"):
        assert quoted_formula(text) == text == unquoted_formula(text)


def test_csv_of_answers_is_quoted_unless_asked_and_reads_back(tmp_path: Path) -> None:
    rows = [
        {"=id": f"@{text}", "text": f"-{text}", "label": text, "score": -0.5} for text in FORMULAS if "\r" not in text
    ]
    with row_file(tmp_path / "quoted.csv") as file:
        file.add(rows)
    with row_file(tmp_path / "kept.csv", cell_text("keep")) as file:
        file.add(rows)
    quoted, kept = ([*csv.reader((tmp_path / name).read_text().split("\n"))] for name in ("quoted.csv", "kept.csv"))
    assert quoted[0][0] == "'=id"
    assert {row[3] for row in quoted[1:-1]} == {"-0.5"}
    assert not [cell for row in quoted for cell in row if cell[:1] in "=@\t\r\uff1d" and cell]
    assert kept[1][2] == FORMULAS[0]
    read = list(Csv(tmp_path / "quoted.csv", Access(), input="text", target="label").examples())
    assert [(str(row["label"]), row["input"]) for row in read] == [(row["label"], row["text"]) for row in rows]


def test_errors_are_inert() -> None:
    error = DataError(1, "odd", where=EVIL, found=EVIL, fix=EVIL)
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(error.line() + str(error))


def test_commands_are_inert(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for label in (EVIL, "b"):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for i in range(12):
            pixels = np.random.default_rng(i).integers(0, 255, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / f"{EVIL}{i}.png")
    (tmp_path / "photos" / "b" / f"{EVIL}.png").write_bytes(b"no picture")
    photos, out = str(tmp_path / "photos"), str(tmp_path / EVIL)
    for line in (
        ["prepare", photos, "--out", out], ["prepare", photos, "--out", out, "--skip-bad", "--near", "keep"],
        ["prepare", photos, "--out", out, "--skip-bad", "--json", "max_bad=.5"], ["show", out],
        ["finetune", photos, "--from", "scratch", "--out", f"{out}2", "--steps", "1"], ["predict", out, photos],
    ):  # fmt: skip
        run(line)
        told = capfd.readouterr()
        assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(told.out + told.err), line


def test_lines_of_progress_are_inert(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.tell("read \x1b[31mred.png", quiet=False)
    assert capsys.readouterr().err == "read \\u001b[31mred.png\n"


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.warn(["a\nerror: b", "c"], quiet=False)
    assert capsys.readouterr().err == "warning: a\\nerror: b\nwarning: c\n"


def test_recipes_show_control_letters_as_their_numbers(tmp_path: Path) -> None:
    asked = Recipe(verb="finetune", start="a\u202eb\x9b[31m")
    recipes.write(asked, tmp_path / "recipe.toml")
    assert "a\\u202eb\\u009b[31m" in (tmp_path / "recipe.toml").read_text("utf-8")
    assert recipes.read(tmp_path / "recipe.toml") == asked
