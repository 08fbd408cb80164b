"""Bombs of archives and arrays: members without end, lists that lie, numbers that are all zero."""

# ruff: noqa: E501 (a bomb stays on one line)

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import numpy as np
import pyarrow as pa

from tests.helpers.bombs.bomb import Bomb, file, folder, picture, squeezed, tarred, zipped

MIB = 1 << 20
RATIO = "100 times its size"


def npy(shape: tuple[int, ...], kind: str = "|u1") -> bytes:
    """The header of an array."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": kind, "fortran_order": False, "shape": shape})
    return out.getvalue()


def npz(name: str, shape: tuple[int, ...], **others: bytes) -> bytes:
    """A deflated array of zeros, written piece by piece."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            member.write(npy(shape))
            for _ in range(int(np.prod(shape)) // MIB):
                member.write(bytes(MIB))
        for other, data in others.items():
            archive.writestr(f"{other}.npy", data)
    return out.getvalue()


def lying(data: bytes) -> bytes:
    """A zip whose list says that members take a gigabyte packed."""
    place = data.index(b"PK\1\2")
    return data[: place + 20] + struct.pack("<L", 1 << 30) + data[place + 24 :]


def idx(sizes: tuple[int, ...]) -> bytes:
    return bytes([0, 0, 8, len(sizes)]) + b"".join(struct.pack(">L", size) for size in sizes)


def overlapping(count: int) -> bytes:
    """A zip whose members are all the same bytes (after Fifield, WOOT 2019)."""
    one = zipped({"a.png": bytes(MIB)})
    place, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entries = b""
    for number in range(count):
        entry = bytearray(one[place:end])
        entry[46:51] = f"{number:05}".encode()
        entries += bytes(entry)
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entries), place, 0)
    return one[:place] + entries + tail


def long_list(count: int) -> bytes:
    """A zip that says its list has so many members."""
    size = 46 * count
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, 0)
    return (
        bytes(100)
        + large
        + struct.pack("<4sLQL", b"PK\6\7", 0, 100, 1)
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    )


