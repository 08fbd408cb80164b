"""Which part a row goes to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headstart.assemble import choose
from headstart.data.prepare import prepare
from headstart.data.preparing.split import by_time, repeat


@pytest.mark.parametrize(
    ("distinct", "rows", "classes"), [(2, 4, True), (50, 50, True), (51, 60, False), (150, 15_000, True)]
)
def test_labels_are_classes_if_they_come_again(distinct: int, rows: int, classes: bool) -> None:
    assert repeat(distinct, rows) == classes


def test_answers_that_are_written_out_are_split_like_any_rows(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    words = ["".join(generator.choice(list("abcdefghij"), 8)) for _ in range(1200)]
    prompts = [" ".join(words[4 * n : 4 * n + 4]) for n in range(300)]
    store = prepare((prompts, [f"answer {n} of many" for n in range(300)]), tmp_path / "data")
    assert 15 < store.splits["test"] < 60
    assert store.manifest["classes"] == {}
    assert store.warnings == []


def test_few_answers_are_drawn_from_all_of_them() -> None:
    labels = [f"answer {n:03}" for n in range(300)]
    picked = choose.stratified(labels, 300, 30, seed=0)
    assert len(set(picked.tolist())) == 30
    assert picked.max() > 200
    assert picked.min() < 100


def test_rows_of_one_moment_stay_together() -> None:
    times = np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 3])
    parts = by_time(times, (0.5, 0.2, 0.3))
    assert {len(set(parts[times == moment])) for moment in (1, 2, 3)} == {1}
    assert set(parts) == {0, 1, 2}
