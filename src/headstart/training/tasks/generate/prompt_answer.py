"""Prompts and their answers as rows of one text."""

from dataclasses import dataclass

import torch
from torch import Tensor

from headstart.core.contracts import Batch
from headstart.core.contracts.types import IGNORED


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows of prompt, separator and answer: ids and keep [B, T], and which ids are to be guessed, bool [B, T]."""

    ids: Tensor
    keep: Tensor
    guessed: Tensor

    @property
    def batch(self) -> Batch:
        """As a backbone takes it."""
        return {"x": self.ids, "keep": self.keep}


def joined(ready: Batch, prompts: Tensor, between: Tensor, answers: Tensor) -> Joined:
    """The first `prompts` [B] ids of every row, `between` [K], and the answer, without a gap.

    answers [B, A] with the mark of their end, filled up with IGNORED.
    """
    tail = torch.cat([between.expand(len(answers), -1), answers], 1)  # [B, K + A]
    sizes = (tail != IGNORED).sum(1)
    place = torch.arange(int((prompts + sizes).max()), device=tail.device)
    behind = place - prompts[:, None]  # [B, T] place within the tail
    there = (behind >= 0) & (behind < sizes[:, None])
    asked = behind < 0
    ids = torch.where(asked, _at(ready["x"], place.expand_as(behind)), _at(tail, behind))
    keep = torch.where(asked, _at(ready["keep"], place.expand_as(behind)), there)
    return Joined(ids.masked_fill(~(asked | there), 0), keep, there & (behind >= len(between)))


def _at(values: Tensor, place: Tensor) -> Tensor:
    """values [B, N] at places [B, T]; what lies outside is taken from the ends."""
    return values.gather(1, place.clamp(0, values.shape[1] - 1))
