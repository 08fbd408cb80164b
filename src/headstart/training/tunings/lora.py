"""Low-rank adaptation: the pretrained weights stay, small maps beside them learn."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from headstart.core.contracts import Backbone, Group, Objective, Tuning
from headstart.core.errors import ContractError, RecipeError
from headstart.models.adapter import adapter_files
from headstart.models.nn.lowrank import adapters, is_turned, linear_maps, merge, put_in
from headstart.models.nn.norms import batch_norms, rest
from headstart.training.plan import STEPPED_TUNING


class Lora(Tuning):
    """Train adapters of low rank beside every linear map, and the head; what is saved is their sum, a plain model.

    y = W x + alpha / rank * B A x with W fixed (Hu et al. 2022), on attention and feedforward alike, at ten times the
    rate of full fine-tuning (Schulman 2025, "LoRA Without Regret"). Convolutions, embeddings and norms stay.

    rank     places between the two halves of an adapter
    alpha    an adapter's answer counts alpha / rank times (0: alpha is twice the rank)
    dropout  share of an adapter's input left out in training
    layers   share of the layers that hold linear maps, from the output side; or their numbers, 0 is next to the input
    """

    needs_pretrained: ClassVar[bool] = True
    lr_multiplier: ClassVar[float] = 10.0
    advice: ClassVar[Mapping[str, Any]] = STEPPED_TUNING

    def __init__(
        self, *, rank: int = 16, alpha: float = 0.0, dropout: float = 0.0, layers: float | tuple[int, ...] = 1.0
    ) -> None:
        _check("rank", rank, rank >= 1, "1 or more")
        _check("alpha", alpha, alpha >= 0 and math.isfinite(alpha), "0 or more")
        _check("dropout", dropout, 0 <= dropout < 1, "a share below 1")
        some = len(layers) > 0 if isinstance(layers, tuple) else 0 < layers <= 1
        _check("layers", layers, some, "a share above 0, or a list of numbers")
        self.rank, self.alpha, self.dropout, self.layers = rank, alpha or 2.0 * rank, dropout, layers
        self._resting: list[nn.Module] = []
        self._taken: dict[str, Tensor] = {}
        self._turned = False

    def begin(self, backbone: Backbone) -> None:
        names = [name for layer in self._chosen(_by_layer(backbone)) for name in layer]
        put_in(backbone, names, rank=self.rank, alpha=self.alpha, dropout=self.dropout)
        self._turned = all(is_turned(backbone.get_submodule(name)) for name in names)
        self._resting = batch_norms(backbone)

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        found = [half for halves in adapters(backbone).values() for half in halves]
        if not found:
            raise ContractError(268, "there are no adapters to train", fix="call tuning.begin(backbone) first")
        backbone.requires_grad_(False)
        for half in found:
            half.requires_grad_(True)
        return [Group("adapters", found), Group("head", list(task.parameters()))]

    def at(self, done: float) -> None:
        rest(self._resting)

    def end(self, backbone: Backbone) -> None:
        self._taken = merge(backbone)

    def files(self, backbone: Backbone, base: str) -> Mapping[str, bytes]:
        """The adapter alone, as the peft library reads it, where other libraries know the network."""
        settings = {"r": self.rank, "lora_alpha": self.alpha, "lora_dropout": self.dropout}
        return adapter_files(backbone.interop, self._taken, {**settings, "fan_in_fan_out": self._turned}, base)

    def _chosen(self, maps: list[list[str]]) -> list[list[str]]:
        """The layers that get adapters, of those that hold linear maps; ContractError where there is no such layer."""
        if not maps:
            fix = "use --tuning full, gradual or probe"
            raise ContractError(265, "this backbone has no linear map for an adapter", fix=fix)
        if not isinstance(self.layers, tuple):
            return maps[-math.ceil(self.layers * len(maps)) :]
        fits = all(0 <= number < len(maps) for number in self.layers)
        _check("layers", self.layers, fits, f"numbers from 0 to {len(maps) - 1}")
        return [maps[number] for number in sorted(set(self.layers))]


def _by_layer(backbone: Backbone) -> list[list[str]]:
    """Names of the linear maps of every layer that holds some, input side first."""
    names = {id(module): name for name, module in linear_maps(backbone).items()}
    found: list[list[str]] = []
    for layer in backbone.layers():
        inside = [names.pop(id(module)) for module in layer.modules() if id(module) in names]
        if inside:
            found.append(inside)
    return found


def _check(name: str, value: object, fits: bool, expected: str) -> None:
    if not fits:
        raise RecipeError(266, "setting is out of range", where=f"tuning.{name}", found=value, expected=expected)
