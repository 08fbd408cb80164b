"""The worlds that the kits run in: a kind of data, a modality that learned from it, rows as the store gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog, random
from headstart.core.contracts import Backbone, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.data.modalities.audio.audio import Audio
from headstart.data.modalities.image.annotations import packed
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.text import words as worded
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, stacked
from tests.helpers import chronos_checkpoints, episodes, gestures, waves
from tests.helpers.rectangles import rectangles
from tests.helpers.sentences import TOPICS, VERBS, sentences
from tests.helpers.sequence_worlds import labelled_residues, sequences
from tests.helpers.sounds import tones
from tests.helpers.table_rows import table
from tests.helpers.world import World as World
from tests.helpers.world import some as some
from tests.outside.raw import groups, wheels

_REFUSALS = ("HS-C206", "HS-C207", "HS-C260", "HS-C733")  # "reads token ids", "pictures", "text", "tables"
_AHEAD, _GROUPS = "tests.outside.tasks:Ahead", "tests.outside.tasks:Groups"
OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "modalities": ("tests.outside.signals:Signals", "tests.outside.vectors:Vectors"),
    "backbones": ("tests.outside.parts:Steps",),
    "objectives": ("tests.outside.parts:Denoise",),
    "tasks": (_AHEAD, _GROUPS),
}
_TINY = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def digits() -> World:
    """scikit-learn's digits, 8 x 8 in one channel."""
    from sklearn.datasets import load_digits

    flat, classes = load_digits(return_X_y=True)
    pixels = (np.asarray(flat).reshape(-1, 8, 8) * 15.9375).astype(np.uint8)[:, None]
    return _pictures(pixels, [int(one) for one in np.asarray(classes)[:64]])


def photos() -> World:
    """Noise of 32 x 32 in three channels."""
    generator = np.random.default_rng(0)
    return _pictures(generator.integers(0, 256, (64, 3, 32, 32), dtype=np.uint8), [n % 4 for n in range(64)])


def sounds() -> World:
    """Tones of four pitches at 8,000 samples a second, of unequal length."""
    rows, classes = tones(64)
    modality = Audio(rate=8000, seconds=0.4, mels=24)
    records = [{"input": one, "origin": f"row {n}"} for n, one in enumerate(rows)]
    modality.fit(records, Budget())
    encoded = [modality.encode(modality.read(record, Budget())) for record in records]
    modality.fit_stored([stacked(encoded)])
    batch = {**modality.collate(stacked(encoded)), "key": random.keys(0, 0, torch.arange(64))}
    return World("audio", modality, batch, classes, stored=stacked(encoded))


def text() -> World:
    """Sentences of four topics, cut to 32 ids of a vocabulary of 400; their lengths differ, so some are padded."""
    texts, topics = sentences(200)
    modality = Text(vocab=400, length=32)
    rows = [modality.encode(modality.read({"input": one}, Budget())) for one in texts]
    modality.fit_stored([stacked(rows)])
    settled = MemoryRows(modality, rows)
    batch = {**modality.collate(settled.feed(np.arange(64))), "key": random.keys(0, 0, torch.arange(64))}
    joined = modality.vocabulary.joined(settled.feed(np.arange(64, 128)))
    packed = {name: torch.from_numpy(values[: 12 * 32]).view(12, 32) for name, values in joined.items()}
    packed |= {"keep": torch.ones(12, 32, dtype=torch.bool), "key": random.keys(0, 0, torch.arange(12))}
    return World("text", modality, batch, topics[:64], packed, stacked(rows[:64]))


def words() -> World:
    """The same sentences cut into words; the last has a tag for every thing and knows what each verb is about."""
    short = [
        (row, topic) for text, topic in zip(*sentences(400), strict=True) if len(row := worded.cut(text).words) < 15
    ]
    cut, topics = [row for row, _ in short[:64]], [topic for _, topic in short[:64]]
    verbs = [[place for place, word in enumerate(row) if word in VERBS] for row in cut]
    tags = [
        ["B-THING" if word in TOPICS[topic] else "O" for word in row] for row, topic in zip(cut, topics, strict=True)
    ]
    roles = [
        {"predicates": [_predicate(row, place) for place in places]} for row, places in zip(cut, verbs, strict=True)
    ]
    modality = Text(vocab=400, length=32)
    given = [worded.Words(row, tuple(places)) for row, places in zip(cut, verbs, strict=True)]
    rows = [modality.encode(modality.read({"input": one}, Budget())) for one in given]
    modality.fit_stored([stacked(rows)])
    batch = modality.collate(MemoryRows(modality, rows).feed(np.arange(64)))
    keyed = {**batch, "key": random.keys(0, 0, torch.arange(64))}
    return World("text", modality, keyed, topics, stored=stacked(rows), labels={"tag": tags, "roles": roles})


