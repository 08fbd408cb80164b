"""How a number that a network answers changes with what its inner layers read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.contracts.answer import SUREST
from headstart.core.contracts.tokens import Tokens
from headstart.inference.explaining.answering import Variants
from headstart.training.loop import resting

_LARGEST = 1 << 27  # numbers of what hiding each part changes


@dataclass(frozen=True)
class Way:
    """The straight way of what a network's later half reads, from the row with every part hidden to the row.

    row    the tokens of the row, with one row in the batch
    moves  [P, N, D] what hiding each part changes; `whole` [N, D] what hiding all changes
    """

    backbone: Backbone
    task: Task
    batch: Batch
    row: Tokens
    moves: Tensor
    whole: Tensor
    share: int
    odds: bool

    def mean(self, steps: int) -> Tensor:
        """The mean slope over the middles of so many equal parts of the way, [N, D]; of one, that at the row."""
        places = torch.ones(1) if steps == 1 else 1 - (torch.arange(steps) + 0.5) / steps
        total = torch.zeros_like(self.whole)
        for some in places.split(8):
            total += self._slopes(some.to(self.whole)).sum(0)
        return total / len(places)

    def _slopes(self, places: Tensor) -> Tensor:
        x = (self.row.x - (1 - places)[:, None, None] * self.whole).detach().requires_grad_()
        rows = len(places)
        many = {name: one.expand(rows, *one.shape[1:]) for name, one in self.batch.items()}
        document = None if self.row.document is None else self.row.document.expand(rows, -1)
        tokens = replace(self.row, x=x, keep=self.row.keep.expand(rows, -1), document=document)
        with torch.enable_grad(), reading(self.backbone, tokens):
            outputs = self.task.outputs(self.backbone, many)
            if outputs is None:
                return torch.zeros_like(x)
            said = outputs.flatten(1)[:, self.share].double()
            number = said.clamp(SUREST, 1 - SUREST).logit() if self.odds else said
            (slope,) = torch.autograd.grad(number.sum(), x, allow_unused=True)
        return torch.zeros_like(x) if slope is None else slope.detach()


def way_of(asked: Variants) -> Way | None:
    """The way of one answer; None where nothing that is read has a slope, or rows become too many numbers."""
    task, backbone, share = asked.predictor.task, asked.predictor.trainee.backbone, asked.aspect.share
    if share is None or asked.parts.draws > 1:
        return None
    with resting(asked.predictor.trainee), torch.no_grad():
        batch = asked.batch(np.ones((1, asked.count), bool))
        row = _embedded(task, backbone, batch)
        if row.x.numel() * asked.count > _LARGEST or not row.x.is_floating_point() or not row.x.numel():
            return None
        moves, whole = _moves(asked, task, backbone, batch, row)
        way = Way(backbone, task, batch, row, moves, whole, share, asked.aspect.odds)
        found = way.mean(1)
    return way if bool(found.any()) and bool(torch.isfinite(found).all()) else None


def _moves(asked: Variants, task: Task, backbone: Backbone, batch: Batch, row: Tokens) -> tuple[Tensor, Tensor]:
    without = ~np.eye(asked.count, dtype=bool)
    ids = batch["x"][0]
    if not torch.is_floating_point(ids) and row.x.shape[1] == len(ids) and ids.ndim == 1:
        usual = row.pooled()  # what an id says that is like all of the row: an empty place has no vector of its own
        spans = torch.zeros(asked.count, len(ids), 1).to(row.x)
        for part, one in enumerate(without):
            begin, end = _changed(ids.tolist(), asked.batch(one[None])["x"][0].tolist())
            spans[part, begin:end] = 1
        apart = row.x[0] - usual
        return spans * apart, (spans.amax(0) * apart)
    moves = [row.x - _embedded(task, backbone, asked.batch(without[start : start + 64])).x
             for start in range(0, asked.count, 64)]  # fmt: skip
    nothing = _embedded(task, backbone, asked.batch(np.zeros((1, asked.count), bool))).x
    return torch.cat(moves), (row.x - nothing)[0]


def _changed(own: list[int], other: list[int]) -> tuple[int, int]:
    """Begin and end of what is in a row of ids and not in the same one with a stretch left out."""
    begin = 0
    while begin < min(len(own), len(other)) and own[begin] == other[begin]:
        begin += 1
    behind = 0
    while behind < min(len(own), len(other)) - begin and own[-1 - behind] == other[-1 - behind]:
        behind += 1
    return begin, len(own) - behind


def _embedded(task: Task, backbone: Backbone, batch: Batch) -> Tokens:
    return backbone.embed(task.augment(batch))


@contextmanager
def reading(backbone: Backbone, tokens: Tokens) -> Iterator[None]:
    """The network reads these tokens, whatever batch it is given."""
    own = backbone.embed
    backbone.embed = lambda batch: tokens
    try:
        yield
    finally:
        backbone.embed = own
