"""Public networks for pictures: equal to their own library, trained in every way, saved, exported and opened again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import transformers
from sklearn.datasets import load_digits

from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Modality, Tuning
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError
from headstart.core.random import keys
from headstart.data.storage.gather import stacked
from headstart.inference.export import export
from headstart.inference.predictor import Predictor
from headstart.models import artifact
from headstart.models.public.hub import Checkpoint, open_checkpoint
from headstart.training.tasks.classify.classify import Classify
from tests.helpers import public_vision
from tests.helpers.made import facts as facts_of
from tests.helpers.public_vision import Public

DEEP = ("efficientnet_b0", "mobilenet_v2")  # sixteen blocks and more, of which `resnet18` and `convnext` have all kinds
EVERY = [
    pytest.param(one, marks=[pytest.mark.slow] if one in public_vision.RARER or one.name in DEEP else [])
    for one in (*public_vision.USUAL, *public_vision.RARER)
]
every = pytest.mark.parametrize("one", EVERY, ids=lambda one: one.kind)
# Pooled by weights of transformers' own that are not trained in most checkpoints, or by attention.
UNPOOLED = ("vit", "deit", "siglip_vision_model")
# Networks whose library has a way to ask for all scales.
NAMED = [o for o in public_vision.USUAL if len(o.grids) > 1 and o.name != "mobilenet_v2"]
Opened = tuple[Checkpoint, Any]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Public], Opened]:
    """A checkpoint and the network of its own library, written once."""
    written: dict[str, Opened] = {}

    def made(one: Public) -> Opened:
        if one.kind not in written:
            path = tmp_path_factory.mktemp("public")
            model = public_vision.write(one, path)
            written[one.kind] = open_checkpoint(f"{one.library}:{path}"), model
        return written[one.kind]

    return made


def digits(modality: Modality, count: int = 32) -> Batch:
    """Handwritten digits in the form that a checkpoint wants, as the store gives them, with their classes."""
    images, numbers = load_digits(return_X_y=True)
    rows = [(np.asarray(one).reshape(8, 8) * 15.9375).astype(np.uint8) for one in images[:count]]
    encoded = stacked([modality.encode(modality.read({"input": row, "origin": "digits"}, Budget())) for row in rows])
    batch = {**modality.collate(encoded), "key": keys(0, 0, torch.arange(count))}
    return {**batch, "y": torch.tensor(np.asarray(numbers)[:count])}


def close(one: torch.Tensor, other: torch.Tensor, tolerance: float = 1e-4) -> bool:
    """Equal to so much of the largest number, or of 1."""
    return one.shape == other.shape and float((one - other).abs().max()) <= tolerance * max(1, float(other.abs().max()))


def rows_of(last: torch.Tensor, backbone: Any) -> torch.Tensor:
    """Features or maps as places, [B, N, D]."""
    if last.ndim == 3:
        return last
    return last.flatten(2).transpose(1, 2) if backbone.made.layout == "NCHW" else last.flatten(1, 2)


def classifier(backbone: Backbone, modality: Modality, batch: Batch) -> Classify:
    augment = modality.augment(modality)
    return Classify(backbone, {n: v[:4] for n, v in batch.items()}, augment, classes=[str(n) for n in range(10)])


def stepped(backbone: Backbone, task: Classify, batch: Batch, tuning: Tuning, steps: int = 6) -> list[float]:
    """The loss before each of some updates on one batch; augmentation and dropout rest, so that it has to fall."""
    parameters = [p for group in tuning.groups(backbone, task) for p in group.parameters]
    optimizer = torch.optim.Adam(parameters, lr=1e-5)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = task(backbone, batch).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@every
def test_features_are_those_of_its_library_on_its_preprocessing(one: Public, opened: Callable) -> None:
    checkpoint, model = opened(one)
    predictor = Predictor.load(f"{one.library}:{checkpoint.path}")
    backbone, images = predictor.trainee.backbone.eval(), public_vision.pictures(one.side)
    x = public_vision.pixels(one, checkpoint.path, images)
    with torch.no_grad():
        last, pooled = public_vision.features(one, model, x)
        tokens = backbone({"x": x})
        summary = backbone.summary(tokens)
    assert tokens.x.shape[1] == tokens.prefix + tokens.grid[0] * tokens.grid[1]
    assert close(tokens.x, rows_of(last, backbone))
    found = torch.from_numpy(predictor.embed(images))
    assert close(found, summary)
    if pooled is not None and one.name not in UNPOOLED:
        assert close(found, pooled)


@every
def test_scales_come_finest_first_on_their_grids(one: Public, opened: Callable) -> None:
    checkpoint, _ = opened(one)
    backbone = checkpoint.backbone().eval()
    x = torch.randn(2, 3, one.side, one.side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        scales, whole = backbone.pyramid({"x": x}), backbone({"x": x})
        again = backbone.pyramid({"x": x[1:]})
    assert tuple(scale.grid for scale in scales) == tuple((side, side) for side in one.grids)
    assert all(s.x.shape[1] == s.prefix + s.grid[0] * s.grid[1] for s in scales)
    assert all(close(two.x[1:], alone.x) for two, alone in zip(scales, again, strict=True))
    if len(one.grids) == 1:
        assert torch.equal(scales[0].x, whole.x)


@pytest.mark.parametrize("one", NAMED, ids=lambda one: one.kind)
def test_scales_are_those_that_its_library_names(one: Public, opened: Callable) -> None:
    checkpoint, model = opened(one)
    x = torch.randn(2, 3, one.side, one.side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = checkpoint.backbone().eval().pyramid({"x": x})
        expected = public_vision.scales(one, model, x)
    assert len(expected) == len(found)
    for scale, maps in zip(found, expected, strict=True):
        assert close(scale.x, maps.flatten(2).transpose(1, 2))


@every
def test_a_probe_full_training_and_adapters_learn_digits(one: Public, opened: Callable) -> None:
    checkpoint, _ = opened(one)
    modality = checkpoint.modality()
    batch = digits(modality)
    backbone = checkpoint.backbone().eval()
    task = classifier(backbone, modality, batch).eval()
    with torch.no_grad():
        step = catalog.load("tunings", "probe")().solve(backbone, task, [batch], 0)
    assert float(step.loss) < 2.3025  # knowing nothing is ln 10
    task = classifier(backbone, modality, batch).eval()
    before = [parameter.clone() for parameter in backbone.parameters()]
    losses = stepped(backbone, task, batch, catalog.load("tunings", "full")())
    assert min(losses[1:]) < losses[0]
    moved = [not torch.equal(a, b) for a, b in zip(before, backbone.parameters(), strict=True)]
    assert sum(moved) > 0.25 * len(moved)
    backbone, lora = checkpoint.backbone().eval(), catalog.load("tunings", "lora")(rank=2)
    if not one.linear:
        with pytest.raises(ContractError, match="no linear map"):
            lora.begin(backbone)
        return
    lora.begin(backbone)
    losses = stepped(backbone, classifier(backbone, modality, batch).eval(), batch, lora)
    assert min(losses[1:]) < losses[0]
    ready = modality.ready(batch)
    with torch.no_grad():
        adapted = backbone(ready).x
        lora.end(backbone)
        assert close(backbone(ready).x, adapted)


@every
def test_a_tuned_one_opens_here_and_in_its_library(one: Public, opened: Callable, tmp_path: Path) -> None:
    checkpoint, _ = opened(one)
    modality, backbone = checkpoint.modality(), checkpoint.backbone()
    batch = digits(modality, 8)
    task = classifier(backbone, modality, batch)
    stepped(backbone.train(), task.train(), batch, catalog.load("tunings", "full")(), steps=2)  # batch norms move too
    backbone.eval()
    artifact.save(
        tmp_path / "own",
        config={**checkpoint.config, "task": {"kind": "classify", "classes": list(task.classes)}},
        backbone=backbone, head=task, modality=modality, facts=facts_of(),
    )  # fmt: skip
    artifact.seal(tmp_path / "own")
    images = public_vision.pictures(one.side)
    reopened = Predictor.load(tmp_path / "own")
    x = modality.ready(
        modality.collate(stacked([modality.encode(modality.read({"input": i}, Budget())) for i in images]))
    )["x"]
    with torch.no_grad():
        tokens = backbone({"x": x})
        assert close(torch.from_numpy(reopened.embed(images)), backbone.summary(tokens))
    done = export(reopened, "transformers", tmp_path / "theirs", images)
    assert done.difference < 1e-4
    with torch.no_grad():
        theirs = transformers.AutoModel.from_pretrained(tmp_path / "theirs").eval()(pixel_values=x).last_hidden_state
        if one.library == "timm":
            there = timm.create_model(f"local-dir:{tmp_path / 'theirs'}", pretrained=True).eval()
            ours = backbone.summary(tokens) if "deit" in one.name else task.head(backbone.summary(tokens))
            assert close(there(x), ours)
    assert close(rows_of(theirs, backbone), tokens.x)
