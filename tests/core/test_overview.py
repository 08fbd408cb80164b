"""Overviews: a few lines of text, and HTML that needs nothing around it and runs nothing of the user's data."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from headstart.core.overview import ROWS, Overview

SCORES = {"accuracy": 0.9125, "accuracy_low": 0.901, "accuracy_high": 0.923, "ece": 0.03}


class Tags(HTMLParser):
    """All tags of a fragment, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.opened, self.names = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.opened.append(tag)
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def tags(html: str) -> list[str]:
    parser = Tags()
    parser.feed(html)
    assert not parser.opened
    return parser.names


def test_text_has_scores_with_intervals_and_the_report() -> None:
    shown = Overview(
        title="model", sentence="mlp", scores=SCORES, facts={"left out": ""}, report=Path("runs/report.html")
    )
    lines = ["model: mlp", "accuracy 0.912 [0.901, 0.923]", "ece 0.030", "report: runs/report.html"]
    assert shown.text().splitlines() == lines


def test_text_keeps_the_first_warnings_and_counts_the_rest() -> None:
    told = Overview(title="model", warnings=[f"number {i}" for i in range(5)]).text()
    assert told.splitlines()[1:] == ["warning: number 0", "warning: number 1", "warning: number 2", "2 more warnings"]


def test_html_is_one_element_whose_tags_are_closed_and_no_script_of_the_data_runs() -> None:
    bad = "<script>alert(1)</script>"
    shown = Overview(title=bad, sentence=bad, facts={bad: bad}, columns=[bad], rows=[[bad]], warnings=[bad])
    names = tags(shown.html())
    assert "script" not in names
    assert names[0] == "div"
    assert shown.html().startswith("<div style=")


def test_html_shows_the_first_rows_of_a_long_table() -> None:
    html = Overview(title="ranking", columns=["name", "score"], rows=[["one", 0.5]] * (ROWS + 3)).html()
    assert tags(html).count("tr") == ROWS + 1
    assert "3 more rows" in html


def test_html_links_a_report_below_the_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = (Overview(title="run", report=path).html() for path in (Path("a b/report.html"), Path("/x.html")))
    assert 'href="a%20b/report.html"' in inside
    assert "href" not in outside
    assert "/x.html" in outside
