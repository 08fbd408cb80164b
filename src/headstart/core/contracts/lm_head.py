"""How states become predictions of the next token, and what a model that answers prompts adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor

if TYPE_CHECKING:
    from headstart.core.contracts.backbone import Backbone
    from headstart.core.contracts.types import Batch


class HeadWeights(NamedTuple):
    """The head of a start: weight [V, D], None for the token vectors of its network; bias [V]."""

    weight: Tensor | None
    bias: Tensor | None

    def settings(self) -> dict[str, bool]:
        """Those of a learner that begins with them."""
        return {"tied": self.weight is None, "bias": self.bias is not None}


@dataclass(frozen=True, slots=True)
class Prompts:
    """A model whose texts are answers behind prompts.

    encode    prompt -> the ids behind which its answer is generated
    reserved  batch with targets -> places of a row that are kept free of its prompt
    """

    encode: Callable[[str], list[int]]
    reserved: Callable[[Batch], int]


@dataclass(frozen=True, slots=True)
class LmHead:
    """The language-model head of an objective: logits = states @ weight.T + bias.

    weights  backbone -> weight [V, D] and bias [V] or None
    load     begin with the head of the start, as far as the settings leave room for it; None: it has no weights
    prompts  None: a text goes on from what was given
    """

    weights: Callable[[Backbone], tuple[Tensor, Tensor | None]]
    load: Callable[[HeadWeights], None] | None = None
    prompts: Prompts | None = None
