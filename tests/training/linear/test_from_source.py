"""A linear model that begins with another one: it takes what helps on held-out rows, and leaves the rest."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from headstart.core.contracts import Plain
from headstart.core.contracts.probe import LinearFit
from headstart.training.linear.from_source import TRUSTS, fit_from
from headstart.training.linear.solve import fit_classes, fit_values

WIDTH = 60


def task(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, classes of a hidden direction, and the direction [WIDTH, 2] itself."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, WIDTH)).astype(np.float32)
    way = np.random.default_rng(99).normal(size=WIDTH)
    return x, (x @ way > 0).astype(np.int64), np.stack([-way, way], 1).astype(np.float32)


def said(fit: LinearFit, x: Plain, y: np.ndarray) -> float:
    return float(((x @ fit.weight + fit.bias).argmax(1) == y).mean())


@pytest.mark.parametrize("solver", ["logistic", "ridge", "svm"])
@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_few_rows_learn_from_a_source_that_knows_the_direction(solver: str, form) -> None:
    x, y, way = task(30, 0)
    asked, truth, _ = task(1_000, 1)
    fit = partial(fit_classes, targets=y, classes=2, solver=solver, seed=0)
    alone = fit(form(x))
    found = fit_from(LinearFit(way, np.zeros(2, np.float32), {}), form(x), fit)
    assert found.chosen["source"] in TRUSTS
    assert said(found, asked, truth) > said(alone, asked, truth) + 0.1
    assert found.weight.shape == alone.weight.shape


def test_numbers_learn_from_a_source_too() -> None:
    x, _, way = task(30, 0)
    asked, _, _ = task(1_000, 1)
    fit = partial(fit_values, targets=(x @ way[:, 1:]).astype(np.float64), seed=0)
    found = fit_from(LinearFit(way[:, 1:], np.zeros(1, np.float32), {}), x, fit)
    errors = [float(np.square(asked @ one.weight + one.bias - asked @ way[:, 1:]).mean()) for one in (fit(x), found)]
    assert errors[1] < 0.5 * errors[0]


def test_a_source_that_knows_nothing_costs_next_to_nothing() -> None:
    asked, truth, _ = task(1_000, 1)
    losses = []
    for seed in range(10):
        x, y, _ = task(40, 10 + seed)
        way = np.random.default_rng(seed).normal(size=(WIDTH, 2)).astype(np.float32)
        fit = partial(fit_classes, targets=y, classes=2, solver="logistic", seed=0)
        found = fit_from(LinearFit(way, np.zeros(2, np.float32), {}), x, fit)
        losses.append(said(fit(x), asked, truth) - said(found, asked, truth))
    assert float(np.mean(losses)) < 0.02


def test_what_is_chosen_has_the_least_loss_on_held_out_rows_and_none_is_a_choice() -> None:
    x, y, way = task(30, 0)
    fit = partial(fit_classes, targets=y, classes=2, solver="logistic", seed=0)
    found = fit_from(LinearFit(way, np.zeros(2, np.float32), {}), x, fit)
    assert found.missed <= fit(x).missed
    constant = LinearFit(np.zeros((WIDTH, 2), np.float32), np.ones(2, np.float32), {})
    assert said(fit_from(constant, x, fit), x, y) == said(fit(x), x, y)


def test_the_folded_weights_say_what_the_features_and_the_outputs_said() -> None:
    x, y, way = task(200, 0)
    source, seen = LinearFit(way, np.full(2, 0.5, np.float32), {}), []

    def fit(rows: Plain) -> LinearFit:
        made = fit_classes(rows, y, 2, solver="ridge", seed=0)
        seen.append((rows, made))
        return LinearFit(made.weight, made.bias, made.chosen)  # nothing was held out: the source counts as a feature

    found = fit_from(source, x, fit)
    rows, made = seen[-1]
    np.testing.assert_allclose(x @ found.weight + found.bias, rows @ made.weight + made.bias, rtol=1e-3, atol=1e-3)
    assert found.chosen["source"] == 1.0


def test_a_source_of_other_features_is_left_out() -> None:
    x, y, _ = task(30, 0)
    fit = partial(fit_classes, targets=y, classes=2, solver="logistic", seed=0)
    found = fit_from(LinearFit(np.ones((7, 2), np.float32), np.zeros(2, np.float32), {}), x, fit)
    np.testing.assert_array_equal(found.weight, fit(x).weight)
