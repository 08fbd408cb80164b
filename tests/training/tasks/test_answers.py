"""Answers in a line each."""

from __future__ import annotations

from typing import Any

import pytest

from headstart.core import catalog
from headstart.core.contracts import Task
from headstart.core.contracts.answer import Answer
from headstart.core.formatting import shorten
from tests.helpers import worlds

WORDS = ("the", "ship", "finds", "New", "York")
ROLES = [{"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}, {"start": 3, "end": 5, "role": "ARG1"}]}]


MAKERS = {"tag": worlds.words, "roles": worlds.words, "generate": worlds.prompts}


def answer_of(kind: str, settings: dict[str, Any]) -> Answer:
    world = MAKERS.get(kind, worlds.digits)()
    backbone = worlds.built({"generate": "decoder", "tag": "bag", "roles": "encoder"}.get(kind, "mlp"), world)
    assert backbone is not None
    cls: type[Task] = catalog.load("tasks", kind)
    return cls(backbone, world.batch, world.modality.augment(world.modality), **settings).answer


@pytest.mark.parametrize(
    ("kind", "settings", "side", "words", "line"),
    [
        ("classify", {"classes": ["cat", "dog"]}, {"label": "cat", "probability": 0.9}, (), "cat (90%)"),
        ("classify", {"classes": ["cat", "dog"]}, {"label": "cat", "origin": "a.png"}, (), "cat"),
        ("classify", {"classes": ["a", "b"], "multi_label": True}, {"labels": ["a", "b"]}, (), "a, b"),
        ("classify", {"classes": ["a", "b"], "multi_label": True}, {"label": ["a", "b"]}, (), "a, b"),
        ("classify", {"classes": ["a", "b"], "multi_label": True}, {"labels": []}, (), "no label"),
        ("regress", {}, {"value": 2.5}, (), "2.5"),
        ("regress", {}, {"value": -0.010663032531738281}, (), "-0.01066"),
        ("regress", {}, {"label": [1, 2.5]}, (), "1, 2.5"),
        ("tag", {"labels": ["LOC"]}, {"tags": ["O", "O", "O", "B-LOC", "I-LOC"]}, WORDS, "LOC: New York"),
        ("tag", {"labels": ["LOC"]}, {"label": ["O", "O", "O", "I-LOC", "I-LOC"]}, WORDS, "LOC: New York"),
        ("tag", {"labels": ["NN", "VB"], "scheme": "plain"}, {"tags": ["NN", "VB"]}, WORDS, "NN VB"),
        ("roles", {"roles": ["ARG0"]}, {"predicates": ROLES}, WORDS, "finds (ARG0: the ship, ARG1: New York)"),
        (
            "roles",
            {"roles": ["ARG0"]},
            {"label": {"predicates": ROLES}},
            WORDS,
            "finds (ARG0: the ship, ARG1: New York)",
        ),
        ("roles", {"roles": ["ARG0"]}, {"predicates": []}, WORDS, "nothing"),
        ("generate", {}, {"text": "a text"}, (), "a text"),
        ("generate", {}, {"label": "a text"}, (), "a text"),
    ],
)
def test_an_answer_and_the_truth_read_alike(
    kind: str, settings: dict[str, Any], side: dict[str, Any], words: tuple[str, ...], line: str
) -> None:
    assert answer_of(kind, settings).line(side, words) == line


def test_long_lines_are_cut() -> None:
    assert shorten("x" * 999, 300) == "x" * 299 + "…"
