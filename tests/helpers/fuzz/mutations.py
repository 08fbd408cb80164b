"""Sound files made unsound: bits flipped, pieces cut, doubled, swapped or overwritten with numbers that hurt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

MAGIC = (
    b"\x00" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80",
    b"\xff\xff\xff\xff", b"\xff\xff", b"\x00\x01", b"\x01\x00\x00\x00", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF", b"II*\x00", b"\x93NUMPY", b"PAR1",
    b"%!PS-Adobe-3.0 EPSF-3.0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b'"', b"\\u0000", b"\n\n",
    b"[" * 3000, b"{\"a\":" * 1500, b"../" * 40, b"/etc/passwd", b"NaN", b"-Infinity", b"null", b"1e999",
)  # fmt: skip
NUMBERS = (b"0", b"-1", b"1", b"255", b"65536", b"2147483648", b"4294967296", b"18446744073709551616", b"9" * 5000)
_HEAD = 64  # bytes that in most formats hold the header


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to four changes, of kinds that the dice choose."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(CHANGES)(data, others, random)
    return data


def _flip(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if made:
            made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def _cut(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _drop(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    begin, end = _piece(data, random)
    return data[:begin] + data[end:]


def _double(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    begin, end = _piece(data, random)
    return data[:end] + data[begin:end] * random.choice((1, 2, 20)) + data[end:]


def _splice(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


def _insert(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(MAGIC) + data[place:]


def _overwrite(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    place, magic = random.randrange(len(data) + 1), random.choice(MAGIC)
    return data[:place] + magic + data[place + len(magic) :]


def _header(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    made = bytearray(data)
    for _ in range(random.choice((1, 2, 4))):
        if made:
            made[random.randrange(min(_HEAD, len(made)))] = random.choice(
                (0, 1, 2, 127, 128, 255, random.randrange(256))
            )
    return bytes(made)


def _number(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    places = [found.span() for found in re.finditer(rb"\d+", data)]
    if not places:
        return _header(data, others, random)
    begin, end = random.choice(places)
    return data[:begin] + random.choice(NUMBERS) + data[end:]


def _piece(data: bytes, random: Random) -> tuple[int, int]:
    begin = random.randrange(len(data) + 1)
    return begin, min(len(data), begin + random.choice((1, 4, 16, 64, 512)))


CHANGES = (_flip, _flip, _cut, _drop, _double, _splice, _insert, _overwrite, _header, _header, _number)
