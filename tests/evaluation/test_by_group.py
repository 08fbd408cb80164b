"""Scores by group, and those of a random split beside those of groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.metric import Metric
from headstart.evaluation import by_group


def speakers(count: int = 12, each: int = 40) -> tuple[list[str], list[str], list[str]]:
    """Texts whose label is told by words that only their speaker uses, so that a new speaker's cannot be known."""
    generator = np.random.default_rng(0)
    texts, labels, names = [], [], []
    for speaker in range(count):
        words = [[f"{kind}{speaker}x{n}" for n in range(6)] for kind in ("aa", "bb")]
        for _ in range(each):
            label = int(generator.integers(2))
            noise = [f"word{n}" for n in generator.integers(0, 200, 6)]
            texts.append(" ".join([*generator.choice(words[label], 2), *noise]))
            labels.append("yes" if (label + speaker) % 2 else "no")
            names.append(f"s{speaker}")
    return texts, labels, names


@pytest.fixture(scope="module")
def frame():
    import pandas as pd

    texts, labels, names = speakers()
    return pd.DataFrame({"text": texts, "label": labels, "speaker": names})


def test_the_score_of_a_random_split_stands_beside_that_of_groups(frame, tmp_path: Path) -> None:
    model = hs.finetune(frame, out=tmp_path / "run", backbone="linear")
    scored = hs.evaluate(tmp_path / "run", frame)
    del model
    assert scored.scores["random_split_accuracy"] > scored.scores["baseline_accuracy"] + 0.15
    told = next(one for one in scored.warnings if "where rows are split at random" in one)
    assert "where the rows of one group (speaker) stay together" in told
    assert {line["group"] for line in scored.per_group} <= {f"s{n}" for n in range(12)}


def test_without_groups_nothing_of_it_is_said(frame, tmp_path: Path) -> None:
    hs.finetune(frame.drop(columns="speaker"), out=tmp_path / "run", backbone="linear")
    scored = hs.evaluate(tmp_path / "run", frame.drop(columns="speaker"))
    assert not any(name.startswith(by_group.PREFIX) for name in scored.scores)
    assert scored.per_group == []


def test_the_table_begins_with_the_worst_group() -> None:
    examples = [{"group": name} for name in ("a", "a", "b", "b", "c", "c")]
    scores = np.array([1, 1, 0, 0, 1, 0], np.float64)
    lines = by_group.table(examples, scores, Metric("accuracy", fraction=True))
    assert [(line["group"], line["rows"], line["accuracy"]) for line in lines] == [
        ("b", 2, 0.0),
        ("c", 2, 0.5),
        ("a", 2, 1.0),
    ]
    assert by_group.table([{}] * 6, scores, Metric("accuracy")) == []
    assert by_group.table([{"group": str(n)} for n in range(6)], scores, Metric("accuracy")) == []
