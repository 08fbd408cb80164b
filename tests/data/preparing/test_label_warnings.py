"""What is odd about labels is said when data are prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.data.prepare import prepare
from headstart.training.tasks.regress import Regress


def warned(labels: list[Any], tmp_path: Path) -> list[str]:
    pixels = np.random.default_rng(0).integers(0, 255, (len(labels), 4, 4), np.uint8)
    return prepare((pixels, np.array(labels)), tmp_path / "out").warnings


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["cat", "Cat", "dog"] * 10, "apart: 'Cat' and 'cat'"),
        (["New York", "new_york", "Rome"] * 10, "'New York' and 'new_york'"),
        (["cat"] * 85 + ["dog"] * 4, "85 rows of cat, 4 of dog"),
        ([7.5] * 30, "every target is 7.5: there is nothing to predict"),
        ([*np.linspace(1, 2, 30), 1e30], "1 of 31 targets are far from all others, e.g. 1e+30"),
        ([*[0.0] * 20, *[1.5] * 9, 1e9], "1 of 30 targets are far"),
    ],
)
def test_odd_labels_are_told(labels: list[Any], words: str, tmp_path: Path) -> None:
    assert [one for one in warned(labels, tmp_path) if words in one]


@pytest.mark.parametrize("labels", [["cat", "dog"] * 10, list(np.random.default_rng(0).lognormal(0, 2, 500))])
def test_ordinary_labels_are_not(labels: list[Any], tmp_path: Path) -> None:
    assert warned(labels, tmp_path) == []


def test_no_share_of_a_variance_that_there_is_not() -> None:
    task: Any = Regress.__new__(Regress)
    scores = task.score([{"value": 3.0}] * 4, [{"label": 3.0, "origin": ""}] * 4)
    assert scores["rmse"] == 0
    assert "r2" not in scores
