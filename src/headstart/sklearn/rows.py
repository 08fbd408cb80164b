"""What estimators are given, checked as scikit-learn checks it, and as headstart reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import validate_data

from headstart.data.reading.in_memory import is_frame

TABLE = "table"
TARGET = "target"


class Learned(NamedTuple):
    """Data for `prepare`: what it is, of which kind, and which column holds the labels."""

    data: Any
    modality: str
    target: str | None


def learned(estimator: BaseEstimator, X: Any, labels: Sequence[Any]) -> Learned:
    """Rows with their labels."""
    kind: str = estimator.get_params(deep=False)["modality"]
    if not is_table(X):
        return Learned((list(X), list(labels)), kind, None)
    frame = _frame(estimator, X, reset=True)
    name = TARGET
    while name in frame.columns:
        name += "_"
    return Learned(frame.assign(**{name: list(labels)}), TABLE if kind == "auto" else kind, name)


def asked(estimator: BaseEstimator, X: Any) -> Any:
    """Rows to be answered, with the columns that were learned."""
    return _frame(estimator, X, reset=False) if is_table(X) else list(X)


def targets(estimator: BaseEstimator, X: Any, y: Any, *, numeric: bool = False) -> np.ndarray:
    """Labels [n]. Raises ValueError if there is not one for each row, or a number that is none."""
    if y is None:
        name = type(estimator).__name__
        raise ValueError(f"{name} requires y to be passed, but the target y is None")
    found = column_or_1d(y, warn=True)
    if numeric or found.dtype.kind == "f":
        check_array(found.reshape(-1, 1), dtype="numeric", input_name="y")
    check_consistent_length(X, found)
    return found


def is_table(X: Any) -> bool:
    """Is X a frame, a sparse matrix, or numbers [n, F], rather than a list of texts, paths or pictures?"""
    if is_frame(X) or issparse(X):
        return True
    if isinstance(X, list | tuple):
        first = X[0] if X else None
        return isinstance(first, list | tuple | np.ndarray) and _are_numbers(np.asarray(first), 1)
    return _are_numbers(np.asarray(X), 2)


def _are_numbers(found: np.ndarray, most: int) -> bool:
    """An array of `most` dimensions at most, and no column of texts or objects."""
    return found.ndim <= most and not (found.ndim == 1 and found.dtype.kind in "OUS")


def _frame(estimator: BaseEstimator, X: Any, *, reset: bool) -> Any:
    """A DataFrame whose columns go by the names that were learned."""
    import pandas as pd

    if is_frame(X):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return X.reset_index(drop=True)
    least = 2 if reset else 1
    checked: Any = validate_data(
        estimator, X, reset=reset, dtype="numeric", ensure_all_finite=False, ensure_min_samples=least
    )
    return pd.DataFrame(checked, columns=[f"x{place}" for place in range(checked.shape[1])])
