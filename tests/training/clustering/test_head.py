"""What a model keeps gives rows the clusters that the method gave them; numbers follow sizes; far rows are noise."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from headstart.training.clustering.grouping import grouped
from headstart.training.clustering.head import ClusterHead
from headstart.training.clustering.methods import METHODS
from headstart.training.clustering.space import main_axes

SIZES = (120, 80, 50)
THERE = [name for name in METHODS if name != "umap" or find_spec("umap") is not None]  # umap-learn is an extra


def vectors() -> np.ndarray:
    drawn = np.random.default_rng(0)
    middles = 12 * np.eye(6)[: len(SIZES)]
    return np.concatenate(
        [drawn.normal(size=(size, 6)) + one for size, one in zip(SIZES, middles, strict=True)]
    ).astype(np.float32)


def said(head: ClusterHead, rows: np.ndarray) -> torch.Tensor:
    with torch.no_grad():
        return head(torch.from_numpy(rows)).cluster


@pytest.mark.parametrize("method", THERE)
def test_planted_groups_are_numbered_by_their_sizes(method: str) -> None:
    head = ClusterHead(6, 40)
    grouped(head, vectors(), method, 3 if METHODS[method].counted else 0, 0.5, 0)
    assert head.count == 3
    numbers = said(head, vectors()).numpy()
    truth = np.repeat(np.arange(3), SIZES)
    assert (numbers == truth).mean() > (0.9 if method == "hdbscan" else 0.97)
    assert head.counted == sorted(head.counted, reverse=True)


@pytest.mark.parametrize("method", THERE)
def test_a_row_far_from_all_is_noise_and_its_silhouette_is_zero(method: str) -> None:
    head = ClusterHead(6, 40)
    grouped(head, vectors(), method, 3 if METHODS[method].counted else 0, 0.5, 0)
    with torch.no_grad():
        found = head(torch.full((1, 6), -200.0))
    assert found.cluster.tolist() == [-1]
    assert found.silhouette.tolist() == [0.0]


@pytest.mark.parametrize("method", ["spectral", "kmeans", "mixture"])
def test_the_saved_tensors_say_what_the_method_said(method: str) -> None:
    rows, head = vectors(), ClusterHead(6, 40)
    mean, axes = main_axes(rows, 0.5, 0)
    points = (rows - mean) @ axes
    found = METHODS[method](points, 0, 3).cut(3)
    head.keep(found, mean, axes, points)
    numbers, kept = found.numbers(points), said(head, rows).numpy()
    inside = kept >= 0
    pairs = set(zip(numbers[inside].tolist(), kept[inside].tolist(), strict=True))
    assert len(pairs) == 3
    assert inside.mean() > 0.97


def test_silhouettes_equal_the_slow_ones_by_centres() -> None:
    rows, head = vectors(), ClusterHead(6, 40)
    grouped(head, rows, "kmeans", 3, 0.5, 0)
    with torch.no_grad():
        points, found = head.points(torch.from_numpy(rows)), head(torch.from_numpy(rows))
    middles = head.middles[:3]
    for point, number, value in zip(points, found.cluster.tolist(), found.silhouette.tolist(), strict=True):
        if number >= 0:
            apart = [float((point - middle).norm()) for middle in middles]
            own, other = apart[number], min(one for place, one in enumerate(apart) if place != number)
            assert value == pytest.approx((other - own) / max(other, own), abs=1e-4)


def test_the_same_seed_gives_the_same_clusters() -> None:
    heads = [ClusterHead(6, 40), ClusterHead(6, 40)]
    for head in heads:
        grouped(head, vectors(), "spectral", 0, 0.5, 3)
    for one, other in zip(heads[0].state_dict().values(), heads[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)
