"""A model as one function of plain tensors, and rows to try it on: what other forms of it are made from and held to."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Batch, Modality
from headstart.core.contracts.cells import CellColumn
from headstart.core.contracts.spec import Spec
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import ContractError
from headstart.data.storage.gather import stacked
from headstart.inference.predictor import Predictor

SIZES = ((5, 17), (1, 3), (8, 40))
"""Rows and places of the batches that are tried; all differ, so that nothing fixed can pass for any size."""


_STORED = 300
_MISSING = 0.2


class Whole(nn.Module):
    """Preprocessing, network and head as one function: the task's numbers, or vectors where there is no task.

    x and keep are those of a collated batch: of texts ids [B, T] and 1 [B, T], or 0 where there is only padding; of
    pictures uint8 [B, C, H, W] alone.
    """

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.backbone, self.modality = predictor.trainee.backbone, predictor.modality
        self.task = predictor.trainee.objective.as_task
        if self.task is not None and self.task.sparse is not None:
            raise _no_tensors("sparse features")
        self.gives = "vectors" if self.task is None else "answers"
        self.eval()

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        batch = {"x": x} if keep is None else {"x": x, "keep": keep.bool()}
        if self.task is not None:
            outputs = self.task.outputs(self.backbone, batch)
            if outputs is None:
                found, fix = type(self.task).__name__.lower(), "export the network it started from"
                raise ContractError(142, f"the answers of {found} are not plain numbers", fix=fix)
            return outputs
        return self.backbone.summary(self.backbone(self.modality.ready(batch))).float()


def takes(modality: Modality) -> list[str]:
    """Names of the tensors an exported model takes."""
    if modality.vocabulary is not None:
        return ["input_ids", "attention_mask"]
    tensors = tried(modality)[0]
    pictures = modality.spec.layout == "grid" and modality.timeline is None
    return ["x", "keep"] if len(tensors) > 1 else ["pixels" if pictures else "x"]


def tensors_of(batch: Batch) -> tuple[Tensor, ...]:
    """A collated batch as these tensors."""
    return (batch["x"], batch["keep"].long()) if "keep" in batch else (batch["x"],)


def tried(modality: Modality) -> list[tuple[Tensor, ...]]:
    """Drawn rows of several sizes, in the form in which the modality collates; ContractError for other forms."""
    generator = np.random.default_rng(0)
    if modality.vocabulary is not None:
        return [_texts(modality.vocabulary, generator, *size) for size in SIZES]
    columns = modality.cell_columns
    timeline = modality.timeline
    whole = timeline is None or timeline.whole
    drawn = [_rows(modality.spec, generator, *size, whole=whole) for size in SIZES]
    for row in [row for rows in drawn for row in rows] if columns else ():
        row["x"] = _cells(columns or (), row["x"], generator)
    batches = [modality.collate(stacked(rows)) for rows in drawn]
    around = frozenset[str]() if timeline is None else timeline.around
    others = sorted(set(batches[0]) - {"x", "keep", "size"} - around)
    if others:
        raise _no_tensors(", ".join(others))
    return [tensors_of(batch) for batch in batches]


def _no_tensors(found: str) -> ContractError:
    return ContractError(278, "rows of this kind are not plain tensors", found=found, fix="use it with headstart")


def _rows(
    spec: Spec, generator: np.random.Generator, rows: int, places: int, *, whole: bool
) -> list[dict[str, np.ndarray]]:
    """Stored rows of drawn numbers; columns over time are of differing length, unless rows are parts of records."""

    def drawn(value: np.ndarray) -> np.ndarray:
        long = whole and (spec.layout == "steps" or not spec.length_of) and value.ndim > 0
        most = places if spec.length_of else _STORED * places  # what is padded to one length is longer as it is stored
        shape = (int(generator.integers(1, most + 1)), *value.shape[1:]) if long else value.shape
        if value.dtype.kind == "f":
            return generator.normal(size=shape).astype(value.dtype)
        low, high = {"u1": (0, 256), "i2": (-9000, 9000)}.get(value.dtype.str[1:], (0, 1))
        return generator.integers(low, high, shape).astype(value.dtype)

    return [{name: drawn(value) for name, value in spec.empty.items()} for _ in range(rows)]


def _cells(columns: Sequence[CellColumn], x: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A row of a table [cells]: codes where there are names, and some numbers missing."""
    found = np.where(generator.random(len(x)) < _MISSING, np.nan, x).astype(x.dtype)
    for column in columns:
        if column.names:
            found[column.begin : column.end] = generator.integers(len(column.names))
    return found


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
