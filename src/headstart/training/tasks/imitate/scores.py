"""How good said actions are: of every row errors and how many were known, from which all scores are means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.metric import Metric
from headstart.training.tasks.imitate.episodes import Episodes, columns_of

SECONDS = (0.5, 1.0)
NMSE, ACCURACY, F1 = "nmse", "accuracy", "macro_f1"


def of_errors(means: np.ndarray) -> np.ndarray:
    """Means of [minus error, known] -> the mean error of those that are known."""
    return 0.0 - means[..., 0] / np.maximum(means[..., 1], 1e-12)


def of_hits(means: np.ndarray) -> np.ndarray:
    """Means of [right, known] -> the share that is right."""
    return means[..., 0] / np.maximum(means[..., 1], 1e-12)


def steps_of(after: int, rate: float) -> dict[str, int]:
    """Steps of a horizon that are scored by themselves, by name; "" is that of the headline, the last.

    "now" is the first; half a second and a second where the rate is known and both are within the horizon.
    """
    found = {"": after - 1, "now": 0}
    if rate:
        found |= {f"{one:g}s": round(one * rate) - 1 for one in SECONDS if 1 <= round(one * rate) <= after}
    return found


def metrics_of(after: int, rate: float, *, discrete: bool) -> tuple[Metric, ...]:
    names = [_named(NMSE, step) for step in steps_of(after, rate)] + [f"{NMSE}_mean"]
    names += [f"{who}_{NMSE}" for who in ("stay", "mean_action", "last_action")]
    if not discrete:
        return tuple(Metric(name, lower_is_better=True, from_rows=of_errors) for name in names)
    shares = (ACCURACY, f"{ACCURACY}_last", f"{ACCURACY}_mean", f"frequent_{ACCURACY}", f"last_action_{ACCURACY}")
    return (*(Metric(name, fraction=True, from_rows=of_hits) for name in shares), Metric(F1, fraction=True),
            Metric(f"{F1}_last", fraction=True))  # fmt: skip


def _named(name: str, step: str) -> str:
    return f"{name}_{step}" if step else name


def truth_of(examples: Sequence[Example], modality: Episodes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of scored rows what was done [n, H, A], in its own unit and NaN where it is not known; the action before [n, A],
    NaN where there is none; what is observed now says of the action [n, A]."""
    columns = columns_of(examples)
    width, before, scales = len(modality.form.observes), modality.before, modality.scales
    values = columns["x"]
    done = np.full((len(values), modality.after, len(modality.form.acts)), np.nan)
    come = values[:, before : before + modality.after, width:]
    done[:, : come.shape[1]] = come
    last = values[:, before - 1, width:] if before else np.full(done[:, 0].shape, np.nan)
    base = scales.base(values[:, before, :width]).astype(np.float64)
    return done, last, base * scales.deviation[width:] + scales.mean[width:]


def errors_of(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], modality: Episodes
) -> dict[str, np.ndarray]:
    """Scores of rows [n, 2]: minus the squared error, as a share of the variance of each action in train steps and a
    mean over those that move, and 1; 0 and 0 where it is not known. The first is the headline."""
    done, last, base = truth_of(examples, modality)
    said = np.array([answer["actions"] for answer in answers], np.float64).reshape(done.shape)
    width = len(modality.form.observes)
    moves = np.array([width + place not in modality.scales.still for place in range(done.shape[2])])
    scale = modality.scales.deviation[width:]
    mean = np.broadcast_to(modality.scales.mean[width:], base.shape)

    moves = moves if moves.any() else ~moves

    def off(one: np.ndarray, step: int) -> np.ndarray:
        squares = np.square((one - done[:, step]) / scale)[:, moves].mean(1)  # [n]
        known = np.isfinite(squares)
        return np.stack([-np.where(known, squares, 0), known], 1)

    steps = steps_of(modality.after, modality.form.rate)
    found = {_named(NMSE, name): off(said[:, step], step) for name, step in steps.items()}
    found[f"{NMSE}_mean"] = np.mean([off(said[:, step], step) for step in range(modality.after)], 0)
    simple = {"stay": base, "mean_action": mean, "last_action": last}
    if not (modality.scales.follows >= 0).any():
        del simple["stay"]
    found |= {f"{who}_{NMSE}": off(one, modality.after - 1) for who, one in simple.items() if np.isfinite(one).any()}
    return found


def hits_of(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example], modality: Episodes
) -> dict[str, np.ndarray]:
    """Of discrete actions [n, 2]: 1 where the choice is right, and 1; 0 and 0 where it is not known."""
    done, last, _ = truth_of(examples, modality)
    done = done[..., 0]  # [n, H]
    said = np.array([answer["actions"] for answer in answers], np.float64)
    frequent = np.full(len(done), float(modality.scales.shares.argmax()))

    def right(one: np.ndarray, step: int) -> np.ndarray:
        known = np.isfinite(done[:, step])
        return np.stack([(one == done[:, step]) & known, known], 1).astype(np.float64)

    each = [right(said[:, step], step) for step in range(done.shape[1])]
    found = {ACCURACY: each[0], f"{ACCURACY}_last": each[-1], f"{ACCURACY}_mean": np.mean(each, 0)}
    found[f"frequent_{ACCURACY}"] = right(frequent, 0)
    if np.isfinite(last).any():
        found[f"last_action_{ACCURACY}"] = right(last[:, 0], 0)
    return found


def macro_f1(said: np.ndarray, done: np.ndarray) -> float:
    """The mean F1 of the choices that occur, of numbers [n], NaN where nothing is known."""
    known = np.isfinite(done)
    said, done = said[known], done[known]
    found = []
    for one in np.unique(done):
        right = float(((said == one) & (done == one)).sum())
        found.append(2 * right / max(1.0, float((said == one).sum() + (done == one).sum())))
    return float(np.mean(found)) if found else 0.0
