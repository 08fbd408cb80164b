"""Bombs of pictures: few bytes that stand for many pixels, and pixels that are gone over many times."""

# ruff: noqa: E501 (a bomb stays on one line)

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from tests.helpers.bombs.bomb import Bomb, file, folder, picture, zipped
from tests.helpers.bombs.texts import parquet

FAR = "far more than pictures|too large|times its file"


def plain(kind: str, size: tuple[int, int], mode: str = "RGB", **how: Any) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new(mode, size, 0).save(out, kind, **how)
    return out.getvalue()


def png(width: int, height: int, colour: int, depth: int = 8, interlaced: int = 0) -> bytes:
    """A PNG of zeros, packed row by row; colour 0 is grey, 2 RGB, 3 a palette, 6 RGBA."""
    samples = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    row = bytes(1 + (width * samples * depth + 7) // 8)
    engine = zlib.compressobj(9)
    data = b"".join([engine.compress(row) for _ in range(height)]) + engine.flush()
    head = struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = [(b"IHDR", head), *([(b"PLTE", bytes(6))] if colour == 3 else []), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body)) for name, body in chunks
    )


def icon(inner: bytes) -> bytes:
    return struct.pack("<HHHBBBBHHLL", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inner), 22) + inner


def scanned(times: int, side: int = 5000) -> bytes:
    """A progressive JPEG whose last scan stands there so many times."""
    data = plain("JPEG", (side, side), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * times + data[-2:]


def many_scans_at_once(side: int = 6000) -> bytes:
    """A plain JPEG whose three colours are scanned again and again."""
    data = plain("JPEG", (side, side))
    place = data.index(b"\xff\xda")
    return data[:place] + data[place:-2] * 200 + data[-2:]


def layered_tiff(pages: int) -> bytes:
    out = io.BytesIO()
    page = Image.new("L", (6000, 6000))
    page.save(out, "TIFF", compression="tiff_adobe_deflate", save_all=True, append_images=[page] * (pages - 1))
    return out.getvalue()


def film(kind: str, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", size, (shade, 0, 0)) for shade in range(3)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def among(data: Any, name: str, count: int = 1) -> Any:
    """Such pictures among a sound one, in class folders."""

    def made() -> dict[str, bytes]:
        one = data()
        return {**{f"a/{number}.{name}": one for number in range(count)}, "b/sound.png": picture()}

    return folder(made)


def masked() -> dict[str, bytes]:
    return {"images/a.png": picture(), "masks/a.png": png(9000, 9000, 3)}


def table(place: Path) -> Path:
    rows = pa.table({"image": [picture(), plain("WEBP", (16383, 5400))], "label": ["a", "b"]})
    return file("t.parquet", lambda: parquet(rows))(place)


# fmt: off
BOMBS = (
    Bomb("four WebP of 88 million pixels", among(lambda: plain("WEBP", (16383, 5400)), "webp", 4), FAR),
    Bomb("lossless WebP of 88 million pixels", among(lambda: plain("WEBP", (16383, 5400), lossless=True), "webp"), FAR),
    Bomb("WebP film", among(lambda: film("WEBP", (8000, 8000)), "webp"), FAR),
    Bomb("progressive JPEG of 300 scans", among(lambda: scanned(300), "jpg"), FAR),
    Bomb("progressive JPEG of 2,000 scans", among(lambda: scanned(2000, 2000), "jpg"), FAR),
    Bomb("JPEG of 200 scans", among(many_scans_at_once, "jpg"), FAR),
    Bomb("PNG of zeros, RGB", among(lambda: png(9400, 9400, 2), "png"), FAR),
    Bomb("PNG of zeros, RGBA", among(lambda: png(9400, 9400, 6), "png"), FAR),
    Bomb("PNG of zeros, 16 bits", among(lambda: png(9400, 9400, 2, 16), "png"), FAR),
    Bomb("PNG of zeros, one bit", among(lambda: png(9400, 9400, 0, 1), "png"), FAR),
    Bomb("PNG of zeros, palette", among(lambda: png(9400, 9400, 3), "png"), FAR),
    Bomb("PNG, long and thin", among(lambda: png(1_000_000, 80, 2), "png"), FAR),
    Bomb("GIF of 80 million pixels", among(lambda: plain("GIF", (9000, 9000), "P"), "gif"), FAR),
    Bomb("GIF film", among(lambda: film("GIF", (8000, 8000)), "gif"), FAR),
    Bomb("AVIF of 80 million pixels", among(lambda: plain("AVIF", (9000, 9000), speed=10), "avif"), FAR),
    Bomb("JPEG 2000 of 80 million pixels", among(lambda: plain("JPEG2000", (9000, 9000)), "jp2"), FAR),
    Bomb("TIFF of zeros, deflate", among(lambda: plain("TIFF", (9000, 9000), compression="tiff_adobe_deflate"), "tif"), FAR),
    Bomb("fax of 80 million pixels", among(lambda: plain("TIFF", (9000, 9000), "1", compression="group4"), "tif"), FAR),
    Bomb("TIFF of many pages", folder(lambda: {"a/1.tif": layered_tiff(5), "b/2.tif": layered_tiff(5)}), FAR),
    Bomb("icon with a large PNG", among(lambda: icon(png(13_000, 13_000, 2)), "ico"), FAR),
    Bomb("icon with a PNG of 80 million pixels", among(lambda: icon(png(9400, 9400, 6)), "ico"), FAR),
    Bomb("mask of 80 million pixels", folder(masked), "mask|too large|far more"),
    Bomb("WebP in a table", table, FAR),
    Bomb("WebP in a zip", file("in.zip", lambda: zipped({"a/1.webp": plain("WEBP", (16383, 5400)), "b/2.png": picture()})), FAR),
    Bomb("npy of zeros in gzip called .png", among(lambda: zlib.compress(bytes(1 << 28), 9), "png"), "not an image"),
)
# fmt: on


def honest() -> dict[str, bytes]:
    """Pictures that are large and no bombs: a scanned page in black and white, a photograph, a drawing."""
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    photograph, page, drawing = io.BytesIO(), io.BytesIO(), io.BytesIO()
    Image.fromarray(noise).resize((4000, 3000)).save(photograph, "JPEG", progressive=True)
    Image.fromarray(noise[:, :, 0] > 250).resize((4960, 7016)).save(page, "TIFF", compression="group4")
    Image.new("RGB", (4000, 4000), "white").save(drawing, "PNG")
    return {
        f"a/{name}": data.getvalue() for name, data in (("1.jpg", photograph), ("2.tif", page), ("3.png", drawing))
    } | {"b/sound.png": picture()}
