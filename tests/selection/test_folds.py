"""Folds: nothing is learned from and scored on, groups stay together, single rows are never held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.core import catalog
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.selection.folds import folds_of
from tests.helpers.waves import table

CLASSIFY = catalog.load("tasks", "classify")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """60 texts: 30 of "a", 29 of "b", one of "c"; every three rows are of one writer."""
    labels = ["a"] * 30 + ["b"] * 29 + ["c"]
    cells = {"text": [f"word{i} and more {i * 7}" for i in range(60)], "label": labels}
    return prepare({"train": pd.DataFrame(cells)}, tmp_path / "plain", near="keep")


def test_every_row_is_held_out_once_but_the_only_one_of_its_class(store: Store) -> None:
    rows = store.rows("train")
    folds = folds_of(CLASSIFY, store, rows, seed=0)
    held = np.concatenate([fold.held for fold in folds])
    assert len(folds) == 5
    assert sorted(held) == sorted(row for row in rows if store.labels_of(np.array([row])) != ["c"])
    for fold in folds:
        assert not set(fold.learn) & set(fold.held)
        assert len(fold.learn) + len(fold.held) == 60
        assert abs(store.labels_of(fold.held).count("a") - 6) <= 1


def test_folds_are_a_function_of_the_seed(store: Store) -> None:
    first, again, other = (folds_of(CLASSIFY, store, store.rows("train"), seed)[0].held for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_rows_give_no_folds(store: Store) -> None:
    assert folds_of(CLASSIFY, store, store.rows("train")[:3], seed=0) == []


def test_rows_of_one_group_stay_in_one_fold(tmp_path: Path) -> None:
    cells = {
        "text": [f"word{i} and more {i * 7}" for i in range(60)], "label": ["a", "b"] * 30,
        "who": [f"writer {i // 3}" for i in range(60)],
    }  # fmt: skip
    store = prepare(pd.DataFrame(cells), tmp_path / "grouped", near="keep", group="who")
    folds = folds_of(CLASSIFY, store, store.rows("train"), seed=0)
    assert len(folds) == 5
    for fold in folds:
        learned, held = ({example["group"] for example in store.examples_of(rows)} for rows in (fold.learn, fold.held))
        assert not learned & held


def test_moments_are_scored_after_all_that_is_learned_from(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(300))
    settings = {"window": 24, "horizon": 6}
    store = prepare(tmp_path / "t.csv", tmp_path / "out", modality="series", time="date", settings=settings)
    folds = folds_of(catalog.load("tasks", "forecast"), store, store.rows("train"), seed=0)
    assert len(folds) == 5
    held = np.concatenate([fold.held for fold in folds])
    assert len(held) == len(set(held.tolist()))
    for fold in folds:
        learned, scored = store.places_of(fold.learn), store.places_of(fold.held)
        assert learned is not None
        assert scored is not None
        assert learned.max() + 6 <= scored.min()
