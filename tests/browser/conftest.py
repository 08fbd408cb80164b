"""A browser, and one page of each kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from tests.helpers import discs, rectangles
from tests.helpers.table_rows import table_rows
from tests.helpers.word_files import ROWS, column_file, frames

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# without these a browser asks its maker's hosts at every start
ALONE = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-sandbox", "--disable-gpu")  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    place = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if place is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=place, args=list(ALONE))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports by name, of runs of seconds."""
    place = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        (place / "things.conll").write_text(column_file(ROWS), "utf-8")
        texts = pd.DataFrame([(" ".join(row), "sea" if "ship" in row else "kitchen") for row in ROWS],
                             columns=["text", "label"])  # fmt: skip
        start = hs.pretrain("digits", out=place / "pretrain", objective="kmeans", backbone="dictionary")
        hs.finetune("digits", start=start, labels=50, out=place / "pictures")
        hs.finetune(place / "things.conll", out=place / "tags", backbone="linear")
        hs.finetune(texts, out=place / "texts", backbone="linear")
        rows, known = table_rows(200)
        clients = pd.DataFrame(rows).assign(who=np.array(["no", "yes"])[known])
        hs.finetune(clients, target="who", modality="table", out=place / "table", backbone="boosting")
        boxes = rectangles.written(place / "boxes data", {"train": 24, "test": 8})
        hs.finetune(boxes, out=place / "boxes", backbone="cnn", steps=3)
        pixels, masks = discs.scenes(24, side=32, most=4)
        data = hs.prepare(discs.write_zip(place / "discs.zip", pixels, masks), out=place / "prepared", near="keep",
                          split="train=.7,test=.3")  # fmt: skip
        hs.show(data.directory, batch=True, out=place / "batch" / "report.html")
        hs.finetune(data, out=place / "masks", backbone="cnn", steps=3, settings={"task.objects": True})
        (place / "frames.jsonl").write_text(frames(ROWS), "utf-8")
        model = hs.finetune(place / "frames.jsonl", out=place / "roles", backbone="linear")
        hs.evaluate(model, place / "frames.jsonl", out=place / "scores")
        hs.finetune("digits", start=start, labels=30, out=place / "fewer")
        hs.report([place / "pictures", place / "fewer"], out=place / "compared")
        hs.rank("digits", labels=60, minutes=0.05, out=place / "rank")
        hs.gain("digits", start=start, labels=[20, 50], seeds=2, out=place / "gain")
        hs.auto("digits", labels=60, minutes=0.3, out=place / "auto", settings={"plan.steps": 3})
    return {page.parent.name: page for page in sorted(place.glob("*/report.html"))}
