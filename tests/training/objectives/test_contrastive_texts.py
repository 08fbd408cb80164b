"""SimCSE: the two views of a text are told from all others, with whatever backbone reads it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog, random
from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError
from headstart.data.modalities.text.augment import TextAugment as Augment
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.training.objectives.contrastive import Contrastive, matching_loss
from tests.helpers.sentences import sentences

TEXTS, TOPICS = sentences(64)
SMALL: dict[str, dict[str, Any]] = {
    "encoder": {"width": 24, "depth": 1, "heads": 2},
    "bag": {"width": 24},
    "decoder": {"width": 24, "depth": 1, "heads": 2},
    "hf": {"config": {"model_type": "bert", "vocab_size": 400, "hidden_size": 24, "num_hidden_layers": 1,
                      "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 64}},
}  # fmt: skip


@pytest.fixture(scope="module")
def modality() -> Text:
    made = Text(vocab=400, length=40)
    made.fit_stored([stacked([made.encode(made.read({"input": text}, Budget())) for text in sentences(200)[0]])])
    return made


@pytest.fixture(scope="module")
def batch(modality: Text) -> Batch:
    rows = [modality.encode(modality.read({"input": text}, Budget())) for text in TEXTS]
    made = modality.collate(MemoryRows(modality, rows).feed(np.arange(64)))
    return {**made, "key": random.keys(0, 0, torch.arange(64))}


def network(kind: str, modality: Text, **more: Any) -> Backbone:
    torch.manual_seed(0)
    return catalog.load("backbones", kind)(modality.spec, **{**SMALL[kind], **more})


@pytest.mark.parametrize("kind", SMALL)
def test_every_backbone_for_texts_learns_from_the_advice(kind: str, modality: Text, batch: Batch) -> None:
    """From defaults and what the objective advises."""
    backbone = network(kind, modality)
    objective = Contrastive(backbone, batch, Augment(modality, drop=Contrastive.advice["augment.drop"]))
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 3e-3)
    losses: list[float] = []
    for step in range(25):
        keys = random.keys(0, step, torch.arange(64))
        made = objective(backbone, {**batch, "key": keys})
        optimizer.zero_grad()
        made.loss.backward()
        optimizer.step()
        losses.append(made.loss.item())
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])


def test_the_loss_compares_the_projections_of_two_encodings(modality: Text, batch: Batch) -> None:
    backbone, augment = network("encoder", modality, dropout=0.0), Augment(modality, drop=0.3)
    objective = Contrastive(backbone, batch, augment)
    views = [augment(batch, view=view) for view in (0, 1)]
    assert torch.equal(views[0]["x"], views[1]["x"])
    assert not torch.equal(views[0]["keep"], views[1]["keep"])
    vectors = torch.cat([objective.projector(backbone.summary(backbone(view))) for view in views])
    torch.testing.assert_close(objective(backbone, batch).loss, matching_loss(vectors, 0.05)[0])


def test_dropout_alone_makes_a_pair(modality: Text, batch: Batch) -> None:
    backbone = network("encoder", modality, dropout=0.1)
    assert Contrastive(backbone, batch, Augment(modality))(backbone, batch).loss.item() > 0


@pytest.mark.parametrize("kind", ["encoder", "bag"])
def test_two_equal_views_are_refused_in_training_and_loaded_for_use(kind: str, modality: Text, batch: Batch) -> None:
    backbone = network(kind, modality, **({"dropout": 0.0} if kind == "encoder" else {}))
    objective = Contrastive(backbone, batch, Augment(modality))
    with pytest.raises(ContractError, match=r"nothing to learn.*augment\.drop=0\.3"):
        objective(backbone, batch)
    objective.eval()
    assert torch.isfinite(objective(backbone.eval(), batch).loss)


def test_a_projector_that_is_asked_for_is_built(modality: Text, batch: Batch) -> None:
    backbone = network("bag", modality)
    made = Contrastive(backbone, batch, Augment(modality, drop=0.3), projector=(20, 8), temperature=0.5)
    assert [layer.out_features for layer in made.projector if isinstance(layer, torch.nn.Linear)] == [20, 8]
    assert made.temperature == 0.5
