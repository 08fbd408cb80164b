"""How good vectors are, with nothing trained: how many directions they use, and whether classes lie together."""

import numpy as np

from headstart.inference.neighbours import units

NEIGHBOURS = 20
ROWS_AT_ONCE = 1024
TEMPERATURE = 0.07  # votes weigh exp(cosine / 0.07), as Wu et al. (2018) and every self-supervised benchmark since


def rankme(features: np.ndarray) -> float:
    """Effective rank of features [n, F], between 1 and min(n, F).

    The exponential of the entropy of the singular values as shares of their sum (Garrido et al. 2023, equation 1, after
    Roy and Vetterli 2007). As published, the mean is not taken off; a few thousand rows are plenty.
    """
    values = np.linalg.svd(np.asarray(features, np.float64), compute_uv=False)
    total = values.sum()
    if total == 0:
        return 1.0
    shares = values / total + 1e-7  # the paper's epsilon
    return float(np.clip(np.exp(-(shares * np.log(shares)).sum()), 1.0, min(features.shape)))


def effective_rank(features: np.ndarray) -> float:
    """RankMe of features [n, F] about their mean: one big offset that all rows share is no direction of theirs."""
    return rankme(features - features.mean(0, keepdims=True))


def knn(features: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of the weighted vote of the nearest other rows by cosine. features [n, F], labels [n]."""
    classes, codes = np.unique(labels, return_inverse=True)
    x = units(features)
    nearest = min(NEIGHBOURS, len(x) - 1)
    assert nearest > 0, "a vote needs at least one other row"
    hits = 0
    for start in range(0, len(x), ROWS_AT_ONCE):
        cosine = x[start : start + ROWS_AT_ONCE] @ x.T  # [rows, n]
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -np.inf
        places = np.argpartition(-cosine, nearest - 1, axis=1)[:, :nearest]
        weights = np.exp((np.take_along_axis(cosine, places, 1) - 1) / TEMPERATURE)
        votes = np.zeros((len(cosine), len(classes)))
        np.add.at(votes, (rows[:, None], codes[places]), weights)
        hits += int((votes.argmax(1) == codes[start : start + ROWS_AT_ONCE]).sum())
    return hits / len(x)
