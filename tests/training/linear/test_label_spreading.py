"""Labels that spread to neighbours: the graph, the shares, the guard, and what is never looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from headstart.assemble import finetuning
from headstart.core.contracts import Step
from headstart.core.contracts.probe import LinearFit
from headstart.core.errors import ContractError
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.training.linear.label_spreading import NEIGHBOURS, crowd, spread
from headstart.training.linear.solve import fit_classes
from headstart.training.tunings.probe import Probe
from headstart.training.tunings.spread import Spread


class Head:
    """As much of a task as a solved tuning asks for: features are the batch's own, one class a row."""

    def __init__(self, classes: int) -> None:
        self.classes, self.weight = classes, torch.zeros(1)
        self.loaded: LinearFit | None = None
        self.sparse, self.source = None, None

    def parameters(self) -> Any:
        return iter([self.weight])

    def examine(self, backbone: object, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        return batch["x"], batch["y"]

    def linear_probe(self) -> Head:
        return self

    def fit(self, features: np.ndarray, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        return fit_classes(features, targets, self.classes, solver=solver, seed=seed)

    def load(self, fit: LinearFit) -> None:
        self.loaded = fit

    def judge(self, features: torch.Tensor, targets: torch.Tensor) -> Step:
        return Step(torch.zeros(()))

    def right(self, x: np.ndarray, y: np.ndarray) -> float:
        assert self.loaded is not None
        return float(((x @ self.loaded.weight + self.loaded.bias).argmax(1) == y).mean())


def digits() -> tuple[np.ndarray, np.ndarray]:
    known = load_digits()
    return known.data.astype(np.float32) / 16, known.target.astype(np.int64)  # pyright: ignore[reportAttributeAccessIssue]


def solved(
    x: np.ndarray, y: np.ndarray, known: np.ndarray, tuning: Any, seed: int = 0
) -> tuple[Head, dict[str, float]]:
    """A head fitted to rows of which only some show their classes."""
    told = np.full(len(y), -100)
    told[known] = y[known]
    head = Head(int(y.max()) + 1)
    batch = {"x": torch.from_numpy(x), "y": torch.from_numpy(told), "key": torch.arange(len(x))}
    step = tuning.solve(SimpleNamespace(grown=None, in_context=None), head, [batch], seed)
    return head, {name: float(value) for name, value in step.logs.items()}


def drawn(y: np.ndarray, each: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.concatenate([generator.choice(np.flatnonzero(y == k), each, replace=False) for k in np.unique(y)])


def test_five_labels_a_digit_teach_more_with_a_thousand_digits_beside_them() -> None:
    x, y = digits()
    gains = []
    for seed in range(3):
        known = drawn(y[:1200], 5, seed)
        probe, _ = solved(x[known], y[known], np.arange(len(known)), Probe())
        both, told = solved(x[:1200], y[:1200], known, Spread(), seed)
        assert told["unlabelled"] == 1150
        gains.append(both.right(x[1200:], y[1200:]) - probe.right(x[1200:], y[1200:]))
    assert np.mean(gains) > 0.03


def test_where_neighbours_say_nothing_of_the_class_the_probe_is_kept() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(900, 20)).astype(np.float32)
    x[:, :4] += (
        9 * np.eye(4, dtype=np.float32)[generator.integers(4, size=900)]
    )  # four heaps, which are not the classes
    y = (x[:, 10] > 0).astype(np.int64)  # a thin direction across all heaps
    known = drawn(y, 60, 0)
    probe, _ = solved(x[known], y[known], np.arange(len(known)), Probe())
    both, told = solved(x, y, known, Spread())
    assert told["spread"] == 0
    assert told["held_out_spread"] < told["held_out_probe"]
    assert both.loaded is not None
    assert probe.loaded is not None
    np.testing.assert_allclose(both.loaded.weight, probe.loaded.weight, atol=1e-5)


def test_without_unlabelled_rows_it_is_a_probe() -> None:
    x, y = digits()
    known = np.arange(100)
    heads = [solved(x[:100], y[:100], known, tuning)[0] for tuning in (Probe(), Spread())]
    plain, both = [head.loaded.weight for head in heads if head.loaded is not None]
    np.testing.assert_array_equal(plain, both)


def test_it_is_as_sure_as_it_is_right() -> None:
    x, y = digits()
    known = drawn(y[:1200], 5, 0)
    head, told = solved(x[:1200], y[:1200], known, Spread())
    assert head.loaded is not None
    assert told["spread"] == 1
    logits = torch.from_numpy(x[1200:] @ head.loaded.weight + head.loaded.bias)
    sure = float(logits.softmax(1).amax(1).mean())
    assert abs(sure - head.right(x[1200:], y[1200:])) < 0.08


def test_near_rows_are_the_nearest_by_cosine_and_the_graph_is_symmetric() -> None:
    x, _ = digits()
    among = crowd(x[:300], 0)
    near = among.near.toarray()
    np.testing.assert_allclose(near, near.T, atol=1e-7)
    assert (near.diagonal() == 0).all()
    assert ((near > 0).sum(1) >= NEIGHBOURS).all()
    largest = np.linalg.eigvalsh(near)[-1]
    assert largest == pytest.approx(1, abs=1e-4)  # so that spreading neither grows nor dies out
    fresh = among.space.enter(x[:300])
    np.testing.assert_allclose(fresh, among.rows, atol=1e-5)


def test_shares_are_evened_out_towards_those_of_the_known_rows() -> None:
    x, y = digits()
    among = crowd(x[:500], 0)
    known = drawn(y[:500], 4, 0)
    silent = np.zeros((500, 10))
    shares = spread(among.near, silent, known, y[known])
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-9)
    assert np.abs(shares.mean(0) - 0.1).max() < 0.03
    assert (shares[:500].argmax(1) == y[:500]).mean() > 0.85


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Store:
    x, y = digits()
    grey = (x[:600].reshape(-1, 8, 8) * 255).astype(np.uint8)
    names = np.array([str(one) for one in y[:600]])
    return prepare({"train": (grey, names)}, tmp_path_factory.mktemp("spread") / "store", near="keep")


def recipe(**more: Any) -> Recipe:
    return override(Recipe(), {"backbone.kind": "linear", "tuning.kind": "spread", "augment.shift": 0, **more})


def test_labels_of_the_other_rows_are_not_looked_at(pictures: Store) -> None:
    parts = finetuning(recipe(labels=100), None, store=pictures, device="cpu")
    assert len(parts.chosen) == 100
    assert len(parts.unlabelled) == 500
    assert not set(parts.chosen) & set(parts.unlabelled)
    shown = torch.cat([batch["y"] for batch in parts.batches.once(64)])
    assert int((shown >= 0).sum()) == 100
    assert set(parts.read) == set(pictures.rows("train"))


def test_no_more_unlabelled_rows_than_asked_for_and_the_same_every_time(pictures: Store) -> None:
    asked = recipe(labels=100, **{"tuning.rows": 50})
    once, again = (finetuning(asked, None, store=pictures, device="cpu").unlabelled for _ in range(2))
    assert len(once) == 50
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("targets", [torch.zeros(8, 2), torch.zeros(8), torch.zeros(16, dtype=torch.int64)])
def test_several_labels_numbers_and_words_are_refused(targets: torch.Tensor) -> None:
    batch = {"x": torch.zeros(8, 3), "y": targets, "key": torch.arange(8)}
    with pytest.raises(ContractError, match="one class per row"):
        Spread().solve(SimpleNamespace(grown=None, in_context=None), Head(2), [batch], 0)  # pyright: ignore[reportArgumentType]
