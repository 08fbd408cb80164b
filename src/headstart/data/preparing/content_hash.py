"""The content of raw data as one number: equal for equal bytes, labels and splits, wherever the files lie."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.errors import ContractError, DataError
from headstart.core.temporary import temporary_folder
from headstart.core.version import __version__
from headstart.data.records import Blob, Opened

_PLAIN = frozenset((str, int, float, bool, type(None)))


@dataclass(frozen=True, slots=True)
class Content:
    """Hex digest over every byte of every example. Sizes and dates are not enough: files change behind them.

    `marks`: eight bytes of the digest behind each example, by which the first that differs is found.
    """

    digest: str
    marks: array[int]

    def same(self, examples: Iterable[contracts.Example]) -> Iterator[contracts.Example]:
        """The examples once more, with the bytes of files that were hashed; ContractError at the first that changed."""
        digest, count, origin = _digest(), 0, ""
        for count, example in enumerate(examples, 1):
            origin, read = str(example["origin"]), _read(example)
            _add_example(digest, example, read)
            if count > len(self.marks) or _mark(digest) != self.marks[count - 1]:
                raise _changed(origin)
            yield read
        if count < len(self.marks):
            raise _changed(origin)


def content(examples: Iterable[contracts.Example]) -> Content:
    """The content of examples, read to the end."""
    digest, marks = _digest(), array("Q")
    for example in examples:
        _add_example(digest, example, _read(example))
        marks.append(_mark(digest))
    return Content(digest.hexdigest(), marks)


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=32)


def _mark(digest: hashlib.blake2b) -> int:
    return int.from_bytes(digest.digest()[:8])


def _read(example: contracts.Example) -> contracts.Example:
    """The example with the bytes of its file in place of the file."""
    if not isinstance(example["input"], Blob):
        return example
    try:
        return {**example, "input": example["input"].read()}
    except DataError as error:  # reported when the row is read
        return {**example, "input": error}


def _add_example(digest: hashlib.blake2b, given: contracts.Example, read: contracts.Example) -> None:
    for key in sorted(given):
        digest.update(f"\0{key}\0{type(given[key]).__name__}\0".encode("utf-8", "surrogatepass"))
        _add(digest, read[key])


def _changed(origin: str) -> ContractError:
    fix = "run the command again when nobody writes there"
    return ContractError(157, "the source changed while it was read", where=origin, fix=fix)


def preparation(content_digest: str, options: dict[str, Any]) -> str:
    """Hex digest of a whole preparation: data, options and the version that prepares."""
    body = {"content": content_digest, "options": options, "headstart": __version__}
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def of_modality(modality: contracts.Modality) -> str:
    """Hex digest of everything that a modality has learned: of the files in which it is kept."""
    digest = _digest()
    with temporary_folder() as place:
        modality.save(place)
        for file in sorted(place.iterdir()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, value: Any) -> None:
    if isinstance(value, str):
        digest.update(value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, bytes | bytearray | memoryview):
        digest.update(len(value).to_bytes(8, "little"))
        digest.update(value)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, list | tuple | np.ndarray):
        for item in value:
            _add(digest, item)
    elif isinstance(value, int | float | bool | Path | DataError) or value is None:
        digest.update(str(value).encode("utf-8", "surrogatepass"))
    else:
        _add_other(digest, value)


def _add_other(digest: hashlib.blake2b, value: Any) -> None:
    if isinstance(value, dict) and _PLAIN.issuperset(map(type, value.values())):  # a row of a table, in one go
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
        return
    from PIL.Image import Image

    if isinstance(value, Image):
        digest.update(f"{value.mode}{value.size}".encode())
        digest.update(value.tobytes())
    elif isinstance(value, Opened):
        _add(digest, list(value.content))
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            digest.update(str(key).encode("utf-8", "surrogatepass"))
            _add(digest, value[key])
    else:
        digest.update(repr(value).encode("utf-8", "surrogatepass"))
