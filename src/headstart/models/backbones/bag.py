"""The bag of words: which words a text holds, whatever their order."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, ReadOn
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.ranges import Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.embedding import Words, vocabulary_of


class Bag(Backbone):
    """One vector a token id; a text is the direction of their sum.

    x int [B, T], keep [B, T] -> Tokens of grid (T,), each place its word's vector. Summary [B, width] of length 1.
    Filled by the objective `lsa`, or learned by steps like any network (then it is the text classifier of Joulin et al.
    2017 without its pairs of words).
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids"})
    causal: ClassVar[bool] = True  # a place sees itself alone
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.lr": 5e-3, "plan.batch": 32, "plan.epochs": 10, "plan.schedule": "linear", "plan.warmup": 0.05,
        "plan.weight_decay": 0.0,
    }  # fmt: skip

    def __init__(self, spec: Spec, *, width: Size = 100) -> None:
        super().__init__()
        self.width = width
        self.words = Words(vocabulary_of(spec), width, std=width**-0.5)

    @classmethod
    def learner(cls, about: Circumstances) -> Choice:
        return Choice("lsa", "the vectors of a bag of words are topics, which take seconds")

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        return Tokens(self.words(ids), batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    @property
    def cache(self) -> ReadOn:
        return lambda x, memory: (self.words(x), ())  # there is nothing to remember: a place sees itself alone

    def layers(self) -> Sequence[nn.Module]:
        return [self.words]

    @property
    def token_vectors(self) -> Tensor:
        return self.words.weight

    def summary(self, tokens: Tokens) -> Tensor:
        return F.normalize((tokens.x * tokens.keep[..., None]).sum(1), dim=1)
