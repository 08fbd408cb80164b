"""The contract of every backbone, checked on every file of the folder in every world it can read."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from headstart.core import catalog
from headstart.core.contracts import Backbone
from tests.helpers.worlds import MAKERS, World, built, every, needed, settings, some

pytestmark = pytest.mark.parametrize("kind", every("backbones"))


@pytest.fixture
def backbone(kind: str, world: World) -> Backbone:
    """A fresh network for the world, or the test is skipped."""
    return needed(built(kind, world), kind)


def parameters_of_layers(backbone: Backbone) -> list[int]:
    return [id(parameter) for layer in backbone.layers() for parameter in layer.parameters()]


def test_there_is_a_world_that_it_reads(kind: str, world_of: Callable[[str], World]) -> None:
    assert any(built(kind, world_of(name)) is not None for name in MAKERS)


def test_tokens_agree_with_their_layout(backbone: Backbone, world: World) -> None:
    tokens = backbone(world.ready)
    b, n, d = tokens.x.shape
    assert (b, d) == (4, backbone.width)
    assert n == tokens.prefix + math.prod(tokens.grid)
    assert tokens.keep.shape == (b, n)
    assert tokens.keep.dtype == torch.bool
    assert backbone.summary(tokens).shape[0] == b
    assert torch.isfinite(backbone.summary(tokens)).all()


def test_pyramid_goes_from_fine_to_coarse(backbone: Backbone, world: World) -> None:
    places = [math.prod(scale.grid) for scale in backbone.pyramid(world.ready)]
    assert places == sorted(places, reverse=True)


def test_a_decoder_leads_back_to_the_input(kind: str, backbone: Backbone, world: World) -> None:
    if backbone.decoder is None:
        pytest.skip(f"{kind} says that it has no decoder")
    assert backbone.decoder()(backbone(world.ready)).shape == world.ready["x"].shape


def test_layers_hold_every_parameter_once(backbone: Backbone) -> None:
    listed = parameters_of_layers(backbone)
    assert len(listed) == len(set(listed))
    assert set(listed) == {id(parameter) for parameter in backbone.parameters()}


def test_gradient_reaches_every_layer(backbone: Backbone, world: World) -> None:
    if not backbone.layers():
        pytest.skip("it has no weights that are stepped")
    summary = backbone.summary(backbone(world.ready))
    (summary * torch.randn_like(summary)).sum().backward()
    for layer in backbone.layers():
        reached = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters()]
        assert any(reached), f"no gradient in {layer}"


def test_safetensors_round_trip_gives_equal_outputs(
    kind: str, backbone: Backbone, world: World, tmp_path: Path
) -> None:
    backbone(world.ready)  # norms remember what they saw, and that must be saved too
    save_file(backbone.state_dict(), tmp_path / "model.safetensors")
    other = needed(built(kind, world), kind)
    for parameter in islice(other.parameters(), 1):
        torch.nn.init.zeros_(parameter)
    other.load_state_dict(load_file(tmp_path / "model.safetensors"))
    assert torch.equal(backbone.eval()(world.ready).x, other.eval()(world.ready).x)


def test_a_row_is_answered_alike_alone_and_in_company(backbone: Backbone, world: World) -> None:
    backbone.eval()
    together = backbone.summary(backbone(world.ready))
    alone = backbone.summary(backbone(some(world.ready, slice(2, 3))))
    assert torch.allclose(alone[0], together[2], atol=1e-5)


def test_a_subset_is_encoded_where_that_is_promised(kind: str, backbone: Backbone, world: World) -> None:
    if not backbone.any_subset:
        pytest.skip(f"{kind} does not promise it")
    embedded = backbone.eval().embed(world.ready)
    places = math.prod(embedded.grid)
    everything = torch.arange(places).flip(0).expand(4, places)
    there = backbone.encode(embedded.take(everything)).body.flip(1)
    assert torch.allclose(there, backbone.encode(embedded).body, atol=1e-5)
    few = backbone.encode(embedded.take(everything[:, :3]))
    assert few.x.shape == (4, embedded.prefix + 3, backbone.width)


def test_copying_gives_an_independent_network(backbone: Backbone, world: World) -> None:
    twin = copy.deepcopy(backbone.eval())
    assert torch.equal(backbone(world.ready).x, twin(world.ready).x)
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in backbone.parameters()}


def test_weights_fit_another_size_where_that_is_promised(kind: str, backbone: Backbone, world: World) -> None:
    if backbone.resize is None or world.kind != "image":
        pytest.skip(f"{kind} is bound to its size, or the data have none")
    network, sizes = catalog.load("backbones", kind), world.spec.sizes
    spec = replace(world.spec, sizes={**sizes, "height": 2 * sizes["height"]})
    other = network(spec, **network.resize.settings(settings(kind, world), world.spec, spec))
    other.load_state_dict(network.resize.weights(other, backbone))
    taller = {"x": torch.cat([world.ready["x"]] * 2, 2)}
    tokens = other(taller)
    assert other.summary(tokens).shape == backbone.summary(backbone(world.ready)).shape
    assert math.prod(tokens.grid) >= math.prod(backbone(world.ready).grid)
