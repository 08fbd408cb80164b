"""The label-free watch over a training run: it names the disease and the cure.

Features of a fixed set of rows and the history of the loss are enough: no labels, no second run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from headstart.evaluation.representation import effective_rank

LEAST_LOSSES = 20  # fewer values of the loss than this say nothing about its course
LEAST_ROWS = 32  # fewer rows than this say nothing about the rank of their features
FEW_DIRECTIONS = 5.0
"""Below 5 effective directions (or a tenth of those possible, if fewer) a representation can hardly hold its data."""

FALLEN = 0.25
"""A rank below this share of the rank before training has fallen. Short healthy runs on digits end at 0.4 to 1.0 of it,
those with a hundred times the learning rate at 0.03 to 0.26."""

EASY = 0.5
"""A loss that is below this share of chance from the outset need not fall further: two dropouts of one text are told
from others' by any network (SimCSE begins at a tenth of chance)."""

LEAST_SPREAD = 0.1
"""Vectors that a teacher gives are nearly all the same below this spread; 1 is even in all directions."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disease: its name, how bad it is, the number that shows it, what was seen, and the cure."""

    name: str
    severity: Literal["warning", "fault"]
    value: float
    seen: str
    cure: str

    @property
    def message(self) -> str:
        return f"{self.name}: {self.seen}; {self.cure}"


def diagnose(
    features: np.ndarray,
    losses: Sequence[float],
    *,
    chance_loss: float | None = None,
    rank_at_start: float | None = None,
    spreads: Sequence[float] = (),
    general: bool = True,
) -> list[Finding]:
    """Every disease that features [n, F] and the loss history show, the gravest first; [] for a healthy run.

    chance_loss is the loss of knowing nothing (ln K for K classes, ln(2B - 1) for a contrastive batch of B pairs);
    rank_at_start the effective rank (`effective_rank`) of the same rows before training: data of few dimensions have a
    low one from the start, which is no collapse. spreads is the history of `spread`, where an objective learns from a
    moving teacher (deviation of unit vectors, in [0, 1]). general: are the features to hold more than a few classes?
    Where rows of one class are to be alike (Papyan et al., PNAS 2020), the rank falls in health.
    """
    diseases = _features(features, rank_at_start, general)
    falling = any(finding.name in ("dimensional collapse", "falling rank") for finding in diseases)
    diseases += _losses(np.asarray(losses, np.float64), chance_loss, "lower" if falling else "raise")
    diseases += _spread(np.asarray(spreads, np.float64))
    return sorted(diseases, key=lambda finding: finding.severity != "fault")


def _features(features: np.ndarray, rank_at_start: float | None, general: bool) -> list[Finding]:
    x = np.asarray(features, np.float64)
    broken = float(1 - np.isfinite(x).mean())
    if broken:
        cure = "lower the learning rate, clip gradients, train in float32 or bfloat16, and look for infinite inputs"
        return [Finding("not a number", "fault", broken, f"{broken:.1%} of the features are not finite", cure)]
    if len(x) < 2:
        return []
    spread = x.std(0)  # [F]
    apart = float(np.sqrt((spread**2).mean())) / max(float(np.sqrt((x**2).mean())), 1e-30)
    if apart < 1e-3:
        cure = (
            "lower the learning rate; with a teacher check that it has no gradient and a predictor stands before it; "
            "with a contrastive loss check that the other rows count as negatives"
        )
        what = f"all rows get the same features (they differ by {apart:.2g} of their size)"
        return [Finding("constant output", "fault", apart, what, cure)]
    return [*_dead(spread), *_rank(x, rank_at_start, general)]


def _dead(spread: np.ndarray) -> list[Finding]:
    share = float((spread <= 1e-6 * spread.max()).mean())
    if len(spread) < 8 or share <= 0.6:  # a healthy ReLU network of 8 layers has up to 52 % before it learns anything
        return []
    cure = "lower the learning rate, use GELU or leaky ReLU, or normalise before the activation"
    what = f"{share:.0%} of {len(spread)} units never change from row to row"
    return [Finding("dead units", "fault" if share > 0.9 else "warning", share, what, cure)]


