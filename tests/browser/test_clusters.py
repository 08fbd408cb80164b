"""The map of clusters in a browser: the keyboard goes from cluster to cluster, and points say which row they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import headstart as hs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOCUSED = "() => document.activeElement?.closest('.map') ? document.activeElement.getAttribute('aria-label') : null"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = np.random.default_rng(0)
    middles = np.repeat([[0, 9], [9, 0], [9, 9]], (60, 50, 40), axis=0)
    rows = pd.DataFrame(middles + drawn.normal(size=(150, 2)), columns=["height", "weight"])
    place = tmp_path_factory.mktemp("clusters") / "m"
    hs.cluster(rows, modality="table", out=place, settings={"task.clusters": 3})
    return place / "report.html"


@pytest.mark.browser
def test_the_keyboard_goes_from_cluster_to_cluster(browser: Browser, page: Path) -> None:
    opened = browser.new_page()
    opened.goto(page.as_uri())
    opened.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    names = list[str]()
    for _ in range(200):
        opened.keyboard.press("Tab")
        name = opened.evaluate(FOCUSED)
        if name and "cluster" in name and name not in names:
            names.append(name)
    assert [name.split(":")[0] for name in names] == ["cluster 0", "cluster 1", "cluster 2"]
    titles = opened.evaluate("[...document.querySelectorAll('.map g path title')].map(one => one.textContent)")
    assert len(titles) == sum(int(name.split(":")[1].split()[0]) for name in names) > 100
    assert all(title.startswith("cluster ") for title in titles)
    opened.close()
