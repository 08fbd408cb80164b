"""Which way a score points and how it is told: 'accuracy' counts in points, 'rmse' is better when it is lower."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from headstart.training.tasks.detect.average_precision import ap50

HIGHER_IN_UNIT = frozenset(
    (
        "accuracy",
        "token_accuracy",
        "macro_f1",
        "auc",
        "f1",
        "precision",
        "recall",
        "map",
        "map50",
        "miou",
        "dice",
        "nmi",
        "ari",
        "r2",
        "sentence_chrf",
        "exact",
    )
) | frozenset(("silhouette", "spearman", "known_accuracy", "unknown_recall", "unknown_auc", "ap50", "pixel_accuracy"))
LOWER_IN_UNIT = frozenset(("ece", "wer", "cer"))

FRACTIONS = HIGHER_IN_UNIT | LOWER_IN_UNIT
"""Scores that live in [0, 1] (or [-1, 1]), so that a difference of 0.01 is one point."""

LOWER_IS_BETTER = LOWER_IN_UNIT | frozenset(("rmse", "mae", "mse", "mase", "perplexity", "bits_per_byte"))


def _negative(mean: np.ndarray) -> np.ndarray:
    return -mean


def _root_of_negative(mean: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(-mean, 0.0))


def _exponent_of_negative(mean: np.ndarray) -> np.ndarray:
    return np.exp(-mean)


def _f1(mean: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) from means of (TP, FP + FN) [..., 2]; 1 where there is nothing to find."""
    right, wrong = 2 * mean[..., 0], mean[..., 1]
    return np.where(right + wrong > 0, right / np.maximum(right + wrong, 1e-12), 1.0)


def _share(mean: np.ndarray) -> np.ndarray:
    """Right / (right + wrong) from means of (right, wrong) [..., 2]."""
    return mean[..., 0] / np.maximum(mean.sum(-1), 1e-12)


def _dice(mean: np.ndarray) -> np.ndarray:
    """Mean over classes of 2 TP / (2 TP + FP + FN), from means of (TP, FP, FN) of each class [..., 3 K]."""
    return _over_classes(2 * mean[..., 0::3], mean[..., 1::3] + mean[..., 2::3])


def _miou(mean: np.ndarray) -> np.ndarray:
    """Mean over classes of TP / (TP + FP + FN)."""
    return _over_classes(mean[..., 0::3], mean[..., 1::3] + mean[..., 2::3])


def _over_classes(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur of right / (right + wrong) [..., K]; 1 where there is nothing at all."""
    whole = right + wrong
    there = (whole > 0).sum(-1)
    return np.where(there > 0, (right / np.maximum(whole, 1e-12)).sum(-1) / np.maximum(there, 1), 1.0)


def _same(mean: np.ndarray) -> np.ndarray:
    return mean


_FROM_ROWS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = types.MappingProxyType(
    {
        "f1": _f1,  # rows are spans found rightly, and found wrongly or missed
        "dice": _dice,  # rows are pixels of each class but the background: found, invented, missed
        "miou": _miou,  # the same of all classes
        "map50": ap50,  # rows are right and wrong detections at every score, and true boxes
        "token_accuracy": _share,  # rows are words with the right and with a wrong tag
        "rmse": _root_of_negative,  # rows are -error^2
        "mse": _negative,  # rows are -error^2
        "mae": _negative,  # rows are -|error|
        "mase": _negative,  # rows are -|scaled error|
        "wer": _negative,
        "cer": _negative,
        "bits_per_byte": _negative,  # rows are -bits
        "perplexity": _exponent_of_negative,  # rows are log-likelihoods, natural logarithm
    }
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How one score is read: its name, its direction, its unit, and how it comes from row scores.

    `from_rows` turns means of row scores (larger is better) into the score, whatever the array's shape; where rows are
    counts, the last axis holds them.
    """

    name: str
    lower_is_better: bool
    fraction: bool
    from_rows: Callable[[np.ndarray], np.ndarray]

    def of(self, row_scores: np.ndarray) -> float:
        """The score of some rows [n] or [n, C]."""
        return float(self.from_rows(np.asarray(row_scores, np.float64).mean(0)))

    @property
    def sign(self) -> float:
        """+1 where larger is better, -1 where lower is better."""
        return -1.0 if self.lower_is_better else 1.0


def scale_of(name: str) -> Scale:
    """The scale of a score by its usual name; an unknown name is read as 'larger is better', without points."""
    return Scale(name, name in LOWER_IS_BETTER, name in FRACTIONS, _FROM_ROWS.get(name, _same))
