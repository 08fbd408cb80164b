"""The recurrent backbone: a memory that reads from left to right."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, ReadOn
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.core import Core
from headstart.core.contracts.ranges import Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import RecipeError
from headstart.models.nn.dropout import DropWords, Locked, Recur
from headstart.models.nn.embedding import FROM_SCRATCH, Words, vocabulary_of
from headstart.models.nn.time_patches import OVER_TIME, TimePatches, last_kept

Rate = Share | Literal["auto"]


class Rnn(Backbone):
    """Stacked LSTM or GRU over token ids or numbers over time, from left to right; the last layer is as wide as the
    embedding.

    x int [B, T], keep [B, T] -> Tokens [B, T, width] of grid (T,). Series, spectra and waveforms are read in stretches
    of `patch` steps ("auto": 64 of them): x [B, C, H, W] or [B, T, C] -> Tokens of grid (1, N) or (N,). Its summary is
    the last state beside the mean and the maximum over the row, [B, 3 * width] (Howard and Ruder 2018, section 3.3).
    Documents of a packed row share a memory: the mark between them is all that tells it of the change.

    In training it forgets at random as AWD-LSTM does (Merity, Keskar and Socher 2018); 0 turns a rate off:
    dropout        values between and behind the layers, the same at all places of a row; the others follow from it
    dropout_input  the same of what the first layer reads ("auto": as `dropout`)
    dropout_words  words of the vocabulary that a batch goes without ("auto": a tenth of `dropout`)
    weight_drop    weights from state to state, one mask a batch ("auto": as `dropout`)
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids", "grid", "steps"})
    core: ClassVar[Core | None] = Core(
        frozenset({"cell", "width", "hidden", "depth"}), lambda network: {"cells": network.cells}
    )
    causal: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 2e-3, **FROM_SCRATCH}
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, "plan.epochs": 5}

    def __init__(
        self,
        spec: Spec,
        *,
        cell: Literal["lstm", "gru"] = "lstm",
        width: Size = 256,
        hidden: Size = 512,
        depth: Size = 2,
        patch: Size | Literal["auto"] = "auto",
        dropout: Share = 0.2,
        dropout_input: Rate = "auto",
        dropout_words: Rate = "auto",
        weight_drop: Rate = "auto",
    ) -> None:
        super().__init__()
        self.width, timed = width, spec.layout in OVER_TIME
        self.patches = TimePatches(spec, width, patch, 0.0) if timed else None
        vocab = 0 if timed else vocabulary_of(spec)
        self.words = None if timed else Words(vocab, width)
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        sizes = [width, *[hidden] * (depth - 1), width]
        self.cells = nn.ModuleList(kind(a, b, batch_first=True) for a, b in pairwise(sizes))
        # ULMFiT's .25, .02, .2, .15 and .1 of input, words, weights, layers and output, rounded to one dial
        self.drop_words = DropWords(vocab, _rate("dropout_words", dropout_words, dropout / 10))
        self.drop_input = Locked(_rate("dropout_input", dropout_input, dropout))
        self.recur = Recur(_rate("weight_drop", weight_drop, dropout))
        self.drop = Locked(_rate("dropout", dropout, dropout))

    @classmethod
    def learner(cls, about: Circumstances) -> Choice | None:
        if about.spec.layout != "ids":
            return None
        return Choice("causal", "rnn is causal, so it predicts the next token")

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        if self.words is None:
            assert self.patches is not None
            tokens = self.patches(batch)
            return tokens.with_x(self.drop_input(tokens.x) * tokens.keep[..., None])
        read = self.drop_input(self.drop_words(self.words(ids), ids))
        read = read * batch["keep"][..., None]  # a memory passes every place: what is not there says nothing to it
        return Tokens(read, batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x  # padding lies behind a row, so that no memory has read it where it counts
        for cell in self.cells:
            assert isinstance(cell, nn.LSTM | nn.GRU)
            x = self.drop(self.recur(cell, x))
        return tokens.with_x(x)

    @property
    def cache(self) -> ReadOn | None:
        return None if self.words is None else self._read_on

    def _read_on(self, x: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """`memory`: the state of every layer."""
        assert self.words is not None  # else there is no cache
        states, after = self.drop(self.words(x)), []
        for cell, state in zip(self.cells, memory or [None] * len(self.cells), strict=True):
            states, state = cell(states, state)
            states = self.drop(states)
            after.append(state)
        return states, after

    def layers(self) -> Sequence[nn.Module]:
        reader = self.patches if self.words is None else self.words
        assert reader is not None
        return [reader, *self.cells]

    @property
    def token_vectors(self) -> Tensor | None:
        return None if self.words is None else self.words.weight

    def summary(self, tokens: Tokens) -> Tensor:
        highest = tokens.x.masked_fill(~tokens.keep[..., None], -torch.inf).amax(1)  # [B, width]
        return torch.cat([last_kept(tokens), tokens.pooled(), highest], 1)


def _rate(name: str, said: Rate, usual: float) -> float:
    """A rate that was said, or the usual one; RecipeError unless it is one."""
    rate = usual if isinstance(said, str) else said
    if not 0 <= rate < 1:
        fix = f"set backbone.{name}=0 to turn it off"
        where, expected = f"backbone.{name}", "0 to below 1"
        raise RecipeError(229, "a rate must be below 1", where=where, found=rate, expected=expected, fix=fix)
    return rate
