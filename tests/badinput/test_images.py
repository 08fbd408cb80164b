"""Bad image data: each case gives one line that says what, where and how to put it right."""

# ruff: noqa: E501 (a golden message stays on one line)

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, HeadstartError
from headstart.data.modalities.image import pixels as pixel_files
from headstart.data.opening import pictures as opened_pictures
from headstart.data.prepare import prepare
from tests.helpers.tiers import one_each


def png(width: int = 40, height: int = 40, seed: int = 0, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def one_file(name: str, data: bytes) -> Callable[[Path], dict]:
    """A folder with two good pictures and the bad one."""

    def make(place: Path) -> dict:
        (place / "in").mkdir()
        for n in range(2):
            (place / "in" / f"good{n}.png").write_bytes(png(seed=n + 1))
        (place / "in" / name).write_bytes(data)
        return {"sources": place / "in"}

    return make


def table(text: str, name: str = "t.csv", **options: object) -> Callable[[Path], dict]:
    def make(place: Path) -> dict:
        (place / "a.png").write_bytes(png())
        (place / name).write_text(text)
        return {"sources": place / name, **options}

    return make


def given(sources: object, **options: object) -> Callable[[Path], dict]:
    return lambda place: {"sources": sources, **options}


def file(name: str, data: bytes) -> Callable[[Path], dict]:
    def make(place: Path) -> dict:
        (place / name).write_bytes(data)
        return {"sources": place / name}

    return make


def missing(place: Path) -> dict:
    (place / "photos").mkdir()
    return {"sources": place / "photo"}


def class_absent_from_train(place: Path) -> dict:
    for n, folder in enumerate(("train/cat", "train/dog", "test/cat", "test/zebra")):
        (place / "in" / folder).mkdir(parents=True)
        (place / "in" / folder / "1.png").write_bytes(png(seed=n))
    return {"sources": place / "in"}


def split_given_twice(place: Path) -> dict:
    return {**class_absent_from_train(place), "split": "train=.5,test=.5"}


def zipped(name: str, data: bytes) -> Callable[[Path], dict]:
    def make(place: Path) -> dict:
        with zipfile.ZipFile(place / "in.zip", "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(name, data)
        return {"sources": place / "in.zip"}

    return make


def empty_folder(place: Path) -> dict:
    (place / "in").mkdir()
    return {"sources": place / "in"}


def full_output(place: Path) -> dict:
    (place / "out").mkdir()
    (place / "out" / "thesis.txt").write_text("dear reader")
    return {"sources": np.zeros((3, 4, 4), np.uint8)}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


BOMB = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 65000, 65000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b"")
IDX = b"\0\0\x08\x03" + struct.pack(">III", 3, 2, 2) + bytes(range(12))
FIX = "fix: replace the file or prepare with --skip-bad"
NOISE = np.random.default_rng(0).integers(0, 256, (6, 4, 4), dtype=np.uint8)

CASES: dict[str, tuple[Callable[[Path], dict], str]] = {
    "empty file": (one_file("e.png", b""), f"error[HS-D102]: e.png: the image file is empty: found 0 bytes. {FIX}"),
    "truncated JPEG": (
        one_file("t.jpg", png(kind="JPEG")[:900]),
        f"error[HS-D101]: t.jpg@900: image is truncated: found the end after 900 bytes, expected a complete JPEG. {FIX}",
    ),
    "truncated PNG": (
        one_file("t.png", png()[:900]),
        f"error[HS-D101]: t.png@900: image is truncated: found the end after 900 bytes, expected a complete PNG. {FIX}",
    ),
    "web page": (
        one_file("w.jpg", b"<!DOCTYPE html><html>404</html>"),
        f"error[HS-D104]: w.jpg: this is a web page, not an image: found 31 bytes, first b'<!DOCTYP'. {FIX}",
    ),
    "text": (
        one_file("x.png", b"hello world"),
        f"error[HS-D104]: x.png: not an image that can be read: found 11 bytes, first b'hello wo'. {FIX}",
    ),
    "bomb": (
        one_file("b.png", BOMB),
        "error[HS-D103]: b.png: the image is too large: found more pixels than 178 million, expected at most 89 million. "
        + FIX,
    ),
    "array with NaN": (
        given(np.full((3, 4, 4), np.nan, np.float32)),
        f"error[HS-D107]: array#0: pixels must be finite: found NaN or infinity. {FIX}",
    ),
    "array out of range": (
        given(np.linspace(-3, 3, 48, dtype=np.float32).reshape(3, 4, 4)),
        "error[HS-D108]: array#0: cannot tell how to show these numbers as pixels: found values from -3 to 3. "
        "fix: scale the array to [0, 1] or to 0..255",
    ),
    "array whose channels nobody can tell": (
        given(np.zeros((3, 8, 8, 8), np.uint8)),
        "error[HS-D109]: array#0: an array of this shape is no image: found [8, 8, 8], "
        "expected [height, width], [height, width, channels] or [channels, height, width]. fix: set modality.channels",
    ),
    "labels of another length": (
        given((np.zeros((3, 4, 4), np.uint8), np.zeros(2))),
        "error[HS-D244]: array: inputs and labels differ in number: found 3 rows and 2 labels",
    ),
    "array of objects": (
        given(np.array([None, 1], object)),
        "error[HS-D245]: array: the array holds Python objects or lies in Fortran order: found object. "
        "fix: save plain numbers of one shape in C order",
    ),
    "rows of numbers": (
        given(np.zeros((3, 4), np.uint8)),
        "error[HS-D204]: array [3, 4] uint8: cannot tell what kind of data these are. fix: prepare with --modality ",
    ),
    "pickled array": (file("p.npy", b"\x80\x04."), "error[HS-D241]: p.npy: not a readable NumPy file: found "),
    "no rows": (
        given(np.zeros((0, 4, 4), np.uint8), modality="image"),
        "error[HS-D331]: the source has no rows. fix: give a source with at least one row",
    ),
    "missing path": (missing, "error[HS-U301]: {place}/photo: no such file or folder. fix: did you mean 'photos'?"),
    "empty folder": (
        empty_folder,
        "error[HS-D221]: {place}/in: no data files: found an empty folder. "
        "fix: give a folder with data files, or name the files themselves",
    ),
    "unknown file": (
        file("data.xyz", b"?"),
        "error[HS-D203]: {place}/data.xyz: no reader for this file: found '.xyz', expected a folder or one of archive",
    ),
    "not a source": (given(3), "error[HS-U324]: not a source of data: found int, expected a path, an array"),
    "missing column": (
        table("file,label\na.png,x\n", target="lable"),
        "error[HS-D212]: t.csv: no column 'lable': found columns file, label. fix: for --target: did you mean 'label'?",
    ),
    "no input column": (
        table("foo,bar\na,x\n"),
        "error[HS-D211]: t.csv: cannot tell which column is the input: found columns foo, bar. "
        "fix: pass --input foo or bar, or several with commas",
    ),
    "ragged row": (
        table("file,label\na.png,x\na.png,y,z\n"),
        "error[HS-D255]: t.csv:3: the row does not fit the table: found 3 cells, expected 2 as in the header. "
        "fix: quote cells that hold the delimiter, or prepare with --skip-bad",
    ),
    "column twice": (
        table("file,x,x\na.png,1,2\n"),
        "error[HS-D254]: t.csv: two columns have the same name: found 'x'",
    ),
    "empty table": (table(""), "error[HS-D253]: t.csv: the table is empty: expected a header line"),
    "file of a row missing": (
        table("file,label\nnone.png,x\n"),
        "error[HS-D202]: none.png: no such file. "
        "fix: correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad",
    ),
    "latin-1 table": (
        file("t.csv", "file,label\na.png,Käse\n".encode("latin-1")),
        "error[HS-D251]: t.csv: the file is not UTF-8 text: found ",
    ),
    "broken gzip": (
        file("t.csv.gz", gzip.compress(b"file,label\n" * 900)[:-20]),
        "error[HS-D252]: t.csv.gz: the file cannot be read: found ",
    ),
    "cut IDX": (
        file("a-images-idx3-ubyte", IDX[:-1]),
        "error[HS-D234]: a-images-idx3-ubyte@27: the file ends too early: found 27 of 28 bytes. fix: fetch the file again",
    ),
    "no IDX": (
        file("a-images-idx3-ubyte", b"PNG!" + bytes(9)),
        "error[HS-D231]: a-images-idx3-ubyte: not an IDX file: found first bytes b'PNG!', "
        "expected two zero bytes, a type and the number of dimensions",
    ),
    "not a zip": (file("a.zip", b"PK nothing"), "error[HS-D271]: a.zip: not a readable archive: found "),
    "not Parquet": (
        file("a.parquet", b"PAR1 nothing"),
        "error[HS-D261]: a.parquet: not a readable Parquet file: found ",
    ),
    "zip slip": (
        zipped("../../a.png", png()),
        "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, "
        "'../../a.png'. fix: unpack it yourself if you trust it, and give the folder",
    ),
    "zip bomb": (
        zipped("a.png", bytes(4 << 20)),
        "error[HS-D273]: in.zip: the archive is not safe to read: found a member that unpacks to more than 100 times",
    ),
    "class absent from train": (
        class_absent_from_train,
        "error[HS-D342]: a class is missing in the train split: found zebra. "
        "fix: add train rows of it, or remove it from valid and test; if it means no class, say prepare --unknown or data.unknown",
    ),
    "split given twice": (
        split_given_twice,
        "error[HS-U314]: the data have train, valid or test splits already: found train=.5,test=.5. "
        "fix: prepare without --split and --time, or give the data without their splits",
    ),
    "shares above one": (
        given(NOISE, split="train=.8,test=.4"),
        "error[HS-U313]: the shares must add up to 1, with some left for train: found 'train=.8,test=.4'. "
        'fix: write it like "train=.8,valid=.1,test=.1"',
    ),
    "unknown group": (
        given(pd.DataFrame({"image": [png()], "patient": [1]}), group="patent"),
        "error[HS-D212]: no column 'patent': found columns patient. fix: did you mean 'patient'?",
    ),
    "only contradictions": (
        given((np.stack([NOISE[0]] * 2), np.array([0, 1]))),
        "error[HS-D334]: cleaning leaves no row: found only copies with conflicting labels",
    ),
    "column of a folder": (
        lambda place: {**one_file("good.png", png())(place), "input": "file"},
        "error[HS-U322]: only a table has columns: found --input file. fix: leave it out",
    ),
    "full output": (
        full_output,
        "error[HS-U303]: {place}/out: the output directory is not empty: found files that headstart did not write. "
        "fix: choose another --out",
    ),
}


@pytest.mark.parametrize("case", one_each(CASES, lambda case: [CASES[case][1].partition(":")[0]]))
def test_bad_images_are_named_in_one_line(case: str, tmp_path: Path) -> None:
    make, line = CASES[case]
    options = make(tmp_path)
    with pytest.raises(HeadstartError) as caught:
        prepare(options.pop("sources"), tmp_path / "out", **options)
    message = caught.value.line()
    assert "\n" not in message
    assert message.startswith(line.format(place=tmp_path))
    assert caught.value.exit_code in (2, 65)


def test_a_picture_of_more_pixels_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pixel_files.decode(png(10, 10), "a.png", Budget()).shape == (10, 10, 3)
    monkeypatch.setattr(opened_pictures, "MAX_PIXELS", 99)
    with pytest.raises(DataError, match="HS-D103"):
        pixel_files.decode(png(10, 10), "a.png", Budget())


def test_a_format_that_runs_another_program_is_no_picture() -> None:
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    with pytest.raises(DataError, match="HS-D104"):
        pixel_files.decode(script, "a.png", Budget())
