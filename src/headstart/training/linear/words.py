"""Linear models of words with a tag each, which are scored by F1."""

from __future__ import annotations

from functools import partial

import numpy as np

from headstart.core.contracts import Plain
from headstart.core.contracts.probe import LinearFit
from headstart.training.linear import sparse
from headstart.training.linear.solve import Split, fit_classes

STRENGTH = 3.0  # C of the support vectors
FACTOR = 3.0  # turns their margins into logits: 2.8 to 3.4 had the least log loss on three sets
LOWERED = np.arange(-1.0, 4.05, 0.1)  # logits that the tag "outside" may lose
MOST_IN_FOLDS = 100_000  # words; of more, one third is held out once


def fit_words(
    features: Plain, targets: np.ndarray, classes: int, *, solver: str, seed: int, outside: int | None = None
) -> LinearFit:
    """Logits of tags from features of words [n, F] and tag numbers targets [n]; absent tags get a very low one.

    Nearly all words may have the tag `outside` (None: there is no such tag). A model with the most hits then answers it
    too often for a good F1, so its bias is lowered to where the F1 of the other tags is greatest on held-out words
    (Lewis 1995). These are contiguous blocks: sentences stay whole. On sparse features the strength of the support
    vectors is fixed: WNUT-17 has an F1 of .199, .213, .206 with C = 0.3, 1, 3, and .028, .083, .119 without lowering.
    """
    fit = partial(_fit_tags, classes=classes, solver=solver, seed=seed)
    found = fit(features, targets)
    if outside is None or len(np.unique(targets)) == 1:
        return found
    splits = _blocks(len(targets))
    outputs = [features[check] @ part.weight + part.bias for learn, check in splits
               for part in [fit(features[learn], targets[learn])]]  # fmt: skip
    held, judged = np.concatenate(outputs), np.concatenate([targets[check] for _, check in splits])
    lowered, score = best_lowering(held, judged, outside)
    bias = found.bias.copy()
    bias[outside] -= lowered
    chosen = {**found.chosen, "outside_lowered": lowered, "held_out_f1": score}
    return LinearFit(found.weight, bias, chosen, missed=1 - score)


def best_lowering(outputs: np.ndarray, y: np.ndarray, outside: int) -> tuple[float, float]:
    """What to take from the output of one class for the greatest F1 of all others, and that F1.

    outputs [n, K], y [n]. The F1 is averaged over neighbours of a grid, since few words leave it rough; of equal ones
    the smallest change is taken.
    """
    others = np.delete(outputs, outside, 1)
    best = others.argmax(1)
    margin = outputs[:, outside] - others[np.arange(len(y)), best]
    right = best + (best >= outside) == y
    wanted, scores = int((y != outside).sum()), list[float]()
    for lowered in LOWERED:
        said = margin < lowered
        scores.append(2 * float((said & right).sum()) / max(1, int(said.sum()) + wanted))
    smooth = np.convolve(np.pad(scores, 2, "edge"), np.full(5, 0.2), "valid")
    place = min(np.flatnonzero(smooth > smooth.max() - 1e-9), key=lambda one: abs(LOWERED[one]))
    return float(LOWERED[place]), scores[place]


def _fit_tags(features: Plain, targets: np.ndarray, *, classes: int, solver: str, seed: int) -> LinearFit:
    if isinstance(features, np.ndarray):
        return fit_classes(features, targets, classes, solver=solver, seed=seed)
    present, y = np.unique(targets, return_inverse=True)
    weight = np.zeros((features.shape[1], classes), np.float32)  # pyright: ignore[reportOptionalSubscript]
    bias = np.full(classes, -20.0, np.float32)
    if len(present) == 1:
        bias[present] = 0.0
    else:
        used, rows = sparse.used(features)
        found, shift = sparse.fit_support(rows, y, STRENGTH, seed)
        weight[np.ix_(used, present)], bias[present] = FACTOR * found, FACTOR * shift
    return LinearFit(weight, bias, {"penalty": 1 / STRENGTH})


def _blocks(n: int) -> list[Split]:
    """(fit rows, check rows) of contiguous blocks: three folds, or where there are many rows one."""
    fold_of = np.arange(n) * 12 // n % 3
    folds = range(3 if n <= MOST_IN_FOLDS else 1)
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in folds]
