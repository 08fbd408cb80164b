"""Groups that a task found: a card each with rows near its middle and at its edge, what tells it apart, and a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts.groups import Groups, Membership
from headstart.core.contracts.look import Look
from headstart.core.formatting import shorten
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.reports import blocks, samples
from headstart.reports.blocks import Bars, Block, Front, Gallery, Scatter, Section, Series, Verdict
from headstart.training.clustering.space import main_axes

LOOKED, MAPPED = 5000, 1500  # rows that are sorted into cards, and that are on the map
CARDS = 20  # groups that have a card
NEAR, ODD = 4, 2  # rows of a card
PIECE = 2000  # vectors that are asked about at once
INSIDE, OUTSIDE = 100, 200  # rows by which a group is told from others


@dataclass(frozen=True)
class Found:
    """What the report shows of groups."""

    groups: Groups
    sizes: Bars
    cards: Sequence[Gallery]
    sections: Sequence[Section]

    def front(self, usual: Front, told: Sequence[str]) -> Front:
        """The first screen: how many groups, their map, their sizes, the card of the largest."""
        count = len(self.groups.sizes)
        verdict = Verdict("no clusters: one cloud" if count == 1 else f"{count} clusters", f"{'; '.join(told[:2])}.",
                          "unsure" if count == 1 else "plain")  # fmt: skip
        return replace(usual, verdict=verdict, drawing=self.sizes, examples=next(iter(self.cards), None))


def found(predictor: Predictor, store: Store, rows: np.ndarray) -> Found | None:
    """The groups of some of the rows [n]; None for a task without groups of its own."""
    groups = predictor.task.groups
    if groups is None:
        return None
    rows = samples.spread(rows, LOOKED)
    vectors = predictor.features(store, rows)
    with torch.inference_mode():
        parts = torch.from_numpy(vectors).to(predictor.device).split(PIECE)
        said = [predictor.task.answer.membership(answer) for part in parts for answer in groups.answers(part)]
    members = [one for one in said if one is not None]
    numbers = np.array([one.number for one in members])
    cards = [_card(predictor, store, rows, members, numbers, number, groups) for number in _carded(numbers)]
    drawn = _map(store, rows, vectors, members)
    about: list[Block] = [drawn] if drawn is not None else []
    if groups.curve:
        line = Series("agreement of halves", [n for n, _ in groups.curve], [value for _, value in groups.curve])
        about.append(blocks.Chart("How many clusters?", "clusters", "adjusted Rand index", [line]))
    sizes = Bars("Train rows of each cluster", [(f"cluster {n}", size) for n, size in enumerate(groups.sizes)])
    return Found(groups, sizes, cards, [Section("Clusters", [*about, *cards])])


def _carded(numbers: np.ndarray) -> list[int]:
    """The first groups, and noise where there is any."""
    return [int(n) for n in np.unique(numbers) if 0 <= n < CARDS] + ([-1] if (numbers < 0).any() else [])


def _card(
    predictor: Predictor, store: Store, rows: np.ndarray, members: Sequence[Membership], numbers: np.ndarray,
    number: int, groups: Groups,
) -> Gallery:  # fmt: skip
    """Rows near the middle of a group and at its edge, after what tells it from others."""
    own = np.flatnonzero(numbers == number)
    own = own[np.argsort([members[place].distance for place in own.tolist()], kind="stable")]
    near = own[:NEAR] if number >= 0 else own[:0]
    odd = own[len(near) :][-ODD:] if number >= 0 else own[-NEAR:]
    shown = np.concatenate([near, odd])
    titles = ["near its middle"] * len(near) + ["at its edge" if number >= 0 else "far from all"] * len(odd)
    looks = zip(samples.samples(store, rows[shown], type(predictor.task)), titles, strict=True)
    items = [replace(look, title=title if not _labelled(look) else f"{title}: {look.title}") for look, title in looks]
    told = _contrast(predictor, store, rows[numbers == number], rows[numbers != number])
    size = f"{groups.sizes[number]:,} train rows" if number >= 0 else f"{len(own):,} of {len(rows):,} rows"
    return Gallery(f"{members[int(own[0])].name}: {size}", [*told, *items])


def _labelled(look: Look) -> bool:
    return look.title not in ("", "no label", "None")


def _contrast(predictor: Predictor, store: Store, inside: np.ndarray, outside: np.ndarray) -> list[Look]:
    """What tells a group from the others, as the modality says it; [] where there are no others or nothing to say."""
    if len(inside) < 2 or not len(outside):
        return []
    sides = [samples.spread(inside, INSIDE), samples.spread(outside, OUTSIDE)]
    every = _ready(predictor, store, np.concatenate(sides))
    look = predictor.modality.view.contrast(every[: len(sides[0])], every[len(sides[0]) :])
    return [replace(look, title="what tells it apart")] if look.lines or look.picture is not None else []


def _ready(predictor: Predictor, store: Store, rows: np.ndarray) -> Tensor:
    """Ready values of rows, on the host."""
    return predictor.modality.ready(predictor.modality.collate(store.take(rows)))["x"].cpu()


def _map(store: Store, rows: np.ndarray, vectors: np.ndarray, members: Sequence[Membership]) -> Scatter | None:
    """Rows with vectors [n, F] on a plane by t-SNE (van der Maaten and Hinton 2008) of 50 main axes, each with what it
    is as its title."""
    some = samples.spread(np.arange(len(rows)), MAPPED)
    if len(some) < 10:
        return None
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    mean, axes = main_axes(vectors[some], 0.0, 0)
    flat = (vectors[some] - mean) @ axes
    perplexity = min(30.0, (len(some) - 1) / 3)
    with threadpool_limits(1):  # threads add up in any order
        plane = TSNE(
            2,
            perplexity=perplexity,
            init=flat[:, :2] * (1e-4 / max(float(flat[:, 0].std()), 1e-12)),  # pyright: ignore[reportArgumentType]
            random_state=0,
            max_iter=500,
        ).fit_transform(flat)
    names = [members[place].name for place in some.tolist()]
    return Scatter("Rows on a plane (t-SNE)", plane[:, 0], plane[:, 1], names, _titles(store, rows[some]))


def _titles(store: Store, rows: np.ndarray) -> list[str]:
    """What each row is: its words where it has any, its label, and where it comes from."""
    texts = [""] * len(rows)
    if store.modality.vocabulary is not None:
        texts = [shorten(text, 80) for text in store.modality.vocabulary.texts(store.take(rows))]
    told = list[str]()
    for text, example in zip(texts, store.examples_of(rows), strict=True):
        label = example.get("label")
        parts = [text, "" if label is None else str(label), str(example.get("origin", ""))]
        told.append(" · ".join(part for part in parts if part))
    return told
