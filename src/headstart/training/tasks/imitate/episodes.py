"""What imitation reads of its modality, and the targets of a row as one line of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Batch, Columns, Example, Modality


class Form(Protocol):
    """The columns of episodes; see the modality."""

    observes: tuple[str, ...]
    acts: tuple[str, ...]
    units: tuple[str, ...]
    rate: float
    discrete: int


class Scales(Protocol):
    """What is known of the columns by train steps."""

    mean: np.ndarray
    deviation: np.ndarray
    follows: np.ndarray
    shares: np.ndarray
    still: tuple[int, ...]

    def scaled(self, values: np.ndarray, first: int = 0) -> np.ndarray: ...
    def base(self, observed: np.ndarray) -> np.ndarray: ...


class Episodes(Modality, Protocol):
    """A modality of episodes."""

    form: Form
    scales: Scales
    before: int
    after: int
    read_steps: int
    actions: bool

    def columns_now(self, values: np.ndarray, lengths: np.ndarray) -> Columns: ...


@dataclass(frozen=True, slots=True)
class Targets:
    """What was done in the H steps from now on: done [n, H, A], NaN where it is not known; what is observed now says of
    it, base [n, A]; the number of the episode and of the step, [n] each."""

    done: np.ndarray
    base: np.ndarray
    episode: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, lines: np.ndarray, acts: int) -> Targets:
        done = lines[:, : -acts - 2].reshape(len(lines), -1, acts)
        return cls(done, lines[:, -acts - 2 : -2], lines[:, -2], lines[:, -1])


def lines_of(batch: Batch) -> Tensor:
    """The same as one line a row, float32 [B, H * A + A + 2]."""
    done = batch["y"].masked_fill(~batch["known"][..., None], float("nan"))
    numbers = torch.stack([batch["episode"], batch["place"]], 1).to(done.dtype)
    return torch.cat([done.flatten(1), batch["base"], numbers], 1)


def columns_of(examples: Sequence[Example]) -> Columns:
    """The stored rows of examples, as a store gives them: their windows all have one length."""
    rows = [example["row"] for example in examples]
    return {name: np.stack([row[name] for row in rows]) for name in ("x", "place", "episode")}
