"""Do labels go with the rows? A permutation test on what a linear model says of rows that it has not seen."""

import numpy as np

from headstart.core.contracts import Plain

SHUFFLES = 99
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)  # as shares of the rows' whole variance


def p_value(features: Plain, targets: np.ndarray, generator: np.random.Generator) -> float:
    """The share of shuffled targets that a ridge regression on features [n, F] predicts as well as the targets [n, K].

    Judged by the mean squared error of every row left out, in closed form, with the best of a few penalties on either
    side (Ojala and Garriga 2010, test 1). Small: the labels go with the rows. Large: nothing that is linear in the
    features tells them from chance.
    """
    n, outputs = targets.shape
    shuffled = [targets, *(targets[generator.permutation(n)] for _ in range(SHUFFLES))]
    columns = np.concatenate(shuffled, 1) - np.tile(targets.mean(0), SHUFFLES + 1)  # [n, K * (1 + SHUFFLES)]
    products = features @ features.T
    products = np.asarray(products if isinstance(products, np.ndarray) else products.todense(), np.float64)
    products -= products.mean(0) + products.mean(1)[:, None] - products.mean()
    values, vectors = np.linalg.eigh(products)
    values = np.maximum(values, 0)
    least = np.full(SHUFFLES + 1, np.inf)
    along = vectors.T @ columns
    for share in PENALTIES:
        kept = values / (values + share * max(values.sum(), 1e-12))
        own = np.square(vectors) @ kept + 1 / n  # a row's pull on its own answer
        missed = (columns - vectors @ (kept[:, None] * along)) / np.maximum(1 - own, 1e-9)[:, None]
        least = np.minimum(least, np.square(missed).mean(0).reshape(SHUFFLES + 1, outputs).mean(1))
    return float((least <= least[0] * (1 + 1e-12)).mean())
