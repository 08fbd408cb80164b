"""Bad arrays: NumPy and IDX files."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import gzip
import struct

import numpy as np

from tests.helpers.badinput.case import Build, Case, one, put
from tests.helpers.fuzz.corpus import IDX, npy, npz, npz_of

NPY, NPZ = "prepare a.npy --out out --quiet", "prepare a.npz --out out --quiet"
NAME = "train-images-idx3-ubyte"
FILE, GZ = f"prepare {NAME} --out out --quiet", f"prepare {NAME}.gz --out out --quiet"
GREY = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
ONE_NAN = np.linspace(0, 1, 48).reshape(3, 4, 4)
ONE_NAN[2, 1, 1] = np.nan


def header(text: str, data: bytes = b"") -> bytes:
    """A .npy file with a header of one's own."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def shape(text: str, kind: str = "|u1", order: str = "False") -> bytes:
    return header(f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {text}}}\n", bytes(64))


def idx(*dimensions: int, kind: int = 8, data: bytes = b"") -> bytes:
    return bytes([0, 0, kind, len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions) + data


def with_labels(labels: bytes) -> Build:
    return put({NAME: IDX, NAME.replace("images", "labels").replace("idx3", "idx1"): labels})


CASES = [
    Case("no NumPy file", one("a.npy", b"NUMPY"), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found pickled Python objects, or not a NumPy file. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("empty NumPy file", one("a.npy", b""), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found No data left in file. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("pickle as NumPy file", one("a.npy", b"\x80\x04\x8c\x02os."), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found pickled Python objects, or not a NumPy file. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("NumPy file of objects", one("a.npy", shape("(3,)", "|O")), NPY, "error[HS-D241]: a.npy: not a readable NumPy file: found Array can't be memory-mapped: Python objects in dtype. fix: save it with numpy.save or numpy.savez", 65, "array"),
    Case("NumPy file that ends early", one("a.npy", npy(GREY)[:-9]), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found mmap length is greater than file size. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("header that is no Python", one("a.npy", header("{'descr': '|u1', (\n")), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found an invalid header. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("header that promises the world", one("a.npy", shape("(4294967296, 4294967296)")), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("rows without width", one("a.npy", shape("(1000000000000, 0)")), NPY, 'error[HS-D246]: a.npy: rows of an unusable size: found [1000000000000, 0], expected rows of 1 to 1,073,741,824 bytes', 65, "array"),
    Case("single number", one("a.npy", npy(np.array(7))), NPY, 'error[HS-D243]: a.npy: a single number is not a data set', 65, "array"),
    Case("several arrays in one .npy", one("a.npy", npz(x=GREY)), NPY, 'error[HS-D241]: a.npy: not a readable NumPy file: found several arrays, which belong into a .npz. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case("NaN in the third row", one("a.npy", npy(ONE_NAN)), NPY, 'error[HS-D107]: a.npy#2: pixels must be finite: found NaN or infinity. fix: replace the file or prepare with --skip-bad', 65, "array image"),
    Case("complex numbers", one("a.npy", npy(GREY.astype(complex))), NPY, 'error[HS-D106]: a.npy#0: pixels must be numbers: found type complex128', 65, "array image"),
    Case("a cube", one("a.npy", npy(np.zeros((2, 5, 5, 5), np.uint8))), NPY, 'error[HS-D109]: a.npy#0: an array of this shape is no image: found [5, 5, 5], expected [height, width], [height, width, channels] or [channels, height, width]. fix: set modality.channels', 65, "array image"),
    Case("pixels from -3 to 3", one("a.npy", npy(np.linspace(-3, 3, 48).reshape(3, 4, 4))), NPY, 'error[HS-D108]: a.npy#0: cannot tell how to show these numbers as pixels: found values from -3 to 3. fix: scale the array to [0, 1] or to 0..255', 65, "array image"),
    Case("no .npz", one("a.npz", b"PK"), NPZ, 'error[HS-D241]: a.npz: not a readable NumPy file: found File is not a zip file. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case(".npz without a known name", one("a.npz", npz(foo=GREY)), NPZ, 'error[HS-D242]: a.npz: no input array: found arrays foo, expected an array called x, images, image, data, input, inputs, arr_0', 65, "array"),
    Case(".npz with too few labels", one("a.npz", npz(x=GREY, y=np.arange(2))), NPZ, 'error[HS-D244]: a.npz:x: inputs and labels differ in number: found 3 rows and 2 labels', 65, "array"),
    Case(".npz with a single label", one("a.npz", npz(x=GREY, y=np.array(1))), NPZ, 'error[HS-D241]: a.npz: not a readable NumPy file: found y.npy is a single number. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case(".npz in Fortran order", one("a.npz", npz_of(shape("(2, 4, 8)", order="True"))), NPZ, 'error[HS-D245]: a.npz:x.npy: the array holds Python objects or lies in Fortran order: found uint8. fix: save plain numbers of one shape in C order', 65, "array"),
    Case(".npz of objects", one("a.npz", npz_of(shape("(2,)", "|O"))), NPZ, 'error[HS-D245]: a.npz:x.npy: the array holds Python objects or lies in Fortran order: found object. fix: save plain numbers of one shape in C order', 65, "array"),
    Case(".npz that promises more", one("a.npz", npz_of(shape("(2, 4, 99)"))), NPZ, 'error[HS-D241]: a.npz: not a readable NumPy file: found 64 bytes of x.npy, where its header promises 792. fix: save it with numpy.save or numpy.savez', 65, "array"),
    Case(".npz with a broken member", one("a.npz", npz_of(b"no array")), NPZ, "error[HS-D241]: a.npz: not a readable NumPy file: found the magic string is not correct; expected b'\\x93NUMPY', got b'no arr'. fix: save it with numpy.save or numpy.savez", 65, "array"),
    Case("no IDX", one(NAME, b"PNG or so"), FILE, "error[HS-D231]: train-images-idx3-ubyte: not an IDX file: found first bytes b'PNG ', expected two zero bytes, a type and the number of dimensions", 65, "idx"),
    Case("empty IDX", one(NAME, b""), FILE, "error[HS-D231]: train-images-idx3-ubyte: not an IDX file: found first bytes b'', expected two zero bytes, a type and the number of dimensions", 65, "idx"),
    Case("IDX of an unknown type", one(NAME, idx(2, 4, 4, kind=7, data=bytes(32))), FILE, "error[HS-D231]: train-images-idx3-ubyte: not an IDX file: found first bytes b'\\x00\\x00\\x07\\x03', expected two zero bytes, a type and the number of dimensions", 65, "idx"),
    Case("IDX cut in its header", one(NAME, IDX[:9]), FILE, 'error[HS-D234]: train-images-idx3-ubyte@9: the file ends too early: found 9 of 16 bytes. fix: fetch the file again', 65, "idx"),
    Case("IDX cut in its rows", one(NAME, IDX[:-3]), FILE, 'error[HS-D234]: train-images-idx3-ubyte@45: the file ends too early: found 45 of 48 bytes. fix: fetch the file again', 65, "idx"),
    Case("IDX that promises the world", one(NAME, idx(2, 2**32 - 1, 2**32 - 1)), FILE, 'error[HS-D235]: train-images-idx3-ubyte: rows of an unusable size: found [2, 4294967295, 4294967295], expected rows of 1 to 268,435,456 bytes', 65, "idx"),
    Case("IDX of four thousand million empty rows", one(NAME, idx(2**32 - 1, 0, 4)), FILE, 'error[HS-D235]: train-images-idx3-ubyte: rows of an unusable size: found [4294967295, 0, 4], expected rows of 1 to 268,435,456 bytes', 65, "idx"),
    Case("IDX with labels too few", with_labels(idx(1, data=b"\7")), FILE, 'error[HS-D232]: train-images-idx3-ubyte and train-labels-idx1-ubyte: images and labels differ in number', 65, "idx"),
    Case("IDX with labels in two dimensions", with_labels(idx(2, 2, data=b"\1\2\3\4")), FILE, 'error[HS-D236]: train-labels-idx1-ubyte: labels must be one number per row: found 2 dimensions, expected one', 65, "idx"),
    Case("IDX with a broken gzip", one(f"{NAME}.gz", gzip.compress(IDX)[:-6]), GZ, 'error[HS-D233]: train-images-idx3-ubyte.gz: the gzip file is broken: found Compressed file ended before the end-of-stream marker was reached. fix: fetch the file again', 65, "idx"),
    Case("IDX with more than it says", one(NAME, IDX + b"?"), FILE, 'error[HS-D237]: train-images-idx3-ubyte: the file is longer than it states: found more bytes behind the last row, expected 2 rows', 65, "idx"),
    Case("IDX that is no gzip", one(f"{NAME}.gz", IDX), GZ, "error[HS-D233]: train-images-idx3-ubyte.gz: the gzip file is broken: found Not a gzipped file (b'\\x00\\x00'). fix: fetch the file again", 65, "idx"),
    Case("IDX of no rows", one(NAME, idx(0, 4, 4)), f"{FILE} --modality image", 'error[HS-D331]: the source has no rows. fix: give a source with at least one row', 65, "idx"),
]  # fmt: skip
