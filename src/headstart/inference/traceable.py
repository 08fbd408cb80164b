"""A model as one function of plain tensors, and rows to try it on: what other forms of it are made from and held to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Batch, Modality, Task
from headstart.core.errors import ContractError
from headstart.core.vocabulary import Vocabulary
from headstart.inference.predictor import Predictor

SIZES = ((5, 17), (1, 3), (8, 40))
"""Rows and places of the batches that are tried; all differ, so that nothing fixed can pass for any size."""


class Whole(nn.Module):
    """Preprocessing, network and head as one function: the task's numbers, or vectors where there is no task.

    Texts: x [B, T] ids and keep [B, T] (1, or 0 where there is only padding). Pictures: x uint8 [B, C, H, W].
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.backbone, self.modality = predictor.trainee.backbone, predictor.modality
        objective = predictor.trainee.objective
        self.task = objective if isinstance(objective, Task) else None
        self.eval()

    @property
    def gives(self) -> str:
        return "vectors" if self.task is None else "answers"

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        batch = {"x": x} if keep is None else {"x": x, "keep": keep.bool()}
        if self.task is not None:
            return self.task.outputs(self.backbone, batch)
        return self.backbone.summary(self.backbone(self.modality.ready(batch))).float()


def takes(modality: Modality) -> list[str]:
    """Names of the tensors an exported model takes."""
    return ["input_ids", "attention_mask"] if modality.vocabulary is not None else ["pixels"]


def given(batch: Batch) -> tuple[Tensor, ...]:
    """A collated batch as these tensors."""
    return (batch["x"], batch["keep"].long()) if "keep" in batch else (batch["x"],)


def tried(modality: Modality) -> list[tuple[Tensor, ...]]:
    """Drawn rows of several sizes, in the form in which the modality collates; ContractError for other forms."""
    blank = modality.spec.empty
    known = {"x", "text", "begin", "mark"} if modality.vocabulary is not None else {"x", "size"}
    if set(blank) - known:
        found, fix = ", ".join(sorted(set(blank) - known)), "use it with headstart"
        raise ContractError(278, "rows of this kind are not plain tensors", found=found, fix=fix)
    generator = np.random.default_rng(0)
    if modality.vocabulary is None:
        shape, kind = blank["x"].shape, blank["x"].dtype
        drawn = [generator.integers(0, 256, (rows, *shape)).astype(kind) for rows, _ in SIZES]
        return [(torch.from_numpy(x),) for x in drawn]
    return [_texts(modality.vocabulary, generator, *size) for size in SIZES]


def _texts(vocabulary: Vocabulary, generator: np.random.Generator, rows: int, places: int) -> tuple[Tensor, ...]:
    """Rows of ids that are no marks, of differing length."""
    ids = np.setdiff1d(np.arange(vocabulary.size), np.asarray(vocabulary.marks))
    places = min(places, vocabulary.length)
    lengths = generator.integers(min(3, places), places + 1, rows)
    lengths[0] = places
    x = torch.from_numpy(generator.choice(ids, (rows, places)))  # [B, T]
    return x, (torch.arange(places) < torch.from_numpy(lengths)[:, None]).long()


def gap(one: Tensor, other: Tensor) -> float:
    """The largest difference of two results, relative to the largest of them beyond 1; infinite if shapes differ."""
    if one.shape != other.shape:
        return float("inf")
    found = float((one.double() - other.double()).abs().max()) / max(1.0, float(one.abs().max()))
    return float("inf") if found != found else found


def widest(gaps: Sequence[float]) -> float:
    return max(gaps, default=float("inf"))
