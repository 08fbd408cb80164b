"""The loss on held-out rows is that of all of them at once, whatever the batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.assemble import Parts, pretraining
from headstart.core.contracts import Batch
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.validation import held_losses
from tests.helpers.sentences import sentences

SMALL = {"width": 24, "depth": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """80 sentences to learn from and 50 to look at, whose packed rows and pictures make no whole number of batches."""
    texts, _ = sentences(130)
    given = {"train": np.array(texts[:80], object), "valid": np.array(texts[80:], object)}
    path = tmp_path_factory.mktemp("fit") / "data"
    return prepare(given, path, modality="text", near="keep", settings={"vocab": 400, "length": 32})


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """60 pictures to learn from and 37 to look at."""
    drawn = np.random.default_rng(0).integers(0, 256, (97, 8, 8), dtype=np.uint8)
    return prepare({"train": drawn[:60], "valid": drawn[60:]}, tmp_path_factory.mktemp("fit") / "data", near="keep")


def whole(parts: Parts) -> Batch:
    """All held-out rows as one batch."""
    assert parts.watched is not None
    batches = list(parts.watched.once())
    assert len(batches) > 1
    assert len(batches[-1]["key"]) < len(batches[0]["key"])
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


@pytest.mark.parametrize(("backbone", "objective"), [("encoder", "masked"), ("decoder", "causal")])
def test_held_losses_of_packed_texts_are_those_of_one_big_batch(store: Store, backbone: str, objective: str) -> None:
    recipe = Recipe(backbone={"kind": backbone, **SMALL}, objective={"kind": objective}, plan={"batch": 7, "steps": 3})
    parts = pretraining(recipe, store, device="cpu")
    found = held_losses(parts)
    trainee = parts.trainee
    assert trainee.backbone.training  # as it was
    trainee.backbone.eval()
    trainee.objective.eval()
    with torch.no_grad():
        step = trainee.objective(trainee.backbone, whole(parts))
    assert found["loss"] == pytest.approx(step.loss.item(), rel=1e-5)
    assert found["bits_per_byte"] == pytest.approx(step.logs["bits_per_byte"].item(), rel=0.02)
    assert held_losses(parts) == found


def test_held_losses_of_pictures_are_those_of_one_big_batch(pictures: Store) -> None:
    recipe = Recipe(backbone={"kind": "mlp"}, objective={"kind": "autoencoder"}, plan={"batch": 16, "steps": 3})
    parts = pretraining(recipe, pictures, device="cpu")
    found = held_losses(parts)
    parts.trainee.backbone.eval()
    parts.trainee.objective.eval()
    with torch.no_grad():
        step = parts.trainee.objective(parts.trainee.backbone, whole(parts))
    assert found["loss"] == pytest.approx(step.loss.item(), rel=1e-5)


def test_looking_at_held_rows_changes_no_weight(store: Store, tmp_path: Path) -> None:
    recipe = Recipe(backbone={"kind": "encoder", **SMALL}, objective={"kind": "masked"}, plan={"steps": 3})
    parts = pretraining(recipe, store, device="cpu")
    before = {name: tensor.clone() for name, tensor in parts.trainee.backbone.state_dict().items()}
    held_losses(parts)
    assert all(torch.equal(before[name], tensor) for name, tensor in parts.trainee.backbone.state_dict().items())
    assert all(parameter.grad is None for parameter in parts.trainee.backbone.parameters())
