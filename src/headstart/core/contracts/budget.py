"""What decoding the files of strangers may cost: one object, given to everything that opens a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headstart.core.errors import DataError

_FIX = "unpack it yourself if you trust it"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each thing. Seconds are bounded by counted work, for a clock would refuse a file on a busy machine.

    ratio     bytes that come out of one byte of a file, above `small` or `stream`
    small     bytes that an array or a picture may unpack to, however short its file
    stream    bytes that a compressed file may be ahead of its ratio, wherever it is read: lines of text cost time
    members   files in an archive; each takes at least `member` bytes of it, above the first `few`
    nesting   levels of JSON or XML
    objects   lists, objects and elements of one parsed text; each takes at least `object` bytes of it
    rows      rows of a file that packs them; each takes at least one byte of `ratio` unpacked ones
    columns   cells of a row
    memory    bytes of decoded content that all threads hold at one time
    """

    ratio: int = 100
    small: int = 1 << 26
    stream: int = 1 << 20
    members: int = 1_000_000
    member: int = 16
    few: int = 10_000
    nesting: int = 50
    objects: int = 500_000
    object: int = 6
    rows: int = 1 << 20
    columns: int = 100_000
    memory: int = 1 << 30


class Budget:
    """What is left of the limits, over all files and threads of one call."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self._held = 0
        self._freed = threading.Condition()

    def check_unpacked(self, size: int, packed: int, where: str) -> None:
        """DataError where so many bytes came out of so many of a compressed file: asked as it is read."""
        if size > self.limits.stream + self.limits.ratio * packed:
            found = f"contents of more than {self.limits.ratio} times its size"
            raise DataError(257, "the compressed file is not safe to read", where=where, found=found, fix=_FIX)

    def check_objects(self, count: int, size: int, where: str) -> None:
        """DataError for a text of this many characters that would be parsed into far more objects than data have."""
        if count > self.limits.objects and size < self.limits.object * count:
            raise unsafe(f"{count:,} objects in {size:,} characters", where)

    def check_rows(self, count: int, packed: int, where: str) -> None:
        """DataError for more rows than so many bytes can hold."""
        if count > max(self.limits.rows, self.limits.ratio * packed):
            raise unsafe(f"{count:,} rows in {packed:,} bytes", where)

    def check_columns(self, count: int, where: str) -> None:
        """DataError for a row of far too many cells."""
        if count > self.limits.columns:
            raise unsafe(f"a row of {count:,} cells", where, "leave out columns that are not needed")

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Memory for decoded content while it is worked on: waits until other threads have given back theirs. One that
        needs all of it works alone."""
        size = min(size, self.limits.memory)
        with self._freed:
            self._freed.wait_for(lambda: self._held + size <= self.limits.memory)
            self._held += size
        try:
            yield
        finally:
            with self._freed:
                self._held -= size
                self._freed.notify_all()


def unsafe(found: str, where: str, fix: str = _FIX) -> DataError:
    """The error for a file that would cost far more than it is worth."""
    return DataError(274, "the file is not safe to read", where=where, found=found, fix=fix)
