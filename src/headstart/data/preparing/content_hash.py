"""The content of raw data as one number: equal for equal bytes, labels and splits, wherever the files lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import DataError
from headstart.core.version import __version__
from headstart.data.records import Blob


def content(examples: Iterable[contracts.Example]) -> str:
    """Hex digest over every byte of every example. Sizes and dates are not enough: files change behind them."""
    digest = hashlib.blake2b(digest_size=32)
    for example in examples:
        for key in sorted(example):
            digest.update(f"\0{key}\0{type(example[key]).__name__}\0".encode("utf-8", "surrogatepass"))
            _add(digest, example[key])
    return digest.hexdigest()


def preparation(content_digest: str, options: dict[str, Any]) -> str:
    """Hex digest of a whole preparation: data, options and the version that prepares."""
    body = {"content": content_digest, "options": options, "headstart": __version__}
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def _add(digest: hashlib.blake2b, value: Any) -> None:
    if isinstance(value, Blob):
        try:
            value = value.read()
        except DataError as error:  # reported when the row is read; here only part of who the data are
            value = str(error)
    if isinstance(value, bytes | bytearray | memoryview):
        digest.update(len(value).to_bytes(8, "little"))
        digest.update(value)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, list | tuple | np.ndarray):
        for item in value:
            _add(digest, item)
    elif isinstance(value, str | int | float | bool | Path | DataError) or value is None:
        digest.update(str(value).encode("utf-8", "surrogatepass"))
    else:
        _add_other(digest, value)


def _add_other(digest: hashlib.blake2b, value: Any) -> None:
    from PIL.Image import Image

    if isinstance(value, Image):
        digest.update(f"{value.mode}{value.size}".encode())
        digest.update(value.tobytes())
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            digest.update(str(key).encode("utf-8", "surrogatepass"))
            _add(digest, value[key])
    else:
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