def boxes() -> World:
    """Bright rectangles of two colours on dark noise, none to three a picture; told where they lie."""
    generator = np.random.default_rng(0)
    drawn = [rectangles(generator, 32, 48) for _ in range(64)]
    modality = Image()
    modality.fit([{"input": pixels, "label": label} for pixels, label in drawn], Budget())
    rows = [modality.encode(modality.read({"input": pixels, "label": label}, Budget())) for pixels, label in drawn]
    modality.fit_stored([stacked(rows)])
    batch = {**modality.collate(stacked(rows)), "key": random.keys(0, 0, torch.arange(64))}
    labels = [label for _, label in drawn]
    counts = [len(label["boxes"]) for label in labels]
    mixed = [{"count": count + 0.5, "empty": "yes" if count == 0 else "no"} for count in counts]
    return World("image", modality, batch, counts, stored=stacked(rows), labels={"detect": labels, "multitask": mixed})


def prompts() -> World:
    """The sentences with a text each that answers what they are about."""
    told = text()
    answers = [f"It is about the {TOPICS[topic][0]} and the {TOPICS[topic][1]}." for topic in told.classes]
    mixed = [
        {"topic": str(topic), "length": 0.5 + len(text) if place % 5 else None}
        for place, (topic, text) in enumerate(zip(told.classes, answers, strict=True))
    ]
    return replace(told, labels={"generate": answers, "multitask": mixed})


def _predicate(row: Sequence[str], place: int) -> dict[str, Any]:
    """ "the ship finds the wave": two words on each side."""
    roles = [(place - 2, place, "ARG0"), (place + 1, place + 3, "ARG1")]
    return {"index": place, "args": [{"start": a, "end": b, "role": role} for a, b, role in roles]}


