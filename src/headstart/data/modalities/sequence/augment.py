"""Augmentation of sequences: whole batches of ids at once, on any device."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.errors import RecipeError
from headstart.core.random import uniform
from headstart.data.modalities.sequence.vocabulary import SequenceVocabulary

_STREAM = 1000  # far from the streams that objectives draw from
# random numbers of one row and one view: 0 strand; 1, 2 crop; then three of each place: whether its letter changes,
# where the new one is taken from, and whether it is hidden
_OWN = 3


class SequenceAugment(Augment):
    """Change sequences at random.

    reverse  share of the rows that are read from the other strand (reverse complement); "auto" is 0.5 where
             modality.strands is "both", else 0
    change   share of the ids that become another one of the row
    drop     share of the ids that are hidden from the backbone, as if they were padding; marks stay, and so does every
             id of a row that would lose them all
    crop     least share of a row that is read, from a place drawn at random (1: all of it)

    A row that came letter by letter keeps its place and strand, for its letters have labels; so do packed rows. Where
    both strands mean the same, each two views (0 and 1, 2 and 3) of a row are read from different ones.
    """

    twin_name = "other strand"
    marks: Tensor
    partners: Tensor

    def __init__(
        self,
        modality: Modality,
        *,
        reverse: float | Literal["auto"] = "auto",
        change: float = 0.0,
        drop: float = 0.0,
        crop: float = 1.0,
    ) -> None:
        super().__init__()
        vocabulary = modality.vocabulary
        assert isinstance(vocabulary, SequenceVocabulary)
        self.both = vocabulary.both and vocabulary.partners is not None
        if isinstance(reverse, str):
            reverse = 0.5 if self.both else 0.0
        for name, share in (("reverse", reverse), ("change", change), ("drop", drop), ("crop", 1 - crop)):
            if not 0 <= share <= 1 or (name == "crop" and share == 1):
                raise RecipeError(466, "a share lies between 0 and 1", where=f"augment.{name}", found=share)
        if reverse and vocabulary.partners is None:
            fix = "set augment.reverse=0, or prepare DNA with modality.tokens=letters"
            raise RecipeError(467, "these ids have no other strand", where="augment.reverse", found=reverse, fix=fix)
        self.modality, self.reverse, self.change, self.drop, self.crop = modality, reverse, change, drop, crop
        ends = vocabulary.tokens.ends
        self.before, self.after, self.pad = len(ends.before), len(ends.after), ends.pad
        partners = list(range(vocabulary.size)) if vocabulary.partners is None else vocabulary.partners
        self.register_buffer("marks", torch.tensor(list(vocabulary.marks), dtype=torch.int64), persistent=False)
        self.register_buffer("partners", torch.tensor(partners, dtype=torch.int64), persistent=False)

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        ready = self.modality.ready(batch)
        if not self.training or not (self.reverse or self.change or self.drop or self.crop < 1):
            return ready
        x, keep = ready["x"], ready["keep"]
        places = x.shape[1]
        u = uniform(batch["key"], _OWN + 3 * places, _STREAM + view)  # [B, 3 + 3 T]
        if _whole(ready):
            if self.reverse:
                x = torch.where(self._turned(batch["key"], u[:, :1], view), self._reversed(x, keep), x)
            if self.crop < 1:
                x, keep = self._cropped(x, keep, u[:, 1], u[:, 2])
        own, source, lost = (u[:, _OWN + n * places : _OWN + (n + 1) * places] for n in range(3))
        if self.change:
            taken = x.gather(1, (source * keep.sum(1, keepdim=True)).long().clamp_max(places - 1))
            changed = (own < self.change) & ~torch.isin(x, self.marks) & ~torch.isin(taken, self.marks)
            x = torch.where(changed, taken, x)
        if self.drop:
            left = keep & ((lost >= self.drop) | torch.isin(x, self.marks))
            content = left & ~torch.isin(x, self.marks)
            keep = torch.where(content.any(1, keepdim=True), left, keep)
        return {**ready, "x": x, "keep": keep}

    def twin(self, batch: Batch) -> Batch | None:
        return {**batch, "x": self._reversed(batch["x"], batch["keep"])} if self.both and _whole(batch) else None

    def _turned(self, key: Tensor, own: Tensor, view: int) -> Tensor:
        """Which rows are read from the other strand [B, 1], `own` are their numbers in this view."""
        if view % 2 and self.both and 0 < self.reverse < 1:
            return uniform(key, 1, _STREAM + view - 1) >= self.reverse
        return own < self.reverse

    def _reversed(self, x: Tensor, keep: Tensor) -> Tensor:
        """The other strand of whole rows, their marks where they were."""
        place = torch.arange(x.shape[1], device=x.device)[None]
        stop = keep.sum(1, keepdim=True) - self.after  # [B, 1] behind the last id that is no mark
        inside = (place >= self.before) & (place < stop)
        return self.partners[x].gather(1, torch.where(inside, self.before + stop - 1 - place, place))

    def _cropped(self, x: Tensor, keep: Tensor, size: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """A part of each row between its marks, which follow it."""
        place = torch.arange(x.shape[1], device=x.device)[None]
        full = keep.sum(1) - self.before - self.after  # [B]
        kept = ((self.crop + (1 - self.crop) * size) * full).ceil().long().clamp_min(1).minimum(full)
        begin = (start * (full - kept + 1)).long()[:, None]
        stop, end = (self.before + kept)[:, None], (full + self.before)[:, None]
        source = torch.where(place < self.before, place, torch.where(place < stop, place + begin, place - stop + end))
        left = place < stop + self.after
        taken = x.gather(1, source.clamp(0, x.shape[1] - 1))
        return torch.where(left, taken, self.pad), left


def _whole(batch: Batch) -> bool:
    """Are these rows that may be turned and cropped: neither with labels of letters nor packed?"""
    return "begin" not in batch and "document" not in batch
