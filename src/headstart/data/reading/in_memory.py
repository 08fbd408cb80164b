"""Rows that a program holds in memory: texts, told apart from paths, pictures, and sequences of numbers."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from headstart.core.errors import UsageError
from headstart.data.file_names import MEDIA, TEXTS, is_no_path
from headstart.data.records import Opened, is_missing, is_sequence, short

_FILES = MEDIA | {
    *TEXTS, ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".npy", ".npz", ".zip", ".tar", ".tgz",
    ".gz", ".zst", ".bz2", ".xz", ".conll", ".conllu", ".arff",
}  # fmt: skip


def in_memory(given: Any) -> np.ndarray | tuple[np.ndarray, np.ndarray] | None:
    """Rows as an object array [n], with their labels if there are any; None if something else was given."""
    if isinstance(given, tuple) and len(given) == 2:
        x, y = (_values(one) for one in given)
        if x is not None and y is not None and are_rows(x) and not any(map(is_path, x)):
            return _array(x), _array(y)
    if isinstance(given, list | tuple):
        return _array(given) if _are_own_texts(given) or any(are(given) for are in _KINDS) else None
    values = _values(given)
    return None if values is None or not are_rows(values) else _array(values)


def are_rows(values: Sequence[Any]) -> bool:
    """Is each of them a row by itself: a text, a sequence of numbers, a picture, or a record that was opened?"""
    return are_texts(values) or are_sequences(values) or are_pictures(values) or are_opened(values)


def are_opened(values: Sequence[Any]) -> bool:
    """Is each of them a record as sources give it, such as an Episode?"""
    return len(values) > 0 and all(isinstance(one, Opened) for one in values)


def are_pictures(values: Sequence[Any]) -> bool:
    """Is each of them a picture: of Pillow, or an array [H, W], [H, W, C] or [C, H, W] with C of 1, 3 or 4?"""
    return len(values) > 0 and all(map(_is_picture, values))


def _is_picture(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        channels = {value.shape[0], value.shape[-1]} if value.ndim == 3 else set()
        return value.dtype.kind in "biuf" and (value.ndim == 2 or bool(channels & {1, 3, 4}))
    pillow = sys.modules.get("PIL.Image")  # who holds a picture has imported Pillow
    return pillow is not None and isinstance(value, pillow.Image)


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


def is_dataset(given: object) -> bool:
    """Is it a data set of the library `datasets`, or several of them by the names of their splits?"""
    library = sys.modules.get("datasets")  # who holds one has imported it
    return library is not None and isinstance(given, library.Dataset | library.DatasetDict)


def untensored(given: Any) -> Any:
    """Tensors of torch as arrays, also those within lists, pairs and parts; anything else as it is."""
    torch = sys.modules.get("torch")  # who holds a tensor has imported torch
    if torch is None or is_dataset(given):
        return given
    if isinstance(given, torch.Tensor):
        there = given.detach().cpu()
        return np.asarray(there.float() if there.dtype == torch.bfloat16 else there)
    if isinstance(given, tuple) or (isinstance(given, list) and any(isinstance(one, torch.Tensor) for one in given)):
        return type(given)(untensored(one) for one in given)
    if type(given) is dict:
        return {name: untensored(one) for name, one in given.items()}
    return given


def are_records(given: object) -> bool:
    """Is it a list of rows, each a mapping from names of columns to values?"""
    return isinstance(given, list | tuple) and len(given) > 0 and all(isinstance(one, Mapping) for one in given)


def is_path(value: object) -> bool:
    """Does the string name a file, folder or hub data set that exists, or look like the name of one that should?"""
    if not isinstance(value, str) or not value.strip():
        return False
    return (
        is_no_path(value) or os.path.exists(value) or ("\n" not in value and PurePath(value).suffix.lower() in _FILES)
    )


_KINDS = (are_sequences, are_pictures, are_opened)


def _are_own_texts(given: Sequence[Any]) -> bool:
    """Are the items texts? Strings in a list are; a file is a Path. UsageError where all of them name files."""
    if not given or not all(isinstance(one, str) for one in given) or all(map(is_no_path, given)):
        return False
    if all(map(is_path, given)):
        found, fix = repr(short(given[0])), "give a Path for each file: [Path(name) for name in names]"
        raise UsageError(342, "a list of strings is a list of texts, and these name files", found=found, fix=fix)
    return True


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