def large_member(pack: str) -> bytes:
    """A tar with a member of zeros."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{pack}") as archive:
        info = tarfile.TarInfo("a/1.png")
        info.size = 300 * MIB
        archive.addfile(info, io.BytesIO(bytes(300 * MIB)))
    return out.getvalue()


def promised(size: int) -> bytes:
    """The header of a member that is far larger than the archive."""
    info = tarfile.TarInfo("a/1.png")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def facts(size: int) -> bytes:
    """A pax header of so many bytes about one member."""
    info = tarfile.TarInfo("a/1.png")
    info.type, info.size = tarfile.XHDTYPE, size
    return info.tobuf(tarfile.GNU_FORMAT)


def shard(text: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for number in range(3):
            for ending, data in (("png", picture()), ("json", text)):
                info = tarfile.TarInfo(f"{number}.{ending}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


# fmt: off
BOMBS = (
    Bomb("zip of zeros", file("in.zip", lambda: zipped({"a/1.png": bytes(300 * MIB)})), RATIO),
    Bomb("zip of many members of zeros", file("in.zip", lambda: zipped({f"a/{n}.png": bytes(MIB) for n in range(200)})), RATIO),
    Bomb("zip that lies about what is packed", file("in.zip", lambda: lying(zipped({"a/1.png": bytes(200 * MIB)}))), RATIO),
    Bomb("zip of one content under many names", file("in.zip", lambda: overlapping(20_000)), RATIO),
    Bomb("zip with a list of five million members", file("in.zip", lambda: long_list(5_000_000)), "members"),
    Bomb("zip of texts of zeros", file("in.zip", lambda: zipped({"a/1.txt": bytes(300 * MIB)})), RATIO),
    Bomb("zip of a packed text", file("in.zip", lambda: zipped({"a/1.txt.gz": squeezed(b"a", 300 * MIB), "b/1.txt": b"b"})), RATIO),
    Bomb("zip of a table of zeros", file("in.zip", lambda: zipped({"metadata.csv": b"file_name,label\n" + b"a.png,b\n" * (20 * MIB), "a.png": picture()})), RATIO),
    Bomb("zip of BZIP2 zeros", file("in.zip", lambda: _zip_by(zipfile.ZIP_BZIP2)), RATIO),
    Bomb("zip of LZMA zeros", file("in.zip", lambda: _zip_by(zipfile.ZIP_LZMA)), RATIO),
    Bomb("tar.gz of 900,000 equal names", file("in.tgz", lambda: tarred(900_000, lambda n: "a/a.png")), "members|times"),
    Bomb("tar.gz of 900,000 members", file("in.tar.gz", lambda: tarred(900_000, lambda n: f"a/{n}.png")), "members|times"),
    Bomb("tar.gz of folders", file("in.tar.gz", lambda: tarred(500_000, lambda n: f"{n}/")), "members|times"),
    Bomb("tar.gz of zeros", file("in.tar.gz", lambda: large_member("gz")), RATIO),
    Bomb("tar.bz2 of zeros", file("in.tar.bz2", lambda: large_member("bz2")), RATIO),
    Bomb("tar.xz of zeros", file("in.tar.xz", lambda: large_member("xz")), RATIO),
    Bomb("tar that promises a terabyte", file("in.tar", lambda: promised(1 << 40)), "bytes|times"),
    Bomb("tar.gz that promises a terabyte", file("in.tar.gz", lambda: gzip.compress(promised(1 << 40))), "bytes|times"),
    Bomb("tar of long facts", file("in.tar", lambda: facts(1 << 33)), "facts"),
    Bomb("tar.gz of long facts", file("in.tar.gz", lambda: squeezed(b"\0", 400 * MIB, lambda zeros: gzip.compress(facts(1 << 28) + zeros))), "facts"),
    Bomb("shard of an object of nothing", file("in.tar.gz", lambda: shard(b'{"a": [' + b"{}," * (6 * MIB) + b"{}]}")), "objects|times"),
    Bomb("shard of zeros", file("in.tar.gz", lambda: shard(bytes(100 * MIB))), RATIO),
    Bomb("npz of zeros", file("t.npz", lambda: npz("x", (1 << 20, 1 << 10))), RATIO),
    Bomb("npz of one row of zeros", file("t.npz", lambda: npz("x", (1, 1 << 29))), RATIO),
    Bomb("npz of labels of zeros", file("t.npz", lambda: npz("y", (1 << 29,), x=npy((4, 2)) + bytes(8))), RATIO),
    Bomb("npz that lies about what is packed", file("t.npz", lambda: lying(npz("x", (1 << 9, 1 << 20)))), RATIO),
    Bomb("npz of an array that is not read", file("t.npz", lambda: npz("unused", (1 << 29,), x=npy((4, 2)) + bytes(8))), RATIO),
    Bomb("npy of a petabyte", file("t.npy", lambda: npy((1 << 30, 1 << 20))), "."),
    Bomb("npy of many rows of nothing", file("t.npy", lambda: npy((1 << 40, 0))), "."),
    Bomb("npy picture of a terabyte", folder(lambda: {"a/1.npy": npy((1 << 20, 1 << 20)), "b/2.png": picture()}), "."),
    Bomb("idx.gz of zeros", file("train-images-idx3-ubyte.gz", lambda: gzip.compress(idx((1024, 512, 1024))) + squeezed(b"\0", 512 * MIB)), RATIO),
    Bomb("idx.gz of two thousand million rows", file("train-images-idx3-ubyte.gz", lambda: gzip.compress(idx((1 << 31, 1, 1)) + bytes(10_000))), "rows"),
    Bomb("idx of two thousand million rows", file("train-images-idx3-ubyte", lambda: idx((1 << 31, 1, 1)) + bytes(10_000)), "rows|early"),
    Bomb("idx of bzip2", file("train-images-idx3-ubyte", lambda: squeezed(b"\0", 100 * MIB, lambda zeros: bz2.compress(idx((100, 1024, 1024)) + zeros))), RATIO),
    Bomb("idx of xz", file("train-images-idx3-ubyte", lambda: squeezed(b"\0", 100 * MIB, lambda zeros: lzma.compress(idx((100, 1024, 1024)) + zeros))), RATIO),
    Bomb("idx of Zstandard", file("train-images-idx3-ubyte", lambda: squeezed(b"\0", 100 * MIB, lambda zeros: pa.compress(idx((100, 1024, 1024)) + zeros, "zstd", asbytes=True))), RATIO),
)
# fmt: on


def _zip_by(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a/1.png", bytes(200 * MIB))
    return out.getvalue()