def discs() -> World:
    """Up to sixteen discs in 20 x 20 pixels of one channel; their masks number them."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:20, :20]
    masks, pixels = np.zeros((64, 20, 20), np.int32), np.zeros((64, 1, 20, 20), np.uint8)
    for mask, picture in zip(masks, pixels, strict=True):
        for place in np.flatnonzero(generator.random(16) < 0.7):
            y, x = 2 + 5 * (place // 4), 2 + 5 * (place % 4)
            mask[np.hypot(rows - y, columns - x) < generator.uniform(1.2, 2.4)] = mask.max() + 1
        picture[0] = (40 + 160 * (mask > 0) + generator.normal(0, 10, mask.shape)).clip(0, 255)
    size = np.tile(np.int32([20, 20]), (64, 1))
    world = _pictures(pixels, [int(mask.max()) for mask in masks])
    return replace(
        world, batch={**world.batch, "size": torch.from_numpy(size)}, stored={**world.stored, "size": size},
        labels={"segment": [{"mask": packed(mask)} for mask in masks]},
    )  # fmt: skip


def lines() -> World:
    """Words of three letters written from left to right, each letter a pattern of 8 x 4 pixels with noise."""
    generator = np.random.default_rng(0)
    patterns = {letter: generator.integers(0, 2, (8, 4)) * 200 for letter in "abc"}
    pixels, texts = generator.normal(20, 10, (64, 1, 8, 28)), list[str]()
    for picture in pixels:
        words = ["".join(generator.choice(list("abc"), generator.integers(1, 4))) for _ in range(2)]
        texts.append(" ".join(words))
        for place, letter in enumerate(texts[-1]):
            if letter != " ":
                picture[0, :, 4 * place : 4 * place + 4] += patterns[letter]
    world = _pictures(pixels.clip(0, 255).astype(np.uint8), [len(text) % 4 for text in texts], Timed())
    events = [
        [{"start": 0.4 * n, "end": 0.4 * n + 0.4, "label": letter} for n, letter in enumerate(text) if letter != " "]
        for text in texts
    ]
    return replace(world, labels={"transcribe": texts, "events": events})


class Timed(Image):
    """Pictures that run over time from left to right, ten pixels a second."""

    @property
    def spec(self) -> Spec:
        return replace(super().spec, rate=10.0)


def signals() -> World:
    """Two columns of numbers of unequal length, read by a modality from outside of the package."""
    rows = wheels(64)
    return _outside("tests.outside.signals:Signals", rows, [len(row["wheel"]) % 4 for row in rows], _AHEAD)


def vectors() -> World:
    """Three groups of vectors, read by a modality from outside of the package."""
    rows, numbers = groups(64)
    return _outside("tests.outside.vectors:Vectors", list(rows), [int(one) for one in numbers], _GROUPS)


def _outside(kind: str, inputs: Sequence[Any], classes: list[int], task: str) -> World:
    """A world whose rows have no labels: its task takes its targets from the rows."""
    records = [{"input": one, "origin": f"row {n}"} for n, one in enumerate(inputs)]
    modality: Modality = catalog.load("modalities", kind)()
    modality.fit(records, Budget())
    stored = stacked([modality.encode(modality.read(record, Budget())) for record in records])
    modality.fit_stored([stored])
    batch = {**modality.collate(stored), "key": random.keys(0, 0, torch.arange(len(inputs)))}
    return World(kind, modality, batch, classes, stored=stored, labels={task: [None] * len(inputs)})


def every(family: str) -> list[str]:
    """The kinds of the catalog, and those from outside of the package."""
    return [*catalog.kinds(family), *OUTSIDE[family]]


def settings(kind: str, world: World) -> dict[str, Any]:
    """Settings of backbones that cannot be built without any; a new one of these gets its line here."""
    sizes = world.spec.sizes
    side, across = sizes.get("height", 8), sizes.get("width", 8)
    patch = side // 4 if side == across else math.gcd(side, across)  # patches have to fill pictures of other forms
    bert = {**_TINY, "model_type": "bert", "vocab_size": sizes.get("vocab", 0), "max_position_embeddings": 80}
    vit = {**_TINY, "model_type": "vit", "image_size": side if side == across else [side, across],
           "patch_size": patch,
           "num_channels": sizes.get("channels", 1)}  # fmt: skip
    table: dict[str, dict[str, Any]] = {
        "hf": {"config": bert if world.spec.layout == "ids" else vit},
        "chronos": {"config": chronos_checkpoints.config()},
        "timm": {"architecture": "vit_tiny_patch16_224",
                 "model_args": {"embed_dim": 24, "depth": 2, "num_heads": 2, "patch_size": patch}},
    }  # fmt: skip
    return table.get(kind, {})


def built(kind: str, world: World, **more: Any) -> Backbone | None:
    """A backbone from its defaults; None if it says that it reads other data. One of ours must refuse them as well."""
    torch.manual_seed(0)
    cls: type[Backbone] = catalog.load("backbones", kind)
    if ":" in kind and world.spec.layout not in cls.layouts:
        return None
    try:
        return cls(world.spec, **{**settings(kind, world), **more})
    except ContractError as refusal:
        if refusal.code not in _REFUSALS:
            raise
        return None


def small(kind: str, world: World) -> dict[str, Any]:
    """Settings that make a transformer, or a network for texts, quick to train in a test, as far as it has them."""
    known = catalog.defaults(catalog.load("backbones", kind))
    wanted = {"width": 48, "hidden": 64, "depth": 2} if world.spec.layout == "ids" or "heads" in known else {}
    return {name: value for name, value in wanted.items() if name in known}


def needed(backbone: Backbone | None, kind: str) -> Backbone:
    """The backbone, or the test is skipped."""
    if backbone is None:
        pytest.skip(f"{kind} reads other data")
    return backbone


MAKERS: Mapping[str, Callable[[], World]] = {"digits": digits, "photos": photos, "sentences": text, "words": words,
                                               "sequences": sequences, "residues": labelled_residues,
                                               "sounds": sounds, "signals": signals, "vectors": vectors,
                                               "table": table, "series": waves.world, "episodes": episodes.world,
                                               "gestures": gestures.world}  # fmt: skip
OF_TASKS: Mapping[str, Callable[[], World]] = {"discs": discs, "boxes": boxes, "prompts": prompts, "lines": lines}
"""Worlds that only tasks with labels of their own are tried in."""


FIRST = "first"


def tiers(names: Iterable[str]) -> list[Any]:
    """Parameters of a fixture: the first of these that suits a kind by default, and each of them in the slow tier."""
    return [FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in names)]


def _pictures(pixels: np.ndarray, classes: list[int], modality: Image | None = None) -> World:
    modality = modality or Image()
    modality.fit([{"input": pixels[0].transpose(1, 2, 0).squeeze()}], Budget())
    modality.fit_stored([{"x": pixels}])
    batch = {"x": torch.from_numpy(pixels[:64].copy()), "key": random.keys(0, 0, torch.arange(64))}
    return World("image", modality, batch, classes, stored={"x": pixels[:64]})
