"""Vectors -> clusters: the space, the method, how many, and what to say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.training.clustering.head import ClusterHead
from headstart.training.clustering.methods import METHODS, KMeans
from headstart.training.clustering.space import MOST_ROWS, main_axes
from headstart.training.clustering.stability import ENOUGH, Choice, choose

TOO_MUCH_NOISE = 0.3


@dataclass(frozen=True, slots=True)
class Grouping:
    """How clusters were found, as `told` in sentences, the first two of which say what was found; `curve` is the
    agreement of halves by number of clusters."""

    told: Sequence[str]
    cautions: Sequence[str]
    curve: Sequence[tuple[int, float]]


def grouped(head: ClusterHead, vectors: np.ndarray, method: str, count: int, power: float, seed: int) -> Grouping:
    """Find clusters of vectors [n, F] and put them into the head."""
    from threadpoolctl import threadpool_limits

    rows = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:MOST_ROWS])
    some = vectors[rows]
    mean, axes = main_axes(some, power, seed)
    points = (some - mean) @ axes  # [n, P]
    with threadpool_limits(1):  # sums of several threads come in any order, and end in other digits
        choice = _choice(points, method, count, seed)
    looked = METHODS[method] if choice.count > 1 or not METHODS[method].counted else KMeans  # one cloud has no graph
    with threadpool_limits(1):
        made = looked(points, seed, choice.count).cut(choice.count)
    head.keep(made, mean, axes, points)
    sizes = head.counted
    noise = 1 - sum(sizes) / len(points)
    told = [f"{method}: {choice.why}"]
    named = ", ".join(f"{size:,}" for size in sizes)
    told.append(f"{len(sizes)} cluster{'s' * (len(sizes) > 1)} of {named} rows, {noise:.1%} are noise")
    if len(vectors) > len(points):
        told.append(f"clusters were found among {len(points):,} of {len(vectors):,} rows, drawn at random")
    if choice.curve:
        curve = ", ".join(f"{number} {value:.2f}" for number, value in choice.curve)
        told.append(f"agreement of halves by number of clusters: {curve}")
    cautions = [] if noise <= TOO_MUCH_NOISE else [f"{noise:.0%} of the rows belong to no cluster"]
    agreed = dict(choice.curve).get(choice.count, 1.0)
    if agreed < ENOUGH:
        cautions.append(f"halves of the rows agree on these clusters to {agreed:.2f} only: another draw gives others")
    return Grouping(told, cautions, choice.curve)


def _choice(points: np.ndarray, method: str, count: int, seed: int) -> Choice:
    """How many clusters, and why."""
    if count:
        return Choice(count, "as many clusters as were asked for", ())
    if not METHODS[method].counted:
        return Choice(1, "dense regions make their own number", ())
    return choose(METHODS[method], points, seed)
