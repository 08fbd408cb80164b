"""A report on disk."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart.core.errors import StorageError
from headstart.reports import blocks, write


def test_write_leaves_two_whole_files_and_nothing_else(report_of: Callable, tmp_path: Path) -> None:
    report = report_of(blocks.Paragraph("ünï حالة"))
    written = write.write(report, tmp_path / "new")
    assert {written.json_path, written.html_path} == set((tmp_path / "new").iterdir())
    assert json.loads(written.json_path.read_text("utf-8")) == report.to_json()
    assert written.html_path.read_text("utf-8").startswith("<!doctype html>")


def test_a_name_that_is_not_utf8_does_not_break_the_files(report_of: Callable, tmp_path: Path) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    written = write.write(report_of(blocks.Paragraph(name), title=name), tmp_path)
    assert json.loads(written.json_path.read_text("utf-8"))["title"] == name
    assert "caf\\udce9.jpg" in written.html_path.read_text("utf-8")


def test_a_directory_that_cannot_be_made_is_a_storage_error(report_of: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"HS-I301.*fix:"):
        write.write(report_of(), tmp_path / "file" / "below")


def test_open_shows_the_page(report_of: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    path = write.write(report_of(blocks.Paragraph("hello")), tmp_path).open()
    assert path.is_file()
    assert shown == [path.as_uri()]
