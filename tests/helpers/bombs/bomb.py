"""One bomb: how its file is written, what is prepared, and what the refusal says."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True)
class Bomb:
    """`build` fills a folder and gives what is to be prepared; `says` is found in the refusal."""

    name: str
    build: Callable[[Path], Path]
    says: str


def file(name: str, data: Callable[[], bytes]) -> Callable[[Path], Path]:
    """A folder with this file, which is prepared."""

    def build(place: Path) -> Path:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data())
        return path

    return build


def folder(files: Callable[[], dict[str, bytes]]) -> Callable[[Path], Path]:
    """A folder with these files, which is prepared as a whole."""

    def build(place: Path) -> Path:
        for name, data in files().items():
            (place / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (place / "in" / name).write_bytes(data)
        return place / "in"

    return build


def squeezed(unit: bytes, size: int, pack: Callable[[bytes], bytes] | None = None) -> bytes:
    """So many bytes of a repeated unit, packed piece by piece as gzip; or all at once by `pack`."""
    if pack is not None:
        return pack(unit * (size // len(unit)))
    engine, piece = zlib.compressobj(9, zlib.DEFLATED, 31), unit * max(1, (1 << 20) // len(unit))
    return b"".join([engine.compress(piece) for _ in range(size // len(piece))]) + engine.flush()


def picture(side: int = 8) -> bytes:
    """A sound PNG."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip with these members, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@lru_cache(maxsize=1000)
def _member(name: str, data: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


def tarred(count: int, names: Callable[[int], str], data: bytes = b"") -> bytes:
    """A gzipped tar of so many members of equal content."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0) as packed:
        for begin in range(0, count, 1000):
            packed.write(b"".join(_member(names(number), data) for number in range(begin, min(count, begin + 1000))))
        packed.write(bytes(1024))
    return out.getvalue()
