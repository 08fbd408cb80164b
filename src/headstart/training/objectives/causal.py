"""The causal objective: say what comes next, of texts and of numbers over time."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.lm_head import LmHead
from headstart.core.contracts.needs import Needs, vectors_of
from headstart.core.errors import ContractError, RecipeError
from headstart.models.nn.bits_per_byte import LANGUAGE_MODEL, bits_per_byte, byte_sizes
from headstart.models.nn.crossentropy import even_shares, linear_cross_entropy
from headstart.models.nn.sizes import outcome
from headstart.models.nn.time_patches import OVER_TIME
from headstart.training.next_patch import NextPatch


class Causal(Objective):
    """Guess every token, or every stretch of numbers over time, from those before it (Bengio et al. 2003; Radford et
    al. 2018; Das et al. 2024).

    x int [B, T] -> loss over T - 1 places: the mean over rows of their kept places. The vocabulary's
    vectors are the backbone's own. Series, spectra and waveforms, [B, C, H, W] or [B, T, C] -> mean squared error of
    the next stretch (see `training/next_patch.py`). Needs a backbone with `causal`.

    ar   weight of the states' mean square: keeps them small (activation regularisation, Merity et al. 2017)
    tar  weight of the mean square of their change from a place to the next of its text (temporal). Merity, Keskar and
         Socher (2018) take 2 and 1 for an LSTM. Both hold in training only, on the states as dropout left them
    """

    metrics = LANGUAGE_MODEL
    needs = Needs(layouts=frozenset({"ids", *OVER_TIME}), causal=True, feed="packed")
    advice: ClassVar[Mapping[str, Any]] = {"plan.beta2": 0.95}

    sizes: Tensor

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, ar: float = 0.0, tar: float = 0.0
    ) -> None:
        super().__init__(backbone, augment)
        for name, weight in (("ar", ar), ("tar", tar)):
            if not weight >= 0 or not math.isfinite(weight):
                fix = f"set objective.{name}=0 to turn it off"
                raise RecipeError(230, "setting must not be below 0", where=f"objective.{name}", found=weight, fix=fix)
        self.ar, self.tar = ar, tar
        vocabulary, self.stretches = augment.modality.vocabulary, None
        if vocabulary is None:
            ready = augment.modality.ready(sample)
            self.metrics, self.stretches = (), NextPatch(outcome(backbone, ready), ready)
            self.register_buffer("sizes", torch.empty(0), persistent=False)
            return
        vocab, width = vectors_of(backbone).shape
        if width != backbone.width:
            found, fix = f"{width} and {backbone.width}", "use another backbone"
            raise ContractError(227, "token embeddings and backbone differ in width", found=found, fix=fix)
        self.register_buffer("sizes", byte_sizes(vocabulary.byte_sizes(), vocab), persistent=False)

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("decoder", "generating text needs a causal network")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        if self.stretches is not None:
            loss = self.stretches(backbone(ready), ready)
            return Step(loss, {"mse": loss.detach()})
        there = ready["keep"][:, 1:]  # [B, T - 1]
        states = backbone(ready).x
        seen, target = states[:, :-1][there], ready["x"][:, 1:][there]  # [n, D], [n]
        share = even_shares(there.nonzero()[:, 0], len(there))
        loss, each = linear_cross_entropy(seen, vectors_of(backbone), None, target, share)
        logs = {"bits_per_byte": bits_per_byte(each, self.sizes[target])}
        if self.training and (self.ar or self.tar):
            penalty = self._penalty(states, ready)
            return Step(loss + penalty, {**logs, "penalty": penalty.detach()})
        return Step(loss, logs)

    def _penalty(self, states: Tensor, ready: Batch) -> Tensor:
        """Means over rows: of the squares of kept places, and of the changes between places of one text."""
        keep = ready["keep"]
        both = keep[:, 1:] & keep[:, :-1]  # [B, T - 1]
        if "document" in ready:
            both = both & (ready["document"][:, 1:] == ready["document"][:, :-1])
        states = states.float()  # squares of 16 bits would be sums of few
        size = _mean_of_rows(states.square().mean(2), keep)
        return self.ar * size + self.tar * _mean_of_rows((states[:, 1:] - states[:, :-1]).square().mean(2), both)

    @property
    def lm_head(self) -> LmHead | None:
        return None if self.stretches is not None else LmHead(lambda backbone: (vectors_of(backbone), None))

    def chance_loss(self, batch: int) -> float | None:
        return None if self.stretches is not None else math.log(len(self.sizes))


def _mean_of_rows(values: Tensor, there: Tensor) -> Tensor:
    """Mean over rows of each row's mean of the values that are there, [B, T] -> scalar."""
    return ((values * there).sum(1) / there.sum(1).clamp_min(1)).mean()
