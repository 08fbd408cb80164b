"""Low-rank adapters: small trained maps beside the fixed linear maps of a network, put in, taken out, merged."""

from collections.abc import Collection
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

A, B = "lora_A", "lora_B"


class _Down(nn.Module):
    """The first half of an adapter, [..., inputs] -> [..., rank]; a share `dropout` of its input is left out."""

    def __init__(self, weight: Tensor, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.scale, self.dropout = scale, dropout
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(weight.new_empty(rank, weight.shape[1]), a=5**0.5))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.dropout(x, self.dropout, self.training), self.weight * self.scale)


class _Up(nn.Module):
    """The second half, [..., rank] -> [..., outputs]; it starts at zero, so that a fresh adapter changes nothing."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.new_zeros(weight.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight)


def linear_maps(network: nn.Module) -> dict[str, nn.Module]:
    """Every linear map of a network by its name: nn.Linear, and what GPT-2 of transformers has in its place."""
    return {name: one for name, one in network.named_modules() if isinstance(one, nn.Linear) or is_turned(one)}


def is_turned(module: nn.Module) -> bool:
    """Is this the linear map of transformers' GPT-2, whose weight is [inputs, outputs]?"""
    return any(c.__module__ == "transformers.pytorch_utils" and c.__name__ == "Conv1D" for c in type(module).__mro__)


def put_in(network: nn.Module, names: Collection[str], *, rank: int, alpha: float, dropout: float) -> list[str]:
    """Adapters of a rank beside the named linear maps (Hu et al. 2022, section 4.1); names of the maps, in order.

    y = W x + alpha / rank * B A x, with A uniform and B zero at the start. Everything else is frozen.
    """
    network.requires_grad_(False)
    maps = {name: module for name, module in linear_maps(network).items() if name in names}
    for module in maps.values():
        weight = module.get_parameter("weight").detach()  # [outputs, inputs], or turned
        weight = weight.T if is_turned(module) else weight
        module.add_module(A, _Down(weight, rank, alpha / rank, dropout).train(module.training))
        module.add_module(B, _Up(weight, rank).train(module.training))
        module.__class__ = _adapted(type(module))
    return list(maps)


def adapters(network: nn.Module) -> dict[str, tuple[nn.Parameter, nn.Parameter]]:
    """A [rank, inputs] and B [outputs, rank] of every map that carries an adapter, by the map's name."""
    pairs: dict[str, tuple[nn.Parameter, nn.Parameter]] = {}
    for name, module in network.named_modules():
        if is_adapted(module):
            down, up = _halves(module)
            pairs[name] = (down.weight, up.weight)
    return pairs


def is_adapted(module: nn.Module) -> bool:
    return any(name == A for name, _ in module.named_children())


def whole_weight(module: nn.Module) -> Tensor:
    """What a linear map multiplies by, adapter included, for networks that do not ask the map itself."""
    weight = module.get_parameter("weight")
    return weight + _change(module).to(weight) if is_adapted(module) else weight


def merge(network: nn.Module) -> dict[str, Tensor]:
    """Add every adapter to the map it stands beside and take it out; its halves, named {map}.lora_A.weight."""
    taken: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, module in list(network.named_modules()):
            if not is_adapted(module):
                continue
            down, up = _halves(module)
            weight = module.get_parameter("weight")
            weight.add_(_change(module).to(weight))
            taken |= {f"{name}.{A}.weight": down.weight.detach(), f"{name}.{B}.weight": up.weight.detach()}
            module.__class__ = type(module).__bases__[0]
            delattr(module, A)
            delattr(module, B)
    network.requires_grad_(True)
    return taken


def _change(module: nn.Module) -> Tensor:
    """What its adapter adds to the weight of a linear map, in the map's own layout and in double precision."""
    down, up = _halves(module)
    change = up.weight.cpu().double() @ down.weight.cpu().double() * down.scale  # [outputs, inputs]
    return change.T if is_turned(module) else change


def _halves(module: nn.Module) -> tuple[_Down, _Up]:
    down, up = module.get_submodule(A), module.get_submodule(B)
    assert isinstance(down, _Down)
    assert isinstance(up, _Up)
    return down, up


def _adapted(kind: type[nn.Module]) -> type[nn.Module]:
    """A linear map's class with the adapter added to its answer: weights, names and attributes stay as they are."""

    def forward(self: nn.Module, x: Tensor) -> Any:
        down, up = _halves(self)
        return kind.forward(self, x) + up(down(x))

    return type(kind.__name__, (kind,), {"forward": forward})
