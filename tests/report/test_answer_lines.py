"""Answers in a line each."""

from __future__ import annotations

from typing import Any

import pytest

from headstart.report.answer_lines import LONGEST, told_of

WORDS = ("the", "ship", "finds", "New", "York")
ROLES = [{"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}, {"start": 3, "end": 5, "role": "ARG1"}]}]


@pytest.mark.parametrize(
    ("side", "words", "line"),
    [
        ({"label": "cat", "probability": 0.9}, (), "cat"),
        ({"value": 2.5}, (), "2.5"),
        ({"labels": ["a", "b"], "probabilities": {}}, (), "a, b"),
        ({"tags": ["O", "O", "O", "B-LOC", "I-LOC"], "spans": []}, WORDS, "LOC: New York"),
        ({"label": ["O", "O", "O", "I-LOC", "I-LOC"]}, WORDS, "LOC: New York"),
        ({"tags": ["DT", "NN", "VB", "NN", "NN"]}, WORDS, "DT NN VB NN NN"),
        ({"predicates": ROLES}, WORDS, "finds (ARG0: the ship, ARG1: New York)"),
        ({"label": {"predicates": ROLES}}, WORDS, "finds (ARG0: the ship, ARG1: New York)"),
        ({"predicates": []}, WORDS, "nothing"),
        ({"label": "x" * 999}, (), "x" * (LONGEST - 1) + "…"),
    ],
)
def test_an_answer_and_the_truth_read_alike(side: dict[str, Any], words: tuple[str, ...], line: str) -> None:
    assert told_of(side, words) == line
