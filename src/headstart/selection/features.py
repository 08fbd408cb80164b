"""Features of a start that does not move, computed once for every fold and every way to fit a head to them."""

import time
from dataclasses import dataclass, field

import numpy as np
import torch

from headstart.assemble import Parts
from headstart.inference.predictor import Predictor
from headstart.training.loop import resting

MOST_BYTES = 1 << 30  # of the features of all starts; those of other starts make room
LOOKED_AT = 4  # rows by which it is seen that the head reads one vector a row


@dataclass(slots=True)
class Known:
    """Features [n, F] of the rows of one store that were asked for so far, by row number; `each` is seconds a row."""

    place_of: dict[int, int] = field(default_factory=dict)
    features: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    each: float = 0.0

    def missing(self, rows: np.ndarray) -> np.ndarray:
        return np.array([row for row in rows.tolist() if row not in self.place_of], np.int64)

    def add(self, rows: np.ndarray, features: np.ndarray) -> None:
        self.place_of |= {row: len(self.place_of) + place for place, row in enumerate(rows.tolist())}
        self.features = np.concatenate([self.features, features]) if self.features.size else features

    def of(self, rows: np.ndarray) -> np.ndarray:
        return self.features[[self.place_of[row] for row in rows.tolist()]]


@dataclass(slots=True)
class Features:
    """What is known of each start, by its name."""

    starts: dict[str, Known] = field(default_factory=dict)

    def each(self, start: str) -> float:
        """Seconds in which a start computes the features of a row."""
        return self.starts[start].each

    def of(self, parts: Parts, rows: np.ndarray) -> np.ndarray:
        """Features of rows, [n, F], in their order."""
        start = self.starts.setdefault(parts.recipe.start, Known())
        missing = start.missing(rows)
        if len(missing):
            predictor, began = Predictor(parts.modality, parts.trainee, device=parts.device), time.perf_counter()
            start.add(missing, predictor.features(parts.store, missing))
            start.each = (time.perf_counter() - began) / len(missing)
        for name in [name for name in self.starts if name != parts.recipe.start]:
            if sum(one.features.nbytes for one in self.starts.values()) > MOST_BYTES:
                del self.starts[name]
        return start.of(rows)


def reads_rows(parts: Parts) -> bool:
    """Does the head read the one vector of each row, rather than one of each word, or several?"""
    task = parts.trainee.objective.as_task
    if task is None or task.probe is None:
        return False
    with resting(parts.trainee), torch.inference_mode():
        batch = next(iter(parts.batches.once(LOOKED_AT)))
        read, _ = task.examine(parts.trainee.backbone, batch)
        vectors = parts.trainee.backbone.summary(parts.trainee.backbone(parts.modality.ready(batch)))
    return read.shape == vectors.shape and bool(torch.allclose(read.float(), vectors.float(), rtol=1e-3, atol=1e-4))
