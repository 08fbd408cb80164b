"""Files as they come, plain or compressed, read as streams; and the guess what is no UTF-8 may be."""

import bz2
import codecs
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError

SUFFIXES = (".gz", ".zst")
_BLOCK = 1 << 20  # bytes looked at together when the place of a wrong byte is searched
_LOOK = 4096  # bytes from which the encoding is guessed
_BUFFER = 1 << 16
_GZIP, _ZSTANDARD, _BZIP2, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0"
# What decompressors raise on broken files.
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError)


def inner_name(path: Path) -> str:
    """The file name in lower case without the suffix of its compression."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


@contextmanager
def open_text(path: Path, budget: Budget) -> Iterator[IO[str]]:
    """A text file for reading; DataError if it is not UTF-8 (a BOM is dropped), or its compression is broken."""
    try:
        with open_bytes(path, budget) as raw:
            start = raw.peek(_LOOK)[:_LOOK]
            if looks_like(start).startswith("UTF-16"):  # half of it may well be valid UTF-8
                raise not_utf8(start, 0, path.name)
            try:
                with io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
                    yield text
            except UnicodeDecodeError as cause:
                raise _misplaced(path, budget) from cause
    except BROKEN as cause:
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


def _misplaced(path: Path, budget: Budget) -> DataError:
    """The error that names the first byte of a file that is not UTF-8; the whole is read again to find its place."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    with open_bytes(path, budget) as raw:
        while True:
            block = raw.read(_BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as cause:
                return not_utf8(cause.object, read - waiting + cause.start, path.name, start=read - waiting)
            read += len(block)


def open_bytes(path: Path, budget: Budget) -> io.BufferedReader:
    """The bytes of a file, unpacked where it begins as gzip, Zstandard, bzip2 or xz do. Reading raises what
    decompressors do (`BROKEN`), and DataError once far more comes out than is in the file."""
    raw = path.open("rb")
    stream = _unpacking(raw, raw.peek(8))
    if stream is raw:
        return raw
    return io.BufferedReader(_Measured(stream, budget, path.name, raw), _BUFFER)


def packed_place(stream: io.BufferedReader) -> int:
    """How many bytes of the file itself a stream of `open_bytes` has taken."""
    raw = stream.raw
    return raw.packed.tell() if isinstance(raw, _Measured) else stream.tell()


def is_plain(stream: io.BufferedReader) -> bool:
    """Does a stream of `open_bytes` give the bytes of the file as they are?"""
    return not isinstance(stream.raw, _Measured)


def unpacked(data: bytes, where: str, budget: Budget) -> bytes:
    """What bytes hold that begin as a compressed file does; others as they are. Raises as `open_bytes`."""
    raw: Any = io.BytesIO(data)
    stream, pieces = _unpacking(raw, data[:8]), list[bytes]()
    if stream is raw:
        return data
    done = 0
    with stream:
        while piece := stream.read(_BLOCK):  # one large read takes its memory in advance
            done += len(piece)
            budget.check_unpacked(done, len(data), where)
            pieces.append(piece)
    return b"".join(pieces)


def _unpacking(raw: Any, head: bytes) -> Any:
    """The stream behind a compressed one; that one itself where it is plain."""
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=raw)
    if head.startswith(_BZIP2):
        return bz2.BZ2File(raw)
    if head.startswith(_XZ):
        return lzma.LZMAFile(raw)
    if head.startswith(_ZSTANDARD):
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
    return raw


class _Measured(io.RawIOBase):
    """What comes out of a decompressor, until it is far more than went in. `packed`: the file itself."""

    def __init__(self, stream: Any, budget: Budget, where: str, packed: io.BufferedReader) -> None:
        self._stream, self._budget, self._where, self.packed = stream, budget, where, packed
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._place += len(data)
        self._budget.check_unpacked(self._place, self.packed.tell(), self._where)
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset if whence == io.SEEK_SET else self._place + offset
        # what lies between is unpacked
        self._budget.check_unpacked(place, os.fstat(self.packed.fileno()).st_size, self._where)
        self._place = self._stream.seek(place)
        return self._place

    def tell(self) -> int:
        return self._place

    def close(self) -> None:
        self._stream.close()
        self.packed.close()
        super().close()
