"""Augmentation of text."""

import torch

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.random import uniform

_STREAM = 1000  # far from the streams that objectives draw from


class TextAugment(Augment):
    """Change texts at random: leave words out.

    drop  share of the tokens that are hidden from the backbone, as if they were padding (Iyyer et al. 2015, word
          dropout); marks stay, and so does every token of a row that would lose them all
    """

    marks: torch.Tensor

    def __init__(self, modality: Modality, *, drop: float = 0.0) -> None:
        super().__init__()
        assert modality.vocabulary is not None
        self.modality, self.drop, marks = modality, drop, list(modality.vocabulary.marks)
        self.register_buffer("marks", torch.tensor(marks, dtype=torch.int64), persistent=False)

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        ready = self.modality.ready(batch)
        if not (self.training and self.drop):
            return ready
        drawn = uniform(batch["key"], ready["x"].shape[1], _STREAM + view)  # [B, T]
        lost = (drawn < self.drop) & ~torch.isin(ready["x"], self.marks)
        keep = ready["keep"] & ~lost
        return {**ready, "keep": torch.where(keep.any(1, keepdim=True), keep, ready["keep"])}
