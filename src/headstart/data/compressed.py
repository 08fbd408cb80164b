"""Text files as they come: plain, gzipped or Zstandard, read line by line; and the guess what is no UTF-8 may be."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from headstart.core.errors import DataError

SUFFIXES = (".gz", ".zst")
_BLOCK = 1 << 20  # bytes looked at together when the place of a wrong byte is searched
_LOOK = 4096  # bytes from which the encoding is guessed
_RATIO = 100
_SMALL = 1 << 26  # up to 64 MiB a file may well be so even that it unpacks to more than 100 times its size


def inner_name(path: Path) -> str:
    """The file name in lower case without the suffix of its compression."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """A text file for reading; DataError if it is not UTF-8 (a BOM is dropped), or its compression is broken."""
    try:
        with _opened(path) as raw:
            start = raw.peek(_LOOK)[:_LOOK]
            if looks_like(start).startswith("UTF-16"):  # half of it may well be valid UTF-8
                raise not_utf8(start, 0, path.name)
            try:
                with io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                    yield text
            except UnicodeDecodeError as cause:
                raise _misplaced(path) from cause
    except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as cause:
        fix = "fetch the file again"
        raise DataError(252, "the file cannot be read", where=path.name, found=str(cause), fix=fix) from cause


def text_of(data: bytes, where: str) -> str:
    """The text that bytes are; DataError if they are not UTF-8 (a BOM is dropped)."""
    if looks_like(data[:_LOOK]).startswith("UTF-16"):
        raise not_utf8(data[:_LOOK], 0, where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise not_utf8(data, cause.start, where) from cause


def looks_like(data: bytes) -> str:
    """The encoding that bytes which may not be UTF-8 most likely have, as iconv calls it; "" for plain ASCII."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    start = data[: _LOOK // 2 * 2]
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half and max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half:
        return "UTF-16LE" if odd > even else "UTF-16BE"
    high = {byte for byte in data if byte >= 0x80}
    if not high:
        return ""
    # 0x80 to 0x9F are control characters in Latin-1, but quotes, dashes and the euro in Windows-1252
    return "WINDOWS-1252" if any(byte < 0xA0 for byte in high) else "LATIN1"


def not_utf8(data: bytes, offset: int, where: str, *, start: int = 0) -> DataError:
    """The error for bytes whose one at `offset` is no UTF-8; `data` begins at byte `start` of the whole."""
    guess = looks_like(data)
    wrong = data[offset - start : offset - start + 4]
    return DataError(
        251, "the file is not UTF-8 text", where=where, found=f"{wrong!r} at byte {offset:,}, which looks like {guess}",
        fix=f"convert it: iconv -f {guess} -t UTF-8",
    )  # fmt: skip


def _misplaced(path: Path) -> DataError:
    """The error that names the first byte of a file that is not UTF-8; the whole is read again to find its place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    with _opened(path) as raw:
        while True:
            block = raw.read(_BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as cause:
                return not_utf8(cause.object, read - waiting + cause.start, path.name, start=read - waiting)
            read += len(block)


class _Measured(io.RawIOBase):
    """What comes out of a decompressor, until it is far more than went in."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._path = stream, path
        self._most, self._done = max(_SMALL, _RATIO * path.stat().st_size), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._done += len(data)
        if self._done > self._most:
            found, fix = f"contents of more than {_RATIO} times its size", "unpack it yourself if you trust it"
            raise DataError(257, "the compressed file is not safe to read", where=self._path.name, found=found, fix=fix)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _opened(path: Path) -> io.BufferedReader:
    if path.suffix.lower() == ".gz":
        return io.BufferedReader(_Measured(gzip.open(path, "rb"), path))
    if path.suffix.lower() == ".zst":
        import pyarrow as pa

        return io.BufferedReader(_Measured(pa.input_stream(str(path), compression="zstd"), path))
    return path.open("rb")
