"""Blob: the bytes of one raw file, read only when somebody needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headstart.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Blob:
    """A file by its name, wherever it lies (folder, archive, memory). `reader(limit)` returns at most `limit` bytes
    from its start, all of them for -1."""

    name: str
    reader: Callable[[int], bytes]

    def read(self, limit: int = -1) -> bytes:
        """The first `limit` bytes, or all."""
        return self.reader(limit)

    @classmethod
    def file(cls, path: Path, name: str) -> Blob:
        """A file on disk; a file that cannot be read is a DataError when it is read, not before."""

        def reader(limit: int) -> bytes:
            try:
                with path.open("rb") as file:
                    return file.read(limit)
            except OSError as cause:
                fix = "correct the path or the permission, or pass --skip-bad"
                raise DataError(201, "cannot read the file", where=name, found=cause.strerror, fix=fix) from cause

        return cls(name, reader)

    @classmethod
    def loaded(cls, data: bytes, name: str) -> Blob:
        """Bytes that are in memory already."""
        return cls(name, lambda limit: data if limit < 0 else data[:limit])
