"""What headstart chooses where the user says nothing, each with its reason; the evidence is in docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core import catalog
from headstart.core.choice import Adaptation, Choice, Circumstances, strongest
from headstart.core.spec import Spec
from headstart.data.preparing.split import repeat

FEWEST = 512
"""Pictures from which contrast is learned: two batches of its default size."""

LEAST_BATCH, LARGE = 16, 256 * 64 * 64
"""Rows that a batch does not go below by itself, and pixels that it does not go beyond without an accelerator."""


def objective(about: Circumstances, backbone: str) -> Choice:
    """The learner for unlabelled data; `backbone` is the kind that is asked for or given, "auto" if that is open."""
    if about.spec.layout == "ids":
        return _reader(about, backbone)
    suited = {
        "dictionary": Choice("kmeans", "a dictionary is made of clusters of patches"),
        "linear": Choice("pca", "one affine map holds the principal components"),
        "mlp": Choice("autoencoder", "fully connected layers learn to reconstruct their input"),
        "vit": Choice("masked", "a vision transformer learns most from patches that are hidden"),
    }
    if backbone in suited:
        return suited[backbone]
    if _located(about):
        return Choice(
            "masked", "the labels are places in pictures, and reconstructing hidden squares trains local features"
        )
    if about.hurried(60) and backbone == "auto":
        return Choice("kmeans", "on a CPU there is time for few gradient steps, and a dictionary of patches needs none")
    if about.rows < FEWEST and backbone == "auto":
        return Choice("kmeans", f"{about.rows:,} pictures are fewer than two batches for contrastive learning")
    return Choice("contrastive", "this network learns best by contrasting augmented views")


def _located(about: Circumstances) -> bool:
    """Do the labels lie in the pictures: boxes, masks?"""
    return any(isinstance(label, Mapping) for label in about.labels)


def batch(advised: int, rows: int, spec: Spec, device: str) -> int:
    """Rows of a step of pretraining on pictures: so few that a pass has at least four steps, and, without an
    accelerator, no more pixels than 256 pictures of 64 x 64 have. Ten passes over 208 pictures of 256 x 256 in batches
    of 256 would be ten steps of half a minute.
    """
    if spec.layout != "grid":
        return advised
    most = rows // 4 if device != "cpu" else min(rows // 4, LARGE // (spec.sizes["height"] * spec.sizes["width"]))
    return min(advised, max(LEAST_BATCH, 1 << max(0, most.bit_length() - 1)))


def _reader(about: Circumstances, backbone: str) -> Choice:
    """The learner for texts."""
    if backbone in ("decoder", "rnn"):
        return Choice("causal", f"{backbone} is causal, so it predicts the next token")
    if backbone == "bag" or (backbone == "auto" and about.hurried(30)):
        return Choice("lsa", "on a CPU there is too little time for a language model, and topics take seconds")
    return Choice("masked", "predicting hidden tokens from both sides suits understanding of texts")


def network(spec: Spec, device: str) -> Choice:
    """The network where nothing else decides."""
    if spec.layout == "ids":
        return Choice("encoder", "it reads a text in both directions")
    if device == "cpu":
        return Choice("cnn", "plain convolutions are the fastest on a host without accelerator")
    return Choice("resnet", "convolutions suit few images")


def writer() -> Choice:
    """The network for texts that are to be written."""
    return Choice("decoder", "generating text needs a causal network")


def backbone(about: Circumstances, objective_kind: str) -> Choice:
    """The network that suits an objective."""
    spec, device = about.spec, about.device
    if objective_kind == "lsa":
        return Choice("bag", "topics are sums of word vectors")
    if objective_kind == "causal":
        return writer()
    if spec.layout == "ids":
        return network(spec, device)
    if objective_kind in ("vae", "aae", "ali") and device == "cpu":
        return Choice("mlp", "on a CPU it trains on ten times the pictures of a convolutional decoder")
    if objective_kind == "masked" and _located(about):
        return network(spec, device)  # with maps of several sizes, on which boxes and masks are found
    suits = {
        "kmeans": Choice("dictionary", "k-means fills a dictionary of patches"),
        "pca": Choice("linear", "principal components are a linear map"),
        "autoencoder": Choice("mlp", "a small symmetric network reconstructs its input"),
        "masked": Choice("vit", "hiding patches needs a backbone that takes any subset of places"),
    }
    return suits.get(objective_kind, network(spec, device))


def task(labels: Sequence[Any], about: Circumstances) -> Choice | None:
    """The task that suits these labels of train rows best; None if none does."""
    return strongest({kind: catalog.load("tasks", kind).suits(labels, about) for kind in catalog.kinds("tasks")})


def tuning(about: Adaptation) -> Choice:
    """How to adapt."""
    choice = strongest({kind: catalog.load("tunings", kind).suits(about) for kind in catalog.kinds("tunings")})
    assert choice is not None, "no tuning suits; one of them must be a fallback"
    return choice


def stratified(strata: Sequence[str] | None, rows: int, count: int, seed: int) -> np.ndarray:
    """Places of `count` of the rows that keep the shares of the strata (largest remainders), at least one each if they
    fit; drawn at random where there are no strata, or hardly two rows of one."""
    generator = np.random.default_rng([seed, count])
    if strata is None or 2 * len(set(strata)) > rows:
        return np.sort(generator.permutation(rows)[:count])
    names = np.array(strata)
    classes, sizes = np.unique(names, return_counts=True)
    if not repeat(len(classes), len(names)):
        return np.sort(generator.permutation(rows)[:count])
    shares = sizes / len(names) * count
    quota = np.maximum(np.floor(shares), min(1, count // len(classes))).astype(int)
    while quota.sum() != count:  # one row at a time to or from the class that is furthest from its share
        short = shares - quota
        if quota.sum() < count:
            quota[np.argmax(np.where(quota < sizes, short, -np.inf))] += 1
        else:
            quota[np.argmin(np.where(quota > 1, short, np.inf))] -= 1
    picked = [generator.permutation(np.flatnonzero(names == c))[:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(picked))
