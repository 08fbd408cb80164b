"""A report on disk: report.json and report.html, each whole or absent, and the browser that shows the page."""

import json
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from headstart.core.errors import StorageError
from headstart.core.files import make_folder, write_whole
from headstart.core.inert import inert
from headstart.core.overview import Overview
from headstart.core.shown import Shown
from headstart.reports.blocks import Report
from headstart.reports.draw.page_html import render


@dataclass(frozen=True, slots=True, repr=False)
class Page(Shown):
    """A written report: its data and where it lies, which is its text."""

    report: Report
    json_path: Path
    html_path: Path

    def overview(self) -> Overview:
        """Its title and first sentence."""
        return Overview(title=self.report.title, sentence=self.report.sentence, report=self.html_path)

    def __str__(self) -> str:
        return str(self.html_path)

    def at(self, directory: Path) -> "Page":
        """The same report in a directory that was moved."""
        return Page(self.report, directory / self.json_path.name, directory / self.html_path.name)

    def open(self) -> Path:
        """Show the page in the browser; returns its path."""
        webbrowser.open(self.html_path.resolve().as_uri())
        return self.html_path


def write(report: Report, directory: Path) -> Page:
    """Write report.json and report.html into a directory; StorageError if that cannot be done."""
    text = inert(json.dumps(report.to_json(), ensure_ascii=False, allow_nan=False))
    data, page = directory / "report.json", directory / "report.html"
    for path, content in ((data, text + "\n"), (page, render(report))):
        _put(path, content)
    return Page(report, data, page)


def write_page(report: Report, file: Path) -> Path:
    """Write the page alone; StorageError if that cannot be done."""
    _put(file, render(report, beside=False))
    return file


def _put(path: Path, content: str) -> None:
    try:
        make_folder(path.parent)
        # a file name that is not UTF-8 reaches us as lone surrogates: shown (and valid JSON) as \\udcff
        write_whole(path, content.encode("utf-8", "backslashreplace"))
    except OSError as cause:
        fix = "free the disk or choose a directory that can be written"
        raise StorageError(301, "cannot write the report", where=path, found=str(cause), fix=fix) from cause