def _rank(x: np.ndarray, rank_at_start: float | None, general: bool) -> list[Finding]:
    possible = min(len(x) - 1, x.shape[1])
    if len(x) < LEAST_ROWS or x.shape[1] < 8:
        return []  # a narrow bottleneck is meant to be narrow
    rank = effective_rank(x)
    if rank >= max(1.5, min(FEW_DIRECTIONS, 0.1 * possible)):
        if not general or rank_at_start is None or rank > FALLEN * rank_at_start:
            return []
        seen = f"effective rank {rank:.1f} of {possible}, {rank_at_start:.1f} before training"
        cure = "lower the learning rate, or warm it up for longer"
        return [Finding("falling rank", "warning", rank / rank_at_start, seen, cure)]
    fallen = ""
    if rank_at_start is not None:
        if rank > 0.5 * rank_at_start:
            return []
        fallen = f", {rank_at_start:.1f} before training"
    cure = "lower the learning rate; else raise the batch size or the temperature, augment more, or use a projector"
    return [Finding("dimensional collapse", "fault", rank, f"effective rank {rank:.1f} of {possible}{fallen}", cure)]


def _spread(spreads: np.ndarray) -> list[Finding]:
    if not len(spreads):
        return []
    now = float(np.median(spreads[-max(5, len(spreads) // 4) :]))
    if now >= LEAST_SPREAD:
        return []
    cure = "raise objective.decay, lower the learning rate, keep a hidden layer in the projector, or use contrastive"
    what = f"the teacher says nearly the same of all rows (spread {now:.2g}, where 1 is even)"
    return [Finding("collapsed teacher", "fault", now, what, cure)]


def _losses(losses: np.ndarray, chance_loss: float | None, turn: str) -> list[Finding]:
    """turn: "raise" or "lower", what to do with the learning rate where nothing is learned."""
    if not np.isfinite(losses).all():
        first = int(np.flatnonzero(~np.isfinite(losses))[0])
        cure = "lower the learning rate, clip gradients, train in float32 or bfloat16, and look for broken rows"
        return [Finding("loss not a number", "fault", float(first), f"from entry {first} of the history on", cure)]
    if len(losses) < LEAST_LOSSES:
        return []
    last = losses[-max(5, len(losses) // 4) :]
    now = float(np.median(last))
    if chance_loss is not None and chance_loss > 0 and abs(now - chance_loss) <= 0.01 * chance_loss:
        cure = f"check that views, labels and targets belong together, then {turn} the learning rate"
        cure += " or raise the batch size" if turn == "lower" else " or the batch size"
        return [Finding("loss stuck at chance", "fault", now, f"{now:.3f}, and chance is {chance_loss:.3f}", cure)]
    first = losses[: max(5, len(losses) // 10)]
    easy = chance_loss is not None and float(np.median(first)) < EASY * chance_loss
    return [found for found in _course(first, last, turn) if not (easy and found.name == "loss not falling")]


def _jitter(losses: np.ndarray) -> float:
    """Standard deviation about the course: by steps from one value to the next, which a steep fall hardly widens."""
    return 1.4826 * float(np.median(np.abs(np.diff(losses)))) / 2**0.5


def _course(first: np.ndarray, last: np.ndarray, turn: str) -> list[Finding]:
    """Compare the first tenth with the last quarter by medians, against the noise of both."""
    start, now = float(np.median(first)), float(np.median(last))
    # 1.25: a median's standard error in units of a mean's, for normal noise
    noise = 1.25 * float(np.sqrt(_jitter(first) ** 2 / len(first) + _jitter(last) ** 2 / len(last)))
    rise = now - start
    if rise > max(3 * noise, 0.05 * abs(start)):
        cure = "lower the learning rate, warm it up for longer, or clip gradients"
        return [Finding("loss rising", "fault", rise, f"from {start:.3g} to {now:.3g}", cure)]
    if -rise < max(2 * noise, 1e-3 * abs(start)):
        cure = f"{turn} the learning rate, check that the trained parameters receive gradients, or train for longer"
        return [Finding("loss not falling", "warning", -rise, f"{start:.3g} at first, {now:.3g} now", cure)]
    return []
