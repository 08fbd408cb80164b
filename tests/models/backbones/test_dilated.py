"""Dilated convolutions: how their places become the vector of a row."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from headstart.core.contracts.spec import Spec
from headstart.models.backbones.dilated import Dilated

SPEC = Spec("ids", {"vocab": 20, "length": 40})


def made(**settings: Any) -> Dilated:
    torch.manual_seed(0)
    return Dilated(SPEC, width=16, depth=2, **settings).eval()


def rows() -> dict[str, torch.Tensor]:
    keep = torch.arange(30) < torch.tensor([[30], [17]])
    return {"x": torch.randint(0, 20, (2, 30), generator=torch.Generator().manual_seed(1)), "keep": keep}


@pytest.mark.parametrize(("pooling", "width"), [("both", 32), ("mean", 16), ("max", 16)])
def test_every_pooling_learns_in_all_of_its_layers_and_ignores_padding(pooling: str, width: int) -> None:
    network, given = made(pooling=pooling), rows()
    found = network.summary(network(given))
    assert found.shape == (2, width)
    found.square().sum().backward()
    layers = {id(parameter) for layer in network.layers() for parameter in layer.parameters()}
    assert layers == {id(parameter) for parameter in network.parameters()}
    assert all(parameter.grad is not None for parameter in network.parameters())
    cut = {name: values[1:, :17] for name, values in given.items()}
    assert torch.allclose(network.summary(network(cut))[0], found[1], atol=1e-5)
