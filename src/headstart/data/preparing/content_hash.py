"""The content of raw data as one number: equal for equal bytes, labels and splits, wherever the files lie."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.blocks import MAYBE, Block, Portion
from headstart.core.errors import ContractError, DataError
from headstart.core.temporary import temporary_folder
from headstart.core.version import __version__
from headstart.data.preparing.kept_rows import Kept
from headstart.data.records import Blob, Opened

Sink: TypeAlias = "hashlib.blake2b | _Written"
_PLAIN = frozenset((str, int, float, bool, type(None)))


@dataclass(frozen=True, slots=True)
class Content:
    """Hex digest over every byte of every example. Sizes and dates are not enough: files change behind them.

    `marks`: eight bytes of the digest behind each example, by which the first that differs is found. `kept`: the rows
    of a table themselves, where they are few: nobody needs to read them again.
    """

    digest: str
    marks: array[int]
    kept: Kept | None = None

    def same(self, examples: Iterable[contracts.Example]) -> Iterator[contracts.Example]:
        """The examples once more, with the bytes of files that were hashed; ContractError at the first that changed."""
        check = _Check(self.marks)
        for example in examples:
            read = _read(example)
            check.add(example, read)
            yield read
        check.end()

    def same_portions(self, portions: Callable[[], Iterable[Portion]]) -> Iterator[Portion]:
        """As `same` of rows of tables by portions, which are read once more unless they were kept."""
        if self.kept is not None:
            yield from self.kept.portions()
            return
        check = _Check(self.marks)
        for portion in portions():
            if isinstance(portion, Block):
                check.add_block(portion)
            else:
                for example in portion:
                    check.add(example, example)
            yield portion
        check.end()


class _Check:
    """Examples once more, against the marks of the first time."""

    def __init__(self, marks: array[int]) -> None:
        self._marks, self._digest, self._count, self._origin = marks, _digest(), 0, ""

    def add(self, example: contracts.Example, read: contracts.Example) -> None:
        self._origin = str(example["origin"])
        _add_example(self._digest, example, read)
        if self._count >= len(self._marks) or _mark(self._digest) != self._marks[self._count]:
            raise _changed(self._origin)
        self._count += 1

    def add_block(self, block: Block) -> None:
        found = marks_of(self._digest, block)
        before = self._marks[self._count : self._count + len(found)]
        if found != before:
            pairs = zip_longest(found, before)
            place = next(number for number, (one, other) in enumerate(pairs) if one != other)
            raise _changed(str(block.facts["origin"][place]))
        self._count += len(found)
        self._origin = str(block.facts["origin"][-1]) if found else self._origin

    def end(self) -> None:
        if self._count < len(self._marks):
            raise _changed(self._origin)


def content(examples: Iterable[contracts.Example]) -> Content:
    """The content of examples, read to the end."""
    digest, marks = _digest(), array("Q")
    for example in examples:
        _add_example(digest, example, _read(example))
        marks.append(_mark(digest))
    return Content(digest.hexdigest(), marks)


def content_of_portions(portions: Iterable[Portion]) -> Content:
    """The same of rows of tables by portions."""
    digest, marks, kept = _digest(), array("Q"), Kept()
    for portion in portions:
        kept.add(portion)
        if isinstance(portion, Block):
            marks.extend(marks_of(digest, portion))
        else:
            for example in portion:
                _add_example(digest, example, example)
                marks.append(_mark(digest))
    return Content(digest.hexdigest(), marks, kept if kept.are_all else None)


def marks_of(digest: hashlib.blake2b, block: Block) -> array[int]:
    """The marks of the rows of a block, added one by one."""
    marks = array("Q")
    for written in _written(block):
        digest.update(written)
        marks.append(_mark(digest))
    return marks


def _written(block: Block) -> Iterator[bytes]:
    """What `_add_example` writes of each row of a block."""
    if not all(_PLAIN.issuperset(map(type, column)) for column in block.values.values()):
        for example in block.examples():
            row = _Written()
            _add_example(row, example, example)
            yield row.whole
        return
    form = "\0input\0dict\0{" + ", ".join(f"{name!r}: ".replace("%", "%%") + "%r" for name in block.values) + "}"
    inputs = map(form.__mod__, zip(*block.values.values(), strict=True))
    written = {"input": (text.encode("utf-8", "surrogatepass") for text in inputs)}
    written |= {name: map(partial(_fact, name), column) for name, column in block.facts.items()}
    yield from map(b"".join, zip(*(written[name] for name in sorted(written)), strict=True))


def _fact(name: str, value: Any) -> bytes:
    """What is written of a fact of a row; nothing where the row has none."""
    if value is None and name in MAYBE:
        return b""
    if type(value) in _PLAIN:
        return f"\0{name}\0{type(value).__name__}\0{value}".encode("utf-8", "surrogatepass")
    row = _Written()
    _add_example(row, {name: value}, {name: value})
    return row.whole


class _Written:
    """Takes what a digest would take."""

    def __init__(self) -> None:
        self._parts = list[bytes]()

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self._parts.append(bytes(data))

    @property
    def whole(self) -> bytes:
        return b"".join(self._parts)


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


def _add_example(digest: Sink, given: contracts.Example, read: contracts.Example) -> None:
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


def _add(digest: Sink, value: Any) -> None:
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


def _add_other(digest: Sink, value: Any) -> None:
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
