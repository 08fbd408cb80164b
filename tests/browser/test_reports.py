"""Every report in a real browser: nothing fails, nothing is cut off, every chart is drawn, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

KINDS = ("auto", "batch", "boxes", "compared", "fewer", "gain", "masks", "pictures", "prepared", "pretrain", "rank",
         "roles", "scores", "table", "tags", "texts")  # fmt: skip
# pictures without size, charts without marks, and what reaches beyond the window and cannot be scrolled to inside of it
AMISS = """() => {
  const width = document.documentElement.clientWidth, found = [];
  for (const image of document.images) if (!image.naturalWidth) found.push(`no picture: ${image.alt}`);
  for (const chart of document.querySelectorAll('figure svg:not(svg svg, .key, details:not([open]) svg)')) {
    const box = chart.getBoundingClientRect();
    const marks = chart.querySelectorAll('path, circle, rect, line, polyline, text');
    if (!box.width || !box.height || !marks.length) found.push(`no chart: ${chart.outerHTML.slice(0, 80)}`);
  }
  for (const one of document.querySelectorAll('main *')) {
    if (one.closest('.scroll, svg')) continue;
    const box = one.getBoundingClientRect();
    const outside = box.right > width + 1 || box.left < -1;
    if (box.width && outside) found.push(`beyond the page: ${one.outerHTML.slice(0, 80)}`);
  }
  return found;
}"""
# where verdict, drawing and table end, and how many examples begin on the first screen
FIRST = """() => {
  const place = one => one.getBoundingClientRect();
  return [Math.max(...[...document.querySelectorAll('.verdict, .pair')].map(one => place(one).bottom)),
    [...document.querySelectorAll('.front .cards li, .front img')].filter(one => place(one).top < 900).length];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_whole(browser: Browser, pages: dict[str, Path], kind: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.goto(pages[kind].as_uri())
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(AMISS) == []
    end, examples = page.evaluate(FIRST)
    assert end < 900  # what it comes to is on the first screen
    # texts and answers stand in a table; the verdict of `gain` takes half of a telephone
    assert examples >= 1 or page.query_selector(".front > figure.table") or (kind, width) == ("gain", 390)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate(AMISS) == []
    page.close()


@pytest.mark.browser
def test_every_kind_of_report_is_looked_at(pages: dict[str, Path]) -> None:
    assert sorted(pages) == sorted(KINDS)
