"""What is odd about labels is said when data are prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.data.prepare import prepare
from headstart.data.preparing.label_warnings import of_lists
from headstart.training.tasks.regress.regress import Regress


def warned(labels: list[Any], tmp_path: Path) -> list[str]:
    pixels = np.random.default_rng(0).integers(0, 255, (len(labels), 4, 4), np.uint8)
    return prepare((pixels, np.array(labels)), tmp_path / "out").warnings


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["cat", "Cat", "dog"] * 10, "apart: 'Cat' and 'cat'"),
        (["New York", "new_york", "Rome"] * 10, "'New York' and 'new_york'"),
        (["cat"] * 85 + ["dog"] * 4, "85 of cat, 4 of dog"),
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
    vars(task)["headline"] = "rmse"
    scores = task.score([{"value": 3.0}] * 4, [{"label": 3.0, "origin": ""}] * 4)
    assert scores["rmse"] == 0
    assert "r2" not in scores


NESTED = {
    "every label is 'a': there is nothing to tell apart": [["a"], ["a", "a"], ["a"]],
    "every row has the same label, ['a', 'b']": [["a", "b"]] * 3,
    "'B-PER' and 'B-per'": [["O", "O", "B-PER"], ["B-per", "O"]],
    "the classes differ much in size: 63 of a, 3 of b": [["a"]] * 60 + [["a", "b"]] * 3,
    "'Cell' and 'cell'": [{"boxes": [[0, 0, 1, 1]], "labels": ["cell"]}, {"boxes": [[0, 0, 2, 2]], "labels": ["Cell"]}],
    "number 2 of the targets: every target is 5": [[0.1, 5.0], [0.7, 5.0], [0.3, 5.0]],
}


@pytest.mark.parametrize("words", NESTED)
def test_odd_lists_of_labels_are_told(words: str) -> None:
    labels = NESTED[words]
    (told,) = of_lists(labels, [f"row {place}" for place in range(len(labels))])
    assert words in told


def test_usual_lists_of_labels_are_not() -> None:
    box = [{"boxes": [[0, 0, side, 1]], "labels": ["cell"]} for side in range(1, 9)]
    for labels in ([["O"] * 30 + ["B-PER"], ["O"] * 9], [["a"], ["a", "b"]], box, [[0.1, 2.0], [0.2, 3.0]]):
        assert of_lists(labels, [""] * len(labels)) == []


@pytest.mark.parametrize("group", ["p", "q"])
def test_groups_in_two_given_parts_are_told(group: str, tmp_path: Path) -> None:
    rows = [
        {"text": f"word {number} of {part}", "label": "ab"[number % 2], "patient": f"{letter}{number}", "split": part}
        for part, letter in (("train", "p"), ("test", group))
        for number in range(8)
    ]
    told = [one for one in prepare(rows, tmp_path / "out", group="patient").warnings if "groups lie in train" in one]
    assert len(told) == (1 if group == "p" else 0)


def test_whole_prices_are_no_classes(tmp_path: Path) -> None:
    """Of a data frame 452600.0 is a whole number; test rows may hold one that train rows lack."""
    generator = np.random.default_rng(0)
    sizes = generator.normal(size=600)
    price = 100.0 * generator.integers(150, 500, 600)
    rows = [{"rooms": float(rooms), "price": float(one)} for rooms, one in zip(sizes, price, strict=True)]
    store = prepare({"train": rows[:400], "test": rows[400:]}, tmp_path / "out", modality="table", target="price")
    assert store.warnings == []
    assert store.manifest["classes"] == {}
