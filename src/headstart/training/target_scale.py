"""What a regression learns where targets are not spread evenly: logarithms; and how well ranks agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from headstart.core.errors import RecipeError

OFFSET = 0.04
"""Added to targets in units of their deviation before the logarithm. GB1 three_vs_rest, ridge on pairs of sites,
Spearman of left-out train rows: .890 as they are, .914 as ranks, .932 as logarithms."""

_NEAR = 0.25  # share of the range, from the lowest target up, in which at least half of the targets lie
_LEAST = 20  # targets from which a spread can be told


@dataclass(frozen=True, slots=True)
class LogScale:
    """Targets [n, K] <-> their standardised logarithms: (log((target - lowest) / std + 0.04) - mean) / deviation."""

    lowest: np.ndarray
    std: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, std: Sequence[float], logs: Sequence[Sequence[float]]) -> LogScale:
        """From the settings of `regress`; RecipeError where they say nothing of every output."""
        if len(logs) != len(std) or any(len(one) != 3 for one in logs):
            fix = "leave task.scale=auto, or give task.logs for every output"
            raise RecipeError(
                475, "the targets have no logarithms", where="task.scale", found=f"logs={list(logs)}", fix=fix
            )
        lowest, mean, deviation = np.array(logs, np.float32).T
        return cls(lowest, np.array(std, np.float32), mean, deviation)

    def enter(self, values: np.ndarray) -> np.ndarray:
        """A target below the lowest train target counts as the lowest."""
        above = np.maximum(values - self.lowest, 0) / self.std
        return ((np.log(above + OFFSET) - self.mean) / self.deviation).astype(np.float32)

    def leave(self, outputs: Tensor) -> Tensor:
        """The opposite."""
        lowest, std, mean, deviation = (
            torch.from_numpy(one).to(outputs.device) for one in (self.lowest, self.std, self.mean, self.deviation)
        )
        return ((outputs * deviation + mean).exp() - OFFSET) * std + lowest

    @property
    def facts(self) -> dict[str, Any]:
        names = ("lowest", "std", "mean", "deviation")
        values = (self.lowest, self.std, self.mean, self.deviation)
        return {name: value.tolist() for name, value in zip(names, values, strict=True)}

    @property
    def formula(self) -> str:
        return f"answers = (exp(outputs * deviation + mean) - {OFFSET}) * std + lowest"


def log_settings(values: np.ndarray, std: np.ndarray) -> list[list[float]]:
    """[lowest, mean and deviation of the logarithms] of each output of targets [n, K], where most targets of every
    output are near its lowest one; else []."""
    low, middle, high = values.min(0), np.median(values, 0), values.max(0)
    if len(values) < _LEAST or not ((middle - low) < _NEAR * (high - low)).all() or not (high > low).all():
        return []
    found = np.log((values - low) / std + OFFSET)
    deviation = np.maximum(found.std(0), 1e-6)
    return [[float(one) for one in row] for row in zip(low, found.mean(0), deviation, strict=True)]


def rank_agreement(truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """One number a row of [n, K] whose mean is Spearman's correlation, the mean of the outputs': 1 - d^2 / 2, where d
    is how far two standardised ranks are apart. 0 for answers that are all the same."""
    from scipy.stats import rankdata

    ranks = [rankdata(side, axis=0) for side in (truth, said)]
    spread = [one.std(0) for one in ranks]
    there = np.minimum(*spread) > 0  # [K]
    sides = [(one - one.mean(0)) / np.where(there, wide, 1.0) for one, wide in zip(ranks, spread, strict=True)]
    return np.where(there, 1 - np.square(sides[0] - sides[1]) / 2, 0.0).mean(1)
