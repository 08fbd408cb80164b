"""The causal language model objective."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Packable, Step
from headstart.core.errors import ContractError
from headstart.models.nn.crossentropy import even_shares, linear_cross_entropy
from headstart.training.bytewise import bits_per_byte, byte_sizes


class Causal(Objective):
    """Guess every token from those before it (Bengio et al. 2003; Radford et al. 2018).

    x int [B, T] -> loss over T - 1 places: the mean over rows of their kept places. The vocabulary's
    vectors are the backbone's own. Needs a backbone with `causal`.
    """

    placewise: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {"plan.beta2": 0.95}

    sizes: Tensor

    def __init__(self, backbone: Backbone, sample: Batch, augment: Augment) -> None:
        super().__init__()
        self.augment, modality = augment, augment.modality
        if not backbone.causal:
            name = type(backbone).__name__.lower()
            fix = "use backbone 'decoder' or 'rnn', or objective 'masked'"
            raise ContractError(226, f"{name} sees what comes next, and has nothing to guess", fix=fix)
        vocab, width = backbone.vocabulary().shape
        if width != backbone.width:
            found = f"{width} and {backbone.width}"
            raise ContractError(227, "words and places differ in width", found=found, fix="use another backbone")
        assert isinstance(modality, Packable)
        self.register_buffer("sizes", byte_sizes(modality.sizes(), vocab), persistent=False)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        there = ready["keep"][:, 1:]  # [B, T - 1]
        seen, target = backbone(ready).x[:, :-1][there], ready["x"][:, 1:][there]  # [n, D], [n]
        share = even_shares(there.nonzero()[:, 0], len(there))
        loss, each = linear_cross_entropy(seen, backbone.vocabulary(), None, target, share)
        return Step(loss, {"bits_per_byte": bits_per_byte(each, self.sizes[target])})

    def voice(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        return backbone.vocabulary(), None

    def chance_loss(self, batch: int) -> float | None:
        return math.log(len(self.sizes))
