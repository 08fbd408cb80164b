"""The contract of every backbone, checked on every file of the folder."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError

SMALL = {"channels": 1, "height": 8, "width": 8}
LARGER = {"channels": 3, "height": 32, "width": 32}

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("backbones"))
sizes = pytest.mark.parametrize("facts", [SMALL, LARGER], ids=["8x8x1", "32x32x3"])


def build(kind: str, facts: dict[str, int]) -> Backbone:
    return catalog.load("backbones", kind)(facts)


def parameters_of_layers(backbone: Backbone) -> list[int]:
    return [id(parameter) for layer in backbone.layers() for parameter in layer.parameters()]


@sizes
def test_tokens_agree_with_their_layout(kind: str, facts: dict[str, int], noise_batch: Callable[..., Batch]) -> None:
    backbone = build(kind, facts)
    tokens = backbone(noise_batch(facts))
    b, n, d = tokens.x.shape
    assert (b, d) == (4, backbone.width)
    assert n == tokens.prefix + math.prod(tokens.grid)
    assert tokens.keep.shape == (b, n)
    assert tokens.keep.dtype == torch.bool
    assert backbone.summary(tokens).shape[0] == b
    assert torch.isfinite(backbone.summary(tokens)).all()


@sizes
def test_pyramid_goes_from_fine_to_coarse(kind: str, facts: dict[str, int], noise_batch: Callable[..., Batch]) -> None:
    scales = build(kind, facts).pyramid(noise_batch(facts))
    places = [math.prod(scale.grid) for scale in scales]
    assert places == sorted(places, reverse=True)


@sizes
def test_mirror_paints_the_input_again(kind: str, facts: dict[str, int], noise_batch: Callable[..., Batch]) -> None:
    backbone, batch = build(kind, facts), noise_batch(facts)
    try:
        decoder = backbone.mirror()
    except ContractError:
        pytest.skip(f"{kind} says that it has no decoder")
    assert decoder(backbone(batch)).shape == batch["x"].shape


@sizes
def test_layers_hold_every_parameter_once(kind: str, facts: dict[str, int]) -> None:
    backbone = build(kind, facts)
    listed = parameters_of_layers(backbone)
    assert len(listed) == len(set(listed))
    assert set(listed) == {id(parameter) for parameter in backbone.parameters()}


def test_gradient_reaches_every_layer(kind: str, noise_batch: Callable[..., Batch]) -> None:
    backbone = build(kind, SMALL)
    summary = backbone.summary(backbone(noise_batch(SMALL)))
    (summary * torch.randn_like(summary)).sum().backward()
    for layer in backbone.layers():
        reached = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters()]
        assert any(reached), f"no gradient in {layer}"


def test_safetensors_round_trip_gives_equal_outputs(
    kind: str, noise_batch: Callable[..., Batch], tmp_path: Path
) -> None:
    backbone = build(kind, SMALL)
    backbone(noise_batch(SMALL))  # norms remember what they saw, and that must be saved too
    save_file(backbone.state_dict(), tmp_path / "model.safetensors")
    other = build(kind, SMALL)
    other.load_state_dict(load_file(tmp_path / "model.safetensors"))
    batch = noise_batch(SMALL)
    assert torch.equal(backbone.eval()(batch).x, other.eval()(batch).x)


@sizes
def test_a_row_is_answered_alike_alone_and_in_company(
    kind: str, facts: dict[str, int], noise_batch: Callable[..., Batch]
) -> None:
    backbone, batch = build(kind, facts).eval(), noise_batch(facts)
    together = backbone.summary(backbone(batch))
    alone = backbone.summary(backbone({name: values[2:3] for name, values in batch.items()}))
    assert torch.allclose(alone[0], together[2], atol=1e-5)


def test_a_subset_is_encoded_where_that_is_promised(kind: str, noise_batch: Callable[..., Batch]) -> None:
    backbone = build(kind, LARGER)
    if not backbone.any_subset:
        pytest.skip(f"{kind} does not promise it")
    embedded = backbone.eval().embed(noise_batch(LARGER))
    places = math.prod(embedded.grid)
    everything = torch.arange(places).flip(0).expand(4, places)
    there = backbone.encode(embedded.take(everything)).body.flip(1)
    assert torch.allclose(there, backbone.encode(embedded).body, atol=1e-5)
    few = backbone.encode(embedded.take(everything[:, :3]))
    assert few.x.shape == (4, embedded.prefix + 3, backbone.width)


def test_copying_gives_an_independent_network(kind: str, noise_batch: Callable[..., Batch]) -> None:
    backbone = build(kind, SMALL).eval()
    twin = copy.deepcopy(backbone)
    assert torch.equal(backbone(noise_batch(SMALL)).x, twin(noise_batch(SMALL)).x)
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in backbone.parameters()}
