"""How many clusters there are: none in noise and in one cloud, as many as were planted."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.training.clustering.methods import KMeans, Spectral
from headstart.training.clustering.space import main_axes
from headstart.training.clustering.stability import choose, valley


def points(rows: np.ndarray) -> np.ndarray:
    mean, axes = main_axes(rows.astype(np.float32), 0.5, 0)
    return (rows.astype(np.float32) - mean) @ axes


def clouds(kind: str, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed)
    return {
        "box": drawn.random((300, 3)), "gaussian": drawn.normal(size=(300, 2)) * [3, 1],
        "heavy": np.exp(drawn.normal(size=(300, 3))),
    }[kind]  # fmt: skip


@pytest.mark.parametrize("kind", ["box", "gaussian", "heavy"])
def test_one_cloud_has_no_clusters(kind: str) -> None:
    found = choose(KMeans, points(clouds(kind, 0)), 0)
    assert found.count == 1
    assert "one cloud" in found.why


@pytest.mark.parametrize("count", [2, 4])
def test_planted_clusters_are_counted(count: int) -> None:
    drawn = np.random.default_rng(1)
    centres = 8 * np.eye(4)[:count]
    rows = np.concatenate([drawn.normal(size=(90, 4)) + centre for centre in centres])
    assert choose(KMeans, points(rows), 0).count == count


def test_rings_are_two_clusters_on_a_graph_though_no_line_parts_them() -> None:
    drawn = np.random.default_rng(0)
    angles = drawn.random(400) * 2 * np.pi
    radius = np.repeat([0.3, 1.0], 200) + 0.02 * drawn.normal(size=400)
    rows = points(np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1))
    graph = Spectral(rows, 0, 2)
    assert graph.pieces == 2
    said = graph.cut(2).numbers(rows)
    assert len(set(said[:200])) == len(set(said[200:])) == 1
    assert said[0] != said[-1]


def test_a_valley_is_seen_between_two_peaks_and_not_in_one() -> None:
    drawn = np.random.default_rng(0)
    one = drawn.normal(size=2000)
    two = np.concatenate([one[:1000] - 3, one[1000:] + 3])
    assert valley(two, -3.0, 3.0) < 1e-6
    assert valley(one, -0.7, 0.7) > 0.05
    assert valley(one, 5.0, 9.0) == 1.0  # nobody is there
