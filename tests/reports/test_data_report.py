"""Pages of data: what was prepared, and what a model will see, drawn by modality and task themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import headstart as hs
from headstart.core.errors import UsageError
from headstart.core.files import changed_files
from headstart.reports import data_report
from headstart.reports.blocks import Bars, Gallery
from tests.helpers import rectangles


def page_of(store: Any) -> Any:
    return data_report.prepared(store)


def test_prepared_data_are_shown_beside_themselves_and_still_verified(tmp_path: Path) -> None:
    lines = ["text,label"] + [
        f"row {place} of the file,{'rare' if place % 30 == 0 else 'often'}" for place in range(60)
    ]
    (tmp_path / "t.csv").write_text("\n".join([*lines, lines[1], lines[2]]) + "\n", "utf-8")
    store = hs.prepare(tmp_path / "t.csv", out=tmp_path / "data", near="keep")
    assert changed_files(tmp_path / "data")[1] == []  # the page was not sealed, and is no damage
    text = (tmp_path / "data" / "report.html").read_text("utf-8")
    made = page_of(store)
    assert isinstance(made.front.drawing, Bars)
    assert {name for name, _ in made.front.drawing.rows} == {"often", "rare"}
    assert any("differ much in size" in warning for warning in made.front.warnings)
    assert made.front.verdict.tone == "unsure"
    (left,) = (one.blocks for one in made.sections if one.title == "Left out")
    assert isinstance(left[0], Bars)
    assert sum(count for _, count in left[0].rows) == 2  # two copies
    assert "often" in text


def test_texts_that_contain_their_label_are_told() -> None:
    labels = ["spam", "post"] * 20
    telling, silent = ([f"number {place}{words(label)} end" for place, label in enumerate(labels)]
                     for words in (lambda label: f" class={label};", lambda label: ""))  # fmt: skip
    (told,) = page_of(hs.prepare((telling, labels), near="keep")).front.warnings[-1:]
    assert told.startswith("100% of")
    assert "contain their own label" in told
    assert not any("own label" in one for one in page_of(hs.prepare((silent, labels), near="keep")).front.warnings)


def test_numbers_without_labels_have_a_page_too() -> None:
    store = hs.prepare(np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8))
    made = page_of(store)
    assert isinstance(made.front.examples, Gallery)
    assert len(made.front.examples.items) == 6


def test_a_batch_is_shown_with_labels_before_and_after_augmentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = rectangles.written(tmp_path / "boxes", {"train": 12, "test": 4})
    assert hs.show(boxes, batch=True, out=tmp_path / "page.html")["page"] == str(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "as it is read" in text
    assert "changed at random, pass 2" in text
    assert "1 blue" in text  # a label in words
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    plain = hs.prepare(np.random.default_rng(0).integers(0, 255, (30, 8, 8), np.uint8))  # without labels: pretraining
    assert plain.show().read_text("utf-8").startswith("<!doctype html>")
    assert len(opened) == 1


def test_only_a_batch_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HS-U610"):
        hs.show("digits", out=tmp_path / "page.html")


def test_boxes_and_masks_are_drawn_where_augmentation_moved_them() -> None:
    modality = hs.prepare(np.arange(640, dtype=np.uint8).reshape(10, 8, 8), near="keep").modality
    augment = modality.augment(modality)
    mask = torch.zeros(1, 8, 8, dtype=torch.long)
    mask[0, 2:6, 2:6] = 1
    ready = {
        "x": torch.zeros(1, 1, 8, 8),
        "boxes": torch.tensor([[[2.0, 2, 6, 6], [-100, -100, -100, -100]]]),
        "mask": mask,
    }
    (shown,) = augment.show(ready)
    assert isinstance(shown, Image.Image)
    assert shown.size == (256, 256)
    assert np.asarray(shown)[64:192, 64].tolist() == [[0, 160, 255]] * 128  # the left side of the box
    (bare,) = augment.show({"x": ready["x"], "mask": mask})
    assert (np.asarray(bare) == (0, 160, 255)).all(2).sum() == 12
