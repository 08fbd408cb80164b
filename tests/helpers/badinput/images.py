"""Bad pictures, as files and in folders."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.helpers.badinput.case import Build, Case, put
from tests.helpers.fuzz.corpus import banded, npy, picture

PREPARE = "prepare in --out out --quiet"
FIVE = np.random.default_rng(1).integers(0, 256, (9, 7, 5), dtype=np.uint8)
GOOD = {f"in/good{n}.png": picture(mode="L") for n in range(2)}


def beside(name: str, data: bytes) -> Build:
    """A bad picture in a folder with two good ones."""
    return put({**GOOD, f"in/{name}": data})


def cut(kind: str, share: float) -> bytes:
    whole = picture(kind)
    return whole[: int(len(whole) * share)]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes = b"", *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif_of(width: int, height: int) -> bytes:
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame


def bmp_of(width: int, height: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )


def icon_of(inner: bytes) -> bytes:
    """An icon that calls itself 16 x 16, whatever the picture in it."""
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 8, len(inner), 22) + inner


def tiff_of(width: int, height: int, pages: int = 1) -> bytes:
    """Pages that all point to one strip of eight bytes and promise as many pixels as asked."""
    made = b"II*\x00" + struct.pack("<I", 8)
    for page in range(pages):
        entries = (
            (256, width),
            (257, height),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, 8),
            (277, 1),
            (278, height),
            (279, 8),
        )
        body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
        behind = len(made) + 2 + len(body) + 4
        made += struct.pack("<H", len(entries)) + body + struct.pack("<I", behind if page + 1 < pages else 0)
    return made


def float_tiff() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.array([[0.5, np.nan], [1, 2]], np.float32)).save(file, "TIFF")
    return file.getvalue()


def pipe(place: Path) -> None:
    put(GOOD)(place)
    os.mkfifo(place / "in" / "pipe.png")


def dangling(place: Path) -> None:
    put(GOOD)(place)
    (place / "in" / "gone.png").symlink_to(place / "nowhere.png")


CASES = [
    Case("empty file", beside("e.png", b""), PREPARE, 'error[HS-D102]: e.png: the image file is empty: found 0 bytes. fix: replace the file or prepare with --skip-bad', 65, "image folder"),
    Case("PNG of its signature", beside("t.png", picture()[:8]), PREPARE, 'error[HS-D105]: t.png: the PNG is broken: found 8 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PNG of its header", beside("t.png", picture()[:33]), PREPARE, 'error[HS-D105]: t.png: the PNG is broken: found 33 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a PNG", beside("t.png", cut("PNG", 0.5)), PREPARE, 'error[HS-D101]: t.png@132: image is truncated: found the end after 132 bytes, expected a complete PNG. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("JPEG of two bytes", beside("t.jpg", picture("JPEG")[:2]), PREPARE, 'error[HS-D105]: t.jpg: the JPEG is broken: found 2 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("JPEG of its tables", beside("t.jpg", picture("JPEG")[:200]), PREPARE, 'error[HS-D101]: t.jpg@200: image is truncated: found the end after 200 bytes, expected a complete image. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("nearly a whole JPEG", beside("t.jpg", cut("JPEG", 0.95)), PREPARE, 'error[HS-D101]: t.jpg@670: image is truncated: found the end after 670 bytes, expected a complete JPEG. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a GIF", beside("t.gif", cut("GIF", 0.5)), PREPARE, 'error[HS-D105]: t.gif: the GIF is broken: found 146 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a WebP", beside("t.webp", cut("WEBP", 0.5)), PREPARE, 'error[HS-D105]: t.webp: the image is broken: found could not create decoder object. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a TIFF", beside("t.tif", cut("TIFF", 0.5)), PREPARE, 'error[HS-D101]: t.tif@164: image is truncated: found the end after 164 bytes, expected a complete TIFF. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a BMP", beside("t.bmp", cut("BMP", 0.5)), PREPARE, 'error[HS-D101]: t.bmp@125: image is truncated: found the end after 125 bytes, expected a complete BMP. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a JPEG 2000", beside("t.jp2", cut("JPEG2000", 0.5)), PREPARE, 'error[HS-D105]: t.jp2: the JPEG2000 is broken: found broken data stream when reading image file. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half an AVIF", beside("t.avif", cut("AVIF", 0.5)), PREPARE, 'error[HS-D105]: t.avif: the AVIF is broken: found 199 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half a TGA", beside("t.tga", cut("TGA", 0.5)), PREPARE, 'error[HS-D101]: t.tga@116: image is truncated: found the end after 116 bytes, expected a complete TGA. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("half an icon", beside("t.ico", icon_of(png_of(16, 16))[:40]), PREPARE, 'error[HS-D101]: t.ico@40: image is truncated: found the end after 40 bytes, expected a complete image. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PNG of 100 million pixels", beside("b.png", png_of(10_000, 10_000)), PREPARE, 'error[HS-D103]: b.png: the image is too large: found 10000 x 10000 pixels, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PNG of 88 million pixels in no bytes", beside("b.png", png_of(9_400, 9_400)), PREPARE, 'error[HS-D130]: b.png: the image unpacks to far more than pictures do: found 9400 x 9400 pixels in 57 bytes. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PNG of 4 thousand million pixels", beside("b.png", png_of(65_000, 65_000)), PREPARE, 'error[HS-D103]: b.png: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("GIF of 4 thousand million pixels", beside("b.gif", gif_of(65_535, 65_535)), PREPARE, 'error[HS-D103]: b.gif: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("BMP of 900 million pixels", beside("b.bmp", bmp_of(30_000, 30_000)), PREPARE, 'error[HS-D103]: b.bmp: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("TIFF of huge strips", beside("b.tif", tiff_of(60_000, 60_000)), PREPARE, 'error[HS-D103]: b.tif: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("TIFF of 5,000 empty pages", beside("b.tif", tiff_of(2_000, 2_000, 5_000)), PREPARE, 'error[HS-D101]: b.tif@570008: image is truncated: found the end after 570008 bytes, expected a complete TIFF. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PPM of 900 million pixels", beside("b.ppm", b"P6 30000 30000 255\n"), PREPARE, 'error[HS-D103]: b.ppm: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("bomb in an icon", beside("b.ico", icon_of(png_of(60_000, 60_000))), PREPARE, 'error[HS-D103]: b.ico: the image is too large: found more pixels than 178 million, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("large picture in an icon", beside("b.ico", icon_of(png_of(9_500, 9_500, zlib.compress(bytes(9_501 * 9_500), 1)))), PREPARE, 'error[HS-D103]: b.ico: the image is too large: found 9500 x 9500 pixels, expected at most 89 million. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("bomb of text in a PNG", beside("b.png", png_of(1, 1, b"", chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 26))))), PREPARE, 'error[HS-D105]: b.png: the image is broken: found Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("PostScript as PNG", beside("p.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"), PREPARE, "error[HS-D104]: p.png: not an image that can be read: found 56 bytes, first b'%!PS-Ado'. fix: replace the file or prepare with --skip-bad", 65, "image"),
    Case("PDF as JPEG", beside("p.jpg", b"%PDF-1.7\n%"), PREPARE, "error[HS-D104]: p.jpg: not an image that can be read: found 10 bytes, first b'%PDF-1.7'. fix: replace the file or prepare with --skip-bad", 65, "image"),
    Case("SVG as PNG", beside("p.png", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"), PREPARE, "error[HS-D104]: p.png: not an image that can be read: found 62 bytes, first b'<?xml ve'. fix: replace the file or prepare with --skip-bad", 65, "image"),
    Case("web page as JPEG", beside("p.jpg", b"\n<HTML><body>404</body></HTML>"), PREPARE, "error[HS-D104]: p.jpg: this is a web page, not an image: found 30 bytes, first b'\\n<HTML><'. fix: replace the file or prepare with --skip-bad", 65, "image"),
    Case("no pixels", beside("z.pgm", b"P5 0 0 255\n"), PREPARE, "error[HS-D104]: z.pgm: not an image that can be read: found 11 bytes, first b'P5 0 0 2'. fix: replace the file or prepare with --skip-bad", 65, "image"),
    Case("NaN in a TIFF", beside("n.tif", float_tiff()), PREPARE, 'error[HS-D107]: n.tif: pixels must be finite: found NaN or infinity. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("a pipe in the folder", pipe, PREPARE, 'error[HS-D201]: pipe.png: cannot read the file: found a pipe or device. fix: correct the path or the permission, or prepare with --skip-bad', 65, "folder"),
    Case("a link that leads nowhere", dangling, PREPARE, 'error[HS-D201]: gone.png: cannot read the file: found No such file or directory. fix: correct the path or the permission, or prepare with --skip-bad', 65, "folder"),
    Case("a folder of a table and an archive", put({"in/t.csv": "file,label\nx.png,a\n", "in/s.zip": "PK"}), PREPARE, 'error[HS-D221]: in: no data files: found s.zip, t.csv. fix: name them: headstart prepare in/s.zip in/t.csv', 65, "folder"),
    Case("a folder of read-mes", put({"in/readme.md": "read me", "in/x.py": "1"}), PREPARE, 'error[HS-D221]: in: no data files: found readme.md, x.py. fix: give a folder with data files, or name the files themselves', 65, "folder"),
    Case("one broken file", put({"x.png": b"no"}), "prepare x.png --out out --quiet", "error[HS-D104]: x.png: not an image that can be read: found 2 bytes, first b'no'. fix: replace the file or prepare with --skip-bad", 65, "file"),
    Case("one empty file", put({"x.jpg": b""}), "prepare x.jpg --out out --quiet", 'error[HS-D102]: x.jpg: the image file is empty: found 0 bytes. fix: replace the file or prepare with --skip-bad', 65, "file"),
    Case("five channels asked of grey pictures", put(GOOD), f"{PREPARE} modality.channels=5", 'error[HS-D128]: good0.png: the picture has another number of channels than the set or the model: found 1, expected 5. fix: give pictures with the same number of channels, or prepare with --skip-bad', 65, "image"),
    Case("no channels asked", put(GOOD), f"{PREPARE} modality.channels=0", 'error[HS-R121]: image.channels: an image needs at least one channel: found 0, expected 1 to 1024', 78, "image"),
    Case("a white of less than 8 bits", put(GOOD), f"{PREPARE} modality.white=15", 'error[HS-R126]: image.white: white is out of range: found 15, expected 255 to 65535', 78, "image"),
    Case("bands beside grey pictures", beside("b.tif", banded()), PREPARE, 'error[HS-D129]: the pictures have different numbers of channels: found 1 in good0.png, 5 in b.tif. fix: prepare them apart, or set modality.channels (1 and 3 take the first page) and prepare with --skip-bad', 65, "image"),
    Case("half a TIFF of bands", put({"in/a.tif": banded(), "in/b.tif": banded()[:400]}), PREPARE, 'error[HS-D101]: b.tif@400: image is truncated: found the end after 400 bytes, expected a complete TIFF. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("bands in another compression", put({"in/a.tif": banded(), "in/b.tif": banded(packed=34712)}), PREPARE, 'error[HS-D127]: b.tif: this TIFF of several bands cannot be unpacked: found compression 34712. fix: save it without compression or with deflate, or pip install imagecodecs', 65, "image"),
    Case("a file of objects among .npy files", put({"in/a.npy": npy(FIVE), "in/b.npy": npy(np.array([[None]], object))}), PREPARE, 'error[HS-D105]: b.npy: the array is broken: found Python objects. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("a cut file among .npy files", put({"in/a.npy": npy(FIVE), "in/b.npy": npy(FIVE)[:-7]}), PREPARE, 'error[HS-D101]: b.npy@436: image is truncated: found the end after 436 bytes, expected a complete array. fix: replace the file or prepare with --skip-bad', 65, "image"),
    Case("size of nothing", put(GOOD), f"{PREPARE} modality.size=0", 'error[HS-R122]: image.size: an image needs at least one pixel: found 0', 78, "image"),
]  # fmt: skip
