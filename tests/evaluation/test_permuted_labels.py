"""Labels that mean nothing teach nothing: with permuted labels every tuning scores at chance on the test rows.

A pipeline that leaks answers (test rows among the train rows, labels among the inputs, a look at test rows to choose
weights by) would score above it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from headstart.assemble import finetuning
from headstart.cli import run
from headstart.core import catalog
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation import gain
from headstart.evaluation.arms import arms_of

CLASSES, TEST = 10, 500
LOW, HIGH = binom.ppf([0.0005, 0.9995], TEST, 1 / CLASSES) / TEST


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Store]:
    """`prepared` in a folder of its own, each once."""
    return cache(lambda **about: prepared(tmp_path_factory.mktemp("stored") / "data", **about))


def prepared(folder: Path, *, permuted: bool, leak: bool = False) -> Store:
    """The embedded digits, 1,000 to learn from and 500 to be asked; with permuted labels in both parts."""
    from sklearn.datasets import load_digits

    flat, classes = load_digits(return_X_y=True)
    pictures = (np.asarray(flat).reshape(-1, 8, 8) * 15.9375).astype(np.uint8)[: 1000 + TEST]
    labels = np.asarray(classes)[: 1000 + TEST].astype(str)
    if permuted:
        labels = np.random.default_rng(0).permutation(labels)
    if leak:
        rows, columns = np.divmod(labels.astype(int), 5)
        pictures[np.arange(len(pictures)), 7 * rows, columns] = 255
    given = {"train": (pictures[:1000], labels[:1000]), "test": (pictures[1000:], labels[1000:])}
    return prepare(given, folder, near="keep")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was pretrained on the pictures alone."""
    path = tmp_path_factory.mktemp("permuted") / "start"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(path.parent / "cache"))
        words = ["pretrain", "digits", "--backbone", "vit", "--objective", "masked", "--steps", "20", "--quiet"]
        assert run([*words, "backbone.width=24", "backbone.depth=2", "--out", str(path)]) == 0
    return path


def accuracy(store: Store, start: Path, tuning: str) -> float:
    """Share of test rows that one arm of a proof gets right."""
    settings = {"kind": tuning}
    recipe = Recipe(verb="gain", start=str(start), tuning=settings, plan={"epochs": 6, "lr": 3e-3})
    rows = store.rows("test")
    labels = 200 if catalog.load("tunings", tuning).beside else None  # some learn from rows without labels
    arm = arms_of(recipe, store, labels=labels, seed=0, device="cpu")[0]
    parts = finetuning(arm.recipe, None, device="cpu", store=store)
    return float(gain._train(parts, rows, arm, None, 0).row_scores.mean())


@pytest.mark.parametrize("tuning", catalog.kinds("tunings"))
def test_permuted_labels_score_at_chance(tuning: str, start: Path, stored: Callable[..., Store]) -> None:
    assert LOW <= accuracy(stored(permuted=True), start, tuning) <= HIGH


@pytest.mark.parametrize("tuning", catalog.kinds("tunings"))
def test_negative_control_true_labels_score_above_it(tuning: str, start: Path, stored: Callable[..., Store]) -> None:
    assert accuracy(stored(permuted=False), start, tuning) > HIGH


def test_negative_control_a_leak_is_seen(start: Path, stored: Callable[..., Store]) -> None:
    """The fault: the (permuted) labels lie among the inputs, as a bright spot whose place is the class."""
    assert accuracy(stored(permuted=True, leak=True), start, "full") > HIGH
