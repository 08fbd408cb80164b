"""What headstart chooses where the user says nothing, each with its reason; the evidence is in docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.spec import Spec
from headstart.data.preparing.split import repeat

FEWEST = 512
"""Pictures from which contrast is learned: two batches of its default size."""

SPREAD_UP_TO, SPREAD_FROM = 50, 10
"""Labels a class up to which they are spread, and rows without labels for each with one from which they are."""


LEAST_BATCH, LARGE = 16, 256 * 64 * 64
"""Rows that a batch does not go below by itself, and pixels that it does not go beyond without an accelerator."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind and why it was taken."""

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides how to pretrain: the spec of the data, how many rows, whether their labels lie in the pictures
    (boxes, masks), and what there is of time and hardware."""

    spec: Spec
    rows: int
    device: str
    minutes: float | None = None
    located: bool = False

    def hurried(self, enough: float) -> bool:
        """Too little for many gradient steps: no accelerator, and fewer minutes than are enough."""
        return self.device == "cpu" and (self.minutes is None or self.minutes < enough)


def objective(about: Circumstances, backbone: str) -> Choice:
    """The learner for unlabelled data; `backbone` is the kind that is asked for or given, "auto" if that is open."""
    if about.spec.layout == "ids":
        return _reader(about, backbone)
    suited = {
        "dictionary": Choice("kmeans", "a dictionary is filled with clusters of patches"),
        "linear": Choice("pca", "one affine map holds the principal axes"),
        "mlp": Choice("autoencoder", "fully connected layers learn to paint their input again"),
        "vit": Choice("masked", "a vision transformer learns most from patches that are hidden"),
    }
    if backbone in suited:
        return suited[backbone]
    if about.located:
        return Choice("masked", "the labels lie in the pictures: painting hidden squares teaches what is where")
    if about.hurried(60) and backbone == "auto":
        return Choice("kmeans", "two cores see few gradient steps, and a dictionary of patches needs none")
    if about.rows < FEWEST and backbone == "auto":
        return Choice("kmeans", f"{about.rows:,} pictures are fewer than two batches of different ones to tell apart")
    return Choice("contrastive", "a network of this kind learns to tell pictures apart, whatever is changed in them")


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
        return Choice("causal", f"{backbone} reads from left to right, so it guesses the next word")
    if backbone == "bag" or (backbone == "auto" and about.hurried(30)):
        return Choice("lsa", "two cores see too few words to learn reading, and topics need a few seconds only")
    return Choice("masked", "guessing hidden words from both sides teaches most about a text")


def network(spec: Spec, device: str) -> Choice:
    """The network where nothing else decides."""
    if spec.layout == "ids":
        return Choice("encoder", "a text is understood from both sides")
    if device == "cpu":
        return Choice("cnn", "plain convolutions are the fastest on a host without accelerator")
    return Choice("resnet", "convolutions learn most from few images")


def writer() -> Choice:
    """The network for texts that are to be written."""
    return Choice("decoder", "writing needs a network that only looks back")


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
        return Choice("mlp", "on a CPU it sees ten times the pictures that a convolutional painter sees")
    if objective_kind == "masked" and about.located:
        return network(spec, device)  # with maps of several sizes, on which boxes and masks are found
    suits = {
        "kmeans": Choice("dictionary", "k-means fills a dictionary of patches"),
        "pca": Choice("linear", "the principal axes are a linear map"),
        "autoencoder": Choice("mlp", "a small symmetric network reconstructs its input"),
        "masked": Choice("vit", "hiding patches needs a backbone that takes any subset of places"),
    }
    return suits.get(objective_kind, network(spec, device))


def task(labels: Sequence[Any], *, worded: bool, writes: bool = False) -> Choice:
    """Which task, by the labels themselves; `worded` says that rows came cut into words, `writes` that the network can
    write."""
    if worded and all(isinstance(label, Mapping) for label in labels):
        return Choice("roles", "the rows are sentences with their predicates")
    if worded and all(isinstance(label, list | tuple) for label in labels):
        return Choice("tag", "the rows are words with a tag each")
    if all(isinstance(label, Mapping) for label in labels):
        if all("boxes" in label for label in labels):
            return Choice("detect", "the labels are boxes")
        if all("mask" in label for label in labels):
            return Choice("segment", "the labels are masks")
    if writes and are_sentences(labels):
        return Choice("generate", "the labels are texts, most of them different")
    flat = [one for label in labels for one in (label if isinstance(label, list | tuple) else [label])]
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in flat) and flat:
        whole = all(float(one).is_integer() for one in flat)
        distinct = len(set(flat))
        if not whole or distinct > 50:
            return Choice("regress", f"the labels are numbers with {distinct} different values")
    return Choice("classify", f"the labels are {len({str(one) for one in flat})} names")


def are_sentences(labels: Sequence[Any]) -> bool:
    """Are they texts of several words, most of which occur once? Names of classes are neither."""
    texts = [label for label in labels if isinstance(label, str)]
    if len(texts) < max(2, len(labels)) or 2 * len(set(texts)) <= len(texts):
        return False
    return float(np.mean([len(text.split()) for text in texts])) >= 3


def tuning(rows: int, classes: int, *, linear: bool) -> Choice:
    """How to adapt, by labels a class; `linear` says that a linear model can be the head."""
    if not linear:
        return Choice("full", "no linear model on fixed features can do this task")
    per_class, unit = rows / max(1, classes), "labels a class" if classes > 1 else "labels"
    # patch words of Fashion-MNIST at 100 labels a class: probe .863; .862 moved gently from there; .820 moved at 1e-3
    if per_class <= 500:
        return Choice("probe", f"{per_class:.0f} {unit}: a linear model on fixed features is the most stable")
    return Choice("full", f"{per_class:.0f} {unit} are enough to move the whole network")


def tuning_of_solved(rows: int, unlabelled: int, classes: Sequence[Any], *, single: bool) -> Choice:
    """How to adapt what was solved, not stepped: a dictionary, topics. `single` says that a row has one class.

    At 10 labels a class spreading adds 2 to 6 points on Fashion-MNIST, CIFAR-10, MNIST, AG News and DBpedia, nothing on
    SST-2 and hotel reviews (where it keeps the probe by itself), and costs one on the 150 intents of CLINC150.
    """
    per_class = rows / max(1, len(classes))
    if single and per_class <= SPREAD_UP_TO and unlabelled >= SPREAD_FROM * rows:
        why = f"{per_class:.0f} labels a class, and {unlabelled:,} rows without: their neighbours tell of them"
        return Choice("spread", why)
    return Choice("probe", "the start is one layer that was solved, not stepped: its features are kept")


def stratified(labels: Sequence[Any], count: int, seed: int) -> np.ndarray:
    """Places of `count` labels that keep the classes' shares (largest remainders), at least one a class if they fit."""
    generator = np.random.default_rng([seed, count])
    if all(isinstance(label, float | list | tuple | Mapping) for label in labels):
        return np.sort(generator.permutation(len(labels))[:count])
    if 2 * len(set(map(str, labels))) > len(labels):  # nearly every label is its own: nothing to keep the shares of
        return np.sort(generator.permutation(len(labels))[:count])
    names = np.array([str(label) for label in labels])
    classes, sizes = np.unique(names, return_counts=True)
    if not repeat(len(classes), len(names)):
        return np.sort(generator.permutation(len(labels))[:count])
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
