"""Tables, tiles and confusion matrices."""

from __future__ import annotations

import re

import numpy as np
import pytest

from headstart.core.formatting import Value, readable, shorten
from headstart.reports import blocks
from headstart.reports.draw.tables import PAIRS, ROWS, matrix, table, tiles


def cells(html: str) -> list[str]:
    """Text of every cell."""
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", html)]


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (12345, "", "12,345"),
        (0.93124, "", "0.9312"),
        (0.93124, ".1%", "93.1%"),
        (1234.5, "", "1,234"),
        (3e-05, "", "3e-05"),
        (True, "", "yes"),
        (None, ".3f", "–"),
        (float("nan"), ".3f", "–"),
        (float("-inf"), "", "−∞"),
        (np.float32(0.5), "", "0.5"),
        (np.int64(7), "", "7"),
        ("words", "", "words"),
    ],
)
def test_values_read_as_a_person_writes_them(value: Value, spec: str, text: str) -> None:
    assert readable(value, spec) == text


def test_long_text_ends_in_an_ellipsis() -> None:
    assert shorten("short", 5) == "short"
    assert shorten("rather long", 7) == "rather…"


def test_numbers_stand_to_the_right_in_the_format_of_their_column() -> None:
    html = table(blocks.Table(["name", "score"], [["a", 0.5], ["b", None]], formats={"score": ".3f"}))
    assert cells(html) == ["a", "0.500", "b", "–"]
    assert html.count('<td class="number">') == 2


def test_long_tables_are_cut_on_the_page_and_say_so() -> None:
    html = table(blocks.Table(["n"], [[k] for k in range(ROWS + 7)]))
    assert len(cells(html)) == ROWS
    assert "7 more rows" in html


def test_tiles_show_the_interval_in_the_format_of_the_value() -> None:
    html = tiles(blocks.KeyNumbers([blocks.Number("accuracy", 0.931, 0.918, 0.943, format=".1%")]))
    assert "93.1%" in html
    assert "91.8% to 94.3%" in html


def test_a_confusion_matrix_shows_every_count_and_each_class_recall() -> None:
    html = matrix(blocks.Matrix("confusion", ["a", "b"], [[3, 1], [0, 6]]))
    assert cells(html) == ["3", "1", "75.0 %", "·", "6", "100.0 %"]
    assert "9 of 10 right (90.0 %)" in html


def test_a_class_without_examples_has_no_recall() -> None:
    assert cells(matrix(blocks.Matrix("confusion", ["a", "b"], [[0, 0], [0, 1]])))[2] == "–"


def test_many_classes_are_told_by_their_most_confused_pairs() -> None:
    counts = np.random.default_rng(0).integers(0, 50, (30, 30))
    html = matrix(blocks.Matrix("confusion", [f"c{k}" for k in range(30)], counts))
    pairs = sorted(((counts[i, j], -i, -j) for i in range(30) for j in range(30) if i != j), reverse=True)[:PAIRS]
    wanted = [text for count, i, j in pairs for text in (f"c{-i}", f"c{-j}", str(count))]
    found = cells(html)
    assert [text for k, text in enumerate(found) if k % 4 != 3] == wanted
