"""The next stretch of numbers over time: said from those before it alone, with padding left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.contracts import Backbone
from headstart.core.errors import ContractError
from headstart.models.backbones.decoder import Decoder
from headstart.models.backbones.encoder import Encoder
from headstart.models.backbones.rnn import Rnn
from headstart.training.next_patch import NextPatch, series_of
from headstart.training.objectives.causal import Causal
from tests.helpers import waves

each = pytest.mark.parametrize("network", [Decoder, Rnn])


def pair(network: type[Backbone], patch: int = 5) -> tuple[Backbone, Causal]:
    torch.manual_seed(0)
    world = waves.world()
    backbone = network(world.modality.spec, width=32, depth=1, patch=patch)  # 24 steps: the first of 5 is filled up
    return backbone, Causal(backbone, world.batch, world.modality.augment(world.modality))


@each
def test_what_repeats_is_learned(network: type[Backbone]) -> None:
    backbone, objective = pair(network)
    batch = waves.world().batch
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 3e-3)
    losses = list[float]()
    for _ in range(80):
        step = objective(backbone, batch)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        losses.append(float(step.loss.detach()))
    assert np.mean(losses[-5:]) < 0.4 * losses[0]


@each
def test_no_place_sees_what_it_says(network: type[Backbone]) -> None:
    backbone, _ = pair(network)
    batch = {**waves.world().batch}
    other = {**batch, "x": batch["x"].clone()}
    other["x"][..., -5:] += 3.0
    one, two = backbone.eval()(batch).x, backbone.eval()(other).x
    assert torch.allclose(one[:, :-1], two[:, :-1], atol=1e-6)
    assert not torch.allclose(one[:, -1], two[:, -1], atol=1e-3)


def test_the_loss_of_saying_the_last_value_is_that_of_the_differences() -> None:
    """The head begins at zero, which says that values stay as they are."""
    backbone, objective = pair(Decoder, patch=6)
    batch = waves.world().batch
    steps = series_of(batch["x"])[..., 0].unflatten(1, (-1, 6))
    expected = (steps[:, 1:] - steps[:, :-1, -1:]).square().mean()
    torch.testing.assert_close(objective.eval()(backbone.eval(), batch).loss, expected)


def test_stretches_of_padding_are_not_counted() -> None:
    backbone, _ = pair(Decoder, patch=6)
    ready = {"x": waves.world().batch["x"][:2], "keep": torch.ones(2, 24, dtype=torch.bool)}
    ready["keep"][1, 13:] = False
    said = NextPatch(backbone(ready), ready)
    one = said(backbone(ready), ready)
    other = {**ready, "x": ready["x"].clone()}
    other["x"][1, ..., 13:] = 9.0
    torch.testing.assert_close(said(backbone(other), other), one)


def test_a_network_that_looks_ahead_and_one_long_stretch_are_refused() -> None:
    world = waves.world()
    augment = world.modality.augment(world.modality)
    with pytest.raises(ContractError, match="HS-C226"):
        Causal(Encoder(world.modality.spec, width=32, depth=1), world.batch, augment)
    with pytest.raises(ContractError, match="HS-C853"):
        Causal(Decoder(world.modality.spec, width=32, depth=1, patch=24), world.batch, augment)
