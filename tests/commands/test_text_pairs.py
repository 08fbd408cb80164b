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
from tests.helpers.sentences import TOPICS, sentences

Headstart = Callable[..., Any]
SMALL = ["backbone.width=64", "backbone.depth=2", "plan.batch=32", "plan.lr=3e-3", "--quiet"]


def repeated() -> Iterator[tuple[str, str, str]]:
    """Does one text repeat a word of the other? Rows of both answers have the very same words and pairs of words."""
    for a, b, c in permutations(TOPICS[0][:6], 3):
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
    told = headstart("finetune", tmp_path / "data", "--from", "scratch", "--backbone", "encoder", "--steps", "500",
                     "--out", tmp_path / "tuned", "--json", *SMALL)  # fmt: skip
    assert told.code == 0
    assert told.json["scores"]["accuracy"] > 0.85
    assert told.json["scores"]["baseline_accuracy"] == 0.5
    answers = hs.load(tmp_path / "tuned").predict([list(row[:2]) for row in repeated()])
    right = [answer["label"] == row[2] for answer, row in zip(answers, repeated(), strict=True)]
    assert np.mean(right) > 0.9
    out = tmp_path / "answers.jsonl"
    assert headstart("predict", tmp_path / "tuned", tmp_path / "data", "--out", out, "--quiet").code == 0
    with out.open(encoding="utf-8") as file:
        told = {line["origin"]: line["label"] for line in map(json.loads, file)}
    with pairs.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    hits = [rows[int(origin.rpartition(":")[2]) - 1][2] == label for origin, label in told.items()]
    assert np.mean(hits) == pytest.approx(np.mean(right))


def test_the_likeness_of_two_texts_is_regressed_and_ranked(headstart: Headstart, tmp_path: Path) -> None:
    texts, topics = sentences(300, topics=2)
    generator = np.random.default_rng(0)
    drawn = [(2 * int(a), int(b)) for a, b in zip(*generator.integers(0, (150, 300), (400, 2)).T, strict=True)]
    alike = [(texts[a], texts[b], round(4.0 * (topics[a] == topics[b]) + generator.random(), 2)) for a, b in drawn]
    table = write(tmp_path / "alike.csv", ("one", "other", "score"), alike)
    words = ["--input", "one,other", "--target", "score", "--from", "scratch", "--backbone", "encoder"]
    told = headstart("finetune", table, *words, "--steps", "120", "--out", tmp_path / "t", "--json", *SMALL)
    assert told.code == 0
    assert told.json["scores"]["spearman"] > 0.3
    assert told.json["scores"]["spearman"] > told.json["scores"]["spearman_low"]
    near, far = hs.load(tmp_path / "t").predict([[texts[0], texts[2]], [texts[0], texts[1]]])
    assert near["value"] > far["value"] + 1
