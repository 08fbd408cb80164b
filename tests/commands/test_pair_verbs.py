"""Pairs of texts from the command line: two columns, one answer; and what only a model that compares them can learn."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from sentences import TOPICS, sentences

Headstart = Callable[..., Any]
SMALL = ["backbone.width=48", "backbone.depth=2", "plan.batch=64", "--quiet"]


def repeated() -> Iterator[tuple[str, str, str]]:
    """Does one text repeat a word of the other? Rows of both answers have the very same words and pairs of words."""
    for a, b, c in permutations(TOPICS[0], 3):
        for turned in (False, True):
            for one, other, label in (((a, b), (c, a), "yes"), ((a, a), (c, b), "no")):
                first, second = (f"see {x} and {y} now" for x, y in ((other, one) if turned else (one, other)))
                yield first, second, label


def write(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = np.random.default_rng(0).permutation(list(repeated())).tolist()
    return write(tmp_path_factory.mktemp("pairs") / "pairs.csv", ("premise", "hypothesis", "label"), rows)


def test_a_model_of_pairs_learns_what_words_alone_do_not_tell(
    headstart: Headstart, pairs: Path, tmp_path: Path
) -> None:
    words = ["--input", "premise,hypothesis", "--target", "label", "--near", "keep", "--quiet"]
    assert headstart("prepare", pairs, "--out", tmp_path / "data", *words, "modality.vocab=400").code == 0
    told = headstart("finetune", tmp_path / "data", "--from", "scratch", "--backbone", "encoder", "--steps", "400",
                     "plan.lr=2e-3", "--out", tmp_path / "tuned", "--json", *SMALL)  # fmt: skip
    print(told.json["scores"])
    assert told.code == 0
    assert told.json["scores"]["accuracy"] > 0.9
    assert told.json["scores"]["baseline_accuracy"] < 0.55
    answers = hs.load(tmp_path / "tuned").predict(
        [["see ship and wave now", "see tide and ship now"], ["see ship and ship now", "see tide and wave now"]]
    )
    assert [answer["label"] for answer in answers] == ["yes", "no"]
    out = tmp_path / "answers.jsonl"
    assert headstart("predict", tmp_path / "tuned", pairs, "--out", out, "--quiet").code == 0
