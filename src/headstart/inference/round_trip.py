"""Does a model that was saved and opened again give the answers of the trained one?"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from headstart.core.errors import InternalError
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.training.loop import resting

ASKED, _TOGETHER = 32, 8  # rows that both are asked, and how many at once
CLOSE = 1e-4  # the same weights laid out otherwise in memory (channels last) sum in another order


def same_answers(trained: Predictor, opened: Predictor, store: Store, rows: np.ndarray) -> None:
    """InternalError unless both give the same numbers for the rows [n], to 1e-4 of their size."""
    sides = [_said(predictor, store, rows) for predictor in (trained, opened)]
    found = [distance(a, b) for a, b in zip(*sides, strict=True)]
    if max(found, default=0.0) > CLOSE:
        raise InternalError(
            21, "the saved model gives other answers than the trained one", where=opened.path or "",
            found=f"a difference of {max(found):.3g}", expected=f"at most {CLOSE:g}",
            fix="do not use it; report this with the recipe.toml beside it",
        )  # fmt: skip


def _said(predictor: Predictor, store: Store, rows: np.ndarray) -> list[Any]:
    """What a model says of each row: its outputs where there is no linear head, for what follows from those (which
    boxes are sure enough, which class a pixel gets) may turn with the last digit."""
    task, outputs = predictor.task, list[np.ndarray]()
    if task.probe is not None:
        return predictor.answers(store, rows)
    for part in np.split(rows, range(_TOGETHER, len(rows), _TOGETHER)):
        with resting(predictor.trainee), torch.inference_mode():
            tensor = task.outputs(predictor.trainee.backbone, predictor.batch(store, part))
        if tensor is None:
            return predictor.answers(store, rows)
        outputs += [row.double().cpu().numpy() for row in tensor]
    return outputs


def distance(one: Any, other: Any) -> float:
    """The largest difference of two answers' numbers, relative beyond 1; infinite if they are of different shape.

    Names are not compared: at a tie they follow from the last digit.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return max((distance(one[name], other[name]) for name in one), default=0.0)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return max((distance(a, b) for a, b in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return math.inf
        gap = float((np.abs(one - other) / np.maximum(1.0, np.abs(one))).max(initial=0.0))
        return math.inf if math.isnan(gap) else gap
    if isinstance(one, str) and isinstance(other, str):
        return 0.0
    if isinstance(one, int | float) and isinstance(other, int | float):
        gap = 0.0 if math.isnan(one) and math.isnan(other) else abs(one - other) / max(1.0, abs(one))
        return math.inf if math.isnan(gap) else gap
    return 0.0 if one == other else math.inf
