"""The page: safe, whole, and readable by every browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.look import Look, Piece
from headstart.reports import blocks
from headstart.reports.draw.page_html import render

EVIL = "<script>alert('x')</script>\"'&\x00"
VOID = {"meta", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """Tags with their attributes, the visible text, and whether every tag was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", [EVIL, "حالة معيبة", "x" * 200, "", "crème brûlée 🍮", "a\nb\tc", "]]>--><!--"])
def test_labels_of_users_are_words_never_markup(report_of: Callable, every_block: Callable, name: str) -> None:
    plain = Page(render(report_of(*every_block("name"), title="name")))
    page = Page(render(report_of(*every_block(name), title=name, created=name)))
    assert page.open == []
    # the same elements stand on the page whatever the text is, but for the time, which `name` is not
    count = [sum(tag == wanted for tag, _ in each.tags) for each in (page, plain) for wanted in ("script", "svg", "td")]
    assert count[:3] == count[3:]
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)


def test_the_page_needs_no_network_and_no_scripts(report_of: Callable, every_block: Callable) -> None:
    text = render(report_of(*every_block("name")))
    page = Page(text)
    links = [value for _, attributes in page.tags for key, value in attributes.items() if key in ("src", "href")]
    assert links
    assert all(link and link.startswith("data:image/png;base64,") for link in links)
    assert "url(" not in text
    assert "@import" not in text
    assert "script" not in {tag for tag, _ in page.tags}
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_every_chart_and_picture_has_words_for_those_who_hear_the_page(
    report_of: Callable, every_block: Callable
) -> None:
    text = render(report_of(*every_block("name")))
    assert len(re.findall(r'<svg role="img"[^>]*><title>[^<]+</title><desc>[^<]+</desc>', text)) == 2
    assert all(attributes["alt"] for tag, attributes in Page(text).tags if tag == "img")


def test_the_verdict_is_the_banner_and_a_warning_is_told_by_its_style(report_of: Callable) -> None:
    text = render(report_of(blocks.Paragraph("a paragraph"), verdict=blocks.Verdict("worse", "Because.", "bad")))
    assert text.count("Because.") == 1
    assert text.index("Because.") < text.index("a paragraph")
    assert 'class="verdict bad"' in text
    assert 'class="verdict plain"' in render(report_of(verdict=blocks.Verdict("finished", "Done.")))


def test_the_first_screen_is_open_and_everything_else_is_folded(square: Image.Image) -> None:
    front = blocks.Front(
        blocks.Verdict("better", "By far."),
        blocks.Intervals("accuracy", [("this model", 0.9, 0.8, 1.0), ("simple model", 0.5, None, None)]),
        blocks.Table(("score", "value"), [("accuracy", 0.9)]),
        blocks.Gallery("Worst", [Look(square, title="said cat")]),
        ["Few rows."],
    )
    sections = [blocks.Section("More", [blocks.Paragraph("text")]), blocks.Section("Nothing", [])]
    text = render(blocks.Report("t", "s", "demo", "", front, sections))
    first, folded = text[: text.index("<details")], text[text.index("<details") :]
    assert all(words in first for words in ("By far.", "simple model", "said cat", "Few rows."))
    assert "More" in folded
    assert "Nothing" not in text  # a section without content


def test_spans_are_marked_by_words_and_signs_as_well_as_by_colour(report_of: Callable) -> None:
    line = [
        Piece("She saw"),
        Piece("Ada", "PER", "right"),
        Piece("in"),
        Piece("May", "LOC", "wrong"),
        Piece("", "", ""),
    ]
    text = render(report_of(blocks.Gallery("Tags", [Look(lines=[line, [Piece("May", "TIME", "missed")]])])))
    for state, words, sign in (
        ("right", "right answer", "✓"),
        ("wrong", "wrong answer", "✕"),
        ("missed", "missed", "○"),
    ):
        assert re.search(f'<mark class="{state}" title="{words}: [A-Z]+">.*?{sign}', text)
    assert text.count("<mark") == 3 + 3  # and one each in the legend


def test_small_pictures_are_enlarged_crisply_and_large_ones_shrunk(report_of: Callable, square: Image.Image) -> None:
    large = Image.fromarray(np.zeros((300, 600, 3), np.uint8))
    page = Page(render(report_of(blocks.Pictures("two", [("row", [square, large])]))))
    small, big = (attributes for tag, attributes in page.tags if tag == "img")
    assert (small["class"], small["width"], small["height"]) == ("crisp", "72", "72")
    assert ("class" in big, big["width"], big["height"]) == (False, "256", "128")


def test_empty_blocks_say_so(report_of: Callable) -> None:
    text = render(
        report_of(
            blocks.Warnings([]),
            blocks.Lineage([]),
            blocks.Gallery("g", []),
            blocks.Bars("b", []),
            blocks.Intervals("i", []),
            blocks.Pictures("p", []),
            blocks.Table(["a"], []),
            blocks.Matrix("m", [], np.zeros((0, 0), int)),
            blocks.Facts([]),
            blocks.KeyNumbers([]),
        )
    )
    for words in ("No warnings.", "No parents", "No examples.", "No pictures.", "No rows.", "Nothing to draw."):
        assert words in text
