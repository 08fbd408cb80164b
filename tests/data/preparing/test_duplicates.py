"""Rows of equal content, judged without a look at near copies."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.data.preparing.duplicates import CONFLICT, EXACT, LEAK_TEST, LEAK_VALID, REASONS, exact_copies


@pytest.mark.parametrize(
    ("labels", "parts", "reasons"),
    [([0, 0], [0, 2], [LEAK_TEST, ""]), ([0, 0], [1, 0], ["", LEAK_VALID]), ([0, 1], [2, 0], ["", LEAK_TEST]),
     ([0, 0], [0, 0], ["", EXACT]), ([0, 1], [0, 0], [CONFLICT, CONFLICT]), ([-1, 1], [0, 0], [EXACT, ""]),
     ([0, 1], [-1, -1], [CONFLICT, CONFLICT]), ([0, 0], [2, 2], ["", ""])],
)  # fmt: skip
def test_two_rows_of_one_content(labels: list[int], parts: list[int], reasons: list[str]) -> None:
    hashes = np.array([[1, 2], [1, 2], [3, 4]], np.uint64)
    verdicts = exact_copies(hashes, np.array([*labels, 0]), np.array([*parts, 0], np.int8))
    assert [REASONS[one] for one in verdicts.reason] == [*reasons, ""]
