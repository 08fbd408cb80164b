"""Rows that a program holds in memory: texts, told apart from paths, and sequences of numbers of differing length."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from headstart.data.file_names import MEDIA, TEXTS, is_hub
from headstart.data.records import is_missing, is_sequence

_FILES = MEDIA | {
    *TEXTS, ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".npy", ".npz", ".zip", ".tar", ".tgz",
    ".gz", ".zst", ".bz2", ".xz", ".conll", ".conllu",
}  # fmt: skip


def in_memory(given: Any) -> np.ndarray | tuple[np.ndarray, np.ndarray] | None:
    """Rows as an object array [n], with their labels if there are any; None if something else was given."""
    if isinstance(given, tuple) and len(given) == 2:
        x, y = (_values(one) for one in given)
        if x is not None and y is not None and are_rows(x) and not any(map(is_path, x)):
            return _array(x), _array(y)
    if isinstance(given, list | tuple):
        return _array(given) if _are_texts_by_look(given) or are_sequences(given) else None
    values = _values(given)
    return None if values is None or not are_rows(values) else _array(values)


def are_rows(values: Sequence[Any]) -> bool:
    """Is each of them a row by itself: a text, or a sequence of numbers?"""
    return are_texts(values) or are_sequences(values)


def are_sequences(values: Sequence[Any]) -> bool:
    """Are all of them lists or arrays [T] of numbers?"""
    return len(values) > 0 and all(is_sequence(one) for one in values)


def are_texts(values: Sequence[Any]) -> bool:
    """Are all of them strings, or missing (None, NaN), and at least one a string?"""
    texts = [isinstance(one, str) for one in values]
    return any(texts) and all(text or is_missing(one) for text, one in zip(texts, values, strict=True))


def is_frame(given: object) -> bool:
    """Is it a DataFrame of pandas?"""
    pandas = sys.modules.get("pandas")  # who holds a frame has imported pandas
    return pandas is not None and isinstance(given, pandas.DataFrame)


def are_records(given: object) -> bool:
    """Is it a list of rows, each a mapping from names of columns to values?"""
    return isinstance(given, list | tuple) and len(given) > 0 and all(isinstance(one, Mapping) for one in given)


def is_path(value: object) -> bool:
    """Does the string name a file, folder or hub data set that exists, or look like the name of one that should?"""
    if not isinstance(value, str) or not value.strip():
        return False
    return is_hub(value) or os.path.exists(value) or ("\n" not in value and PurePath(value).suffix.lower() in _FILES)


def _are_texts_by_look(given: Sequence[Any]) -> bool:
    """Are the items texts, rather than paths? A lone word is a path; so is what has a slash and no space."""
    if not given or not all(isinstance(one, str) for one in given) or any(map(is_path, given)):
        return False
    spaced = any(" " in one.strip() or "\n" in one for one in given)
    return spaced or (len(given) > 1 and not any("/" in one or os.sep in one for one in given))


def _values(given: Any) -> list[Any] | None:
    """The items of a list, an array [n] or a pandas Series of anything that may be text or a label."""
    if isinstance(given, list):
        return given
    if isinstance(given, np.ndarray):
        return given.tolist() if given.ndim == 1 else None
    pandas = sys.modules.get("pandas")  # who holds a Series has imported pandas
    return given.tolist() if pandas is not None and isinstance(given, pandas.Series) else None


def _array(values: Sequence[Any]) -> np.ndarray:
    made = np.empty(len(values), object)
    for place, value in enumerate(values):
        made[place] = value
    return made
