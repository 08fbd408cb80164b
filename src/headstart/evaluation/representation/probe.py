"""Probe accuracy: how well logistic regression reads the labels off frozen features, by folds of the training rows."""

import warnings

import numpy as np

from headstart.training.linear.folds import stratified_folds


def probe(features: np.ndarray, labels: np.ndarray, *, folds: int = 5, strength: float = 0.1, seed: int = 0) -> float:
    """Cross-validated accuracy of logistic regression on features [n, F] with labels [n]; only these rows are used.

    Columns are standardised by the rows each fold fits on; `strength` is C. A class's only row is fitted on and never
    asked, so that few labels still give a number; NaN when every class has a single row.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    y = np.unique(np.asarray(labels), return_inverse=True)[1]
    if y.max() == 0:
        return 1.0
    x = np.asarray(features, np.float32)
    fold_of = stratified_folds(y, folds, np.random.default_rng(seed))
    hits = 0
    for fold in np.unique(fold_of[fold_of >= 0]):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=200))
        with warnings.catch_warnings(), threadpool_limits(1):  # threads only wait for each other on so small a fit
            warnings.simplefilter("ignore", ConvergenceWarning)  # 200 iterations are a bound: accuracy settles before
            model.fit(x[fold_of != fold], y[fold_of != fold])
        hits += int((model.predict(x[fold_of == fold]) == y[fold_of == fold]).sum())
    folded = int((fold_of >= 0).sum())
    return hits / folded if folded else float("nan")
