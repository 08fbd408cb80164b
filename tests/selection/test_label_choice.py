"""Rows to label are ones that the model is unsure of, unlike each other, each standing for many."""

from __future__ import annotations

import numpy as np

from headstart.selection.label_choice import Directions, pick

NONE = np.empty((0, 2), np.float32)


def clouds(generator: np.random.Generator, *places: tuple[float, float], each: int = 60) -> np.ndarray:
    """Points around some places, float32 [places * each, 2]."""
    return np.concatenate([generator.normal(place, 0.3, (each, 2)) for place in places]).astype(np.float32)


def test_one_row_of_every_cloud_is_chosen_and_says_how_many_it_stands_for() -> None:
    generator = np.random.default_rng(0)
    points = clouds(generator, (0, 0), (10, 0), (0, 10), (10, 10))
    found = pick(points, np.ones(240), NONE, 4, generator)
    assert sorted(found.places // 60) == [0, 1, 2, 3]
    assert found.stands_for.tolist() == [60] * 4
    assert not found.unlike.any()


def test_rows_that_the_model_is_unsure_of_are_chosen_before_others() -> None:
    generator = np.random.default_rng(2)
    points = clouds(generator, (0, 0), (10, 0), each=200)
    doubts = np.where(np.arange(400) < 200, 0.0, 0.9)
    found = pick(points, doubts, NONE, 8, generator)
    assert (found.places >= 200).sum() >= 7
    assert found.places[0] >= 200


def test_copies_of_a_row_are_chosen_once() -> None:
    generator = np.random.default_rng(3)
    points = np.repeat(generator.normal(size=(7, 5)).astype(np.float32), 30, axis=0)
    found = pick(points, np.ones(210), np.empty((0, 5), np.float32), 20, generator)
    assert sorted(found.places // 30) == list(range(7))


def test_a_budget_above_the_pool_takes_all_rows_the_most_doubtful_first() -> None:
    points, doubts = clouds(np.random.default_rng(8), (0, 0)), np.linspace(0, 1, 60)
    found = pick(points, doubts, NONE, 60, np.random.default_rng(0))
    assert found.places.tolist() == list(range(59, -1, -1))
    assert found.stands_for.tolist() == [1] * 60


def test_a_row_unlike_all_labelled_ones_is_told() -> None:
    generator = np.random.default_rng(4)
    points = np.concatenate([clouds(generator, (0, 0), each=99), np.array([[50, 50]], np.float32)])
    found = pick(points, np.ones(100), points[:20], 5, generator)
    assert found.unlike[found.places.tolist().index(99)]
    assert found.unlike.sum() == 1


def test_main_directions_are_those_of_a_singular_value_decomposition() -> None:
    generator = np.random.default_rng(5)
    for shape in ((300, 90), (90, 300)):
        x = (generator.normal(size=shape) * np.geomspace(5, 0.1, shape[1])).astype(np.float32)
        placed = Directions.of(x).place(x)
        _, values, axes = np.linalg.svd(x - x.mean(0), full_matrices=False)
        slow = (x - x.mean(0)) @ axes[:64].T
        assert placed.shape == (shape[0], 64)
        np.testing.assert_allclose(np.abs(placed), np.abs(slow), atol=2e-2 * values[0] / shape[0] ** 0.5)


def test_the_same_generator_chooses_the_same_rows() -> None:
    points = clouds(np.random.default_rng(6), (0, 0), (3, 0))
    one, other = (pick(points, np.ones(120), NONE, 9, np.random.default_rng(7)).places for _ in range(2))
    assert one.tolist() == other.tolist()
