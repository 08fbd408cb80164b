"""k-nearest-neighbour accuracy: do rows of one class lie together, with nothing trained."""

import numpy as np

ROWS_AT_ONCE = 1024
TEMPERATURE = 0.07
"""Votes weigh exp(cosine / 0.07), as Wu et al. (2018) and every self-supervised benchmark since."""


def knn(
    features: np.ndarray,
    labels: np.ndarray,
    new_features: np.ndarray | None = None,
    new_labels: np.ndarray | None = None,
    *,
    neighbours: int = 20,
) -> float:
    """Accuracy of the weighted vote of the nearest rows by cosine.

    features [n, F], labels [n] are the known rows; new_features [m, F], new_labels [m] the questioned ones. Without new
    rows every known row is questioned and its own copy left out.
    """
    leave_out = new_features is None
    questions = features if new_features is None else new_features
    truth = np.asarray(labels if new_labels is None else new_labels)
    assert len(questions) == len(truth), f"{len(questions)} rows but {len(truth)} labels"
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    units, asked = _unit(features), _unit(questions)
    nearest = min(neighbours, len(units) - leave_out)
    assert nearest > 0, "a vote needs at least one other row"
    hits = 0
    for start in range(0, len(asked), ROWS_AT_ONCE):
        cosine = asked[start : start + ROWS_AT_ONCE] @ units.T  # [rows, n]
        rows = np.arange(len(cosine))
        if leave_out:
            cosine[rows, start + rows] = -np.inf
        places = np.argpartition(-cosine, nearest - 1, axis=1)[:, :nearest]
        weights = np.exp((np.take_along_axis(cosine, places, 1) - 1) / TEMPERATURE)
        votes = np.zeros((len(cosine), len(classes)))
        np.add.at(votes, (rows[:, None], codes[places]), weights)
        hits += int((classes[votes.argmax(1)] == truth[start : start + ROWS_AT_ONCE]).sum())
    return hits / len(asked)


def _unit(features: np.ndarray) -> np.ndarray:
    """Rows of length one, float32; a row of zeros stays zero."""
    x = np.asarray(features, np.float32)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
