"""Messages about too few rows speak of rows, and come with a way out that works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.data.prepare import prepare
from tests.commands.conftest import TINY
from tests.helpers.made import table

Headstart = Callable[..., Any]
FOUR = [["the first text here", "a"], ["another one follows", "b"], ["and a third row", "c"], ["the last of them", "d"]]


@pytest.fixture
def four(tmp_path: Path) -> Path:
    return table(tmp_path / "t.csv", ["text", "label"], FOUR)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    drawn = np.random.default_rng(0).integers(0, 255, (4, 16, 16), dtype=np.uint8)
    return prepare((drawn, list("abab")), tmp_path / "data", near="keep").directory


@pytest.mark.parametrize("verb", ["finetune", "auto"])
def test_four_rows_of_four_classes_are_warned_of_before_and_after(
    headstart: Headstart, four: Path, tmp_path: Path, verb: str
) -> None:
    words = ["--from", "scratch", "--backbone", "linear"] if verb == "finetune" else ["--minutes", "0.2"]
    told = headstart(verb, four, *words, "--out", tmp_path / "t", "--json")
    assert "warning: only 4 labelled train rows" in told.err
    assert any(warning.startswith("only 4 labelled train rows") for warning in told.json["warnings"])
    assert any(warning.startswith("not scored: no labelled rows") for warning in told.json["warnings"])


def test_who_asks_for_few_labels_is_not_warned(headstart: Headstart, tmp_path: Path) -> None:
    words = ["--from", "scratch", "--backbone", "mlp", "--labels", "10", *TINY]
    told = headstart("finetune", "digits", *words, "--out", tmp_path / "t")
    assert "labelled train rows" not in told.err


def test_too_few_texts_and_pictures_to_pretrain_on(
    headstart: Headstart, four: Path, pictures: Path, tmp_path: Path
) -> None:
    for data, line, cure in (
        (four, "HS-D416]: too few train texts", "backbone.width=2"),
        (pictures, "HS-D434]: too few train pictures: found 4", "backbone.words=64"),
    ):
        told = headstart("pretrain", data, "--out", tmp_path / f"{data.stem}-1")
        assert (told.code, line in told.err, cure in told.err) == (65, True, True), told.err
        assert headstart("pretrain", data, cure, "--out", tmp_path / f"{data.stem}-2").code == 0
