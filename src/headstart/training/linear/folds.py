"""Folds inside labelled rows, for few labels too: every class is spread, no row is asked that nothing could teach."""

import numpy as np


def stratified_folds(classes: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """The fold of each row [n], dealt round class by class so that folds are even; -1 for the only row of a class.

    A row of fold -1 is fitted on in every fold and never held out. classes [n] of any kind.
    """
    fold_of = np.full(len(classes), -1)
    dealt = 0
    for label in np.unique(classes):
        rows = generator.permutation(np.flatnonzero(classes == label))
        if len(rows) > 1:
            fold_of[rows] = (dealt + np.arange(len(rows))) % folds
            dealt += len(rows)
    return fold_of
