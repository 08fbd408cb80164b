"""Reports as data, and as files."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import StorageError
from headstart.report import blocks


def test_every_block_becomes_plain_json_with_its_kind(report_of: Callable, every_block: Callable) -> None:
    content = every_block("name")
    text = json.dumps(report_of(*content).to_json(), allow_nan=False)
    kinds = [block["kind"] for block in json.loads(text)["sections"][0]["blocks"]]
    assert kinds == [type(block).__name__.lower() for block in content]
    assert set(kinds) == {each.__name__.lower() for each in blocks.Block.__args__}


def test_json_has_pictures_as_sizes_and_missing_numbers_as_null(report_of: Callable, square: Image.Image) -> None:
    chart = blocks.Chart("loss", "step", "loss", [blocks.Series("a", np.arange(2), np.array([np.nan, 0.5]))])
    plain = report_of(blocks.Pictures("inputs", [("row", [square])]), chart).to_json()
    pictures, curve = plain["sections"][0]["blocks"]
    assert pictures["rows"] == [["row", [{"width": 8, "height": 8}]]]
    assert (curve["series"][0]["x"], curve["series"][0]["y"]) == ([0, 1], [None, 0.5])


def test_write_leaves_two_whole_files_and_nothing_else(report_of: Callable, tmp_path: Path) -> None:
    report = report_of(blocks.Paragraph("ünï حالة"))
    paths = blocks.write(report, tmp_path / "new")
    assert [path.name for path in paths] == ["report.json", "report.html"]
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    assert json.loads(paths[0].read_text("utf-8")) == report.to_json()
    assert paths[1].read_text("utf-8").startswith("<!doctype html>")


def test_a_name_that_is_not_utf8_does_not_break_the_files(report_of: Callable, tmp_path: Path) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    data, page = blocks.write(report_of(blocks.Paragraph(name), title=name), tmp_path)
    assert json.loads(data.read_text("utf-8"))["title"] == name
    assert "caf\\udce9.jpg" in page.read_text("utf-8")


def test_a_directory_that_cannot_be_made_is_a_storage_error(report_of: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"HS-I301.*fix:"):
        blocks.write(report_of(), tmp_path / "file" / "below")


def test_open_writes_the_page_and_shows_it(
    report_of: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    page = report_of(blocks.Paragraph("hello")).open(tmp_path)
    assert page.is_file()
    assert shown == [page.as_uri()]


def test_open_without_a_directory_uses_a_new_one(
    report_of: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
    assert report_of().open().parent.parent == tmp_path


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(AssertionError, match="different length"):
        blocks.Series("a", [1, 2], [1])
    with pytest.raises(AssertionError, match="different length"):
        blocks.Scatter("a", [1, 2], [1, 2], ["x"])


def test_the_report_does_not_import_torch() -> None:
    code = "import sys, headstart.report.html, headstart.report.card; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
