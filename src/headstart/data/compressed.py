"""Text files as they come: plain, gzipped or Zstandard, UTF-8 or UTF-16, read line by line."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from headstart.core.errors import DataError

SUFFIXES = (".gz", ".zst")


def inner_name(path: Path) -> str:
    """The file name in lower case without the suffix of its compression."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """A text file for reading; DataError if it is not text, or its compression is broken."""
    fix = "save the file as UTF-8"
    try:
        with _opened(path) as raw:
            start = raw.peek(2)[:2]
            encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
            with io.TextIOWrapper(raw, encoding, newline="") as text:
                yield text
    except UnicodeDecodeError as cause:
        found = f"{cause.object[cause.start : cause.start + 4]!r}"
        raise DataError(251, "the file is not UTF-8 text", where=path.name, found=found, fix=fix) from cause
    except (EOFError, gzip.BadGzipFile, OSError) as cause:
        fix = "fetch the file again"
        raise DataError(252, "the file cannot be read", where=path.name, found=str(cause), fix=fix) from cause


def _opened(path: Path) -> io.BufferedReader:
    if path.suffix.lower() == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))  # type: ignore[arg-type]
    if path.suffix.lower() == ".zst":
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(str(path), compression="zstd"))  # type: ignore[arg-type]
    return path.open("rb")
