"""Sound files of every format, tiny, from which the fuzzer starts. A new reader needs its seeds here."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from tests.helpers import annotations, gestures, recordings
from tests.helpers.databases import packed
from tests.helpers.fuzz.harness import Seed
from tests.helpers.sheets import workbook
from tests.helpers.sounds import encoded, sound
from tests.helpers.waves import long_table, table

TABLE = b'text,label,split\n"one, two",1,train\nthree,2.5,test\nfour,,valid\n\nfive,7,train\n'
LINES = b'{"text": "one", "label": 1, "x": [1, null]}\n{"text": "t\\u00e9", "label": "a"}\n\n{"text": ["a", "b"]}\n'
PROSE = "One document of a few words.\n\nAnother — with ünïcödé, and\nanother line.\n".encode()
TOKENS = b'{"tokens": ["She", "saw"], "ner_tags": ["B-PER", "O"], "predicates": [{"index": 1, "args": '
TOKENS += b'[{"start": 0, "end": 1, "role": "ARG0"}]}]}\n{"tokens": ["it"], "predicates": []}\n'
TAGS = b"-DOCSTART-\tO\n\n# id = 1\nJohn\tB-PER\nSmith\tI-PER\n\t\n#\tO\nParis\tB-LOC\n"
ROLES = b"0\tShe\t_\tB-A0\tO\n1\tsaw\tsee.01\tO\tO\n2\tit\t_\tB-A1\tS-A0\n3\trun\trun.02\tO\tO\n\n0\tYes\t_\n"
BRACKETS = (
    b"#begin document (d); part 000\nd 0 0 She PRP (S* - - - s * (A0*) (1)\nd 0 1 saw VBD * see 01 1 s * (V*) -\n"
    b"d 0 2 it PRP *) - - - s * (A1*) -\n\n#end document\n"
)
TREES = (
    "# text = Don't go\n1-2\tDon't" + "\t_" * 10 + "\n1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_\t_\tARGM\n"
    "2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_\t_\t_\n2.1\tyou" + "\t_" * 10 + "\n"
    "3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\tgo.01\tV\n\n1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_\t_\t\n"
).encode()
TREES_2009 = (
    b"1\tShe\tshe\tshe\tPRP\tPRP\t_\t_\t2\t2\tSBJ\tSBJ\t_\t_\tA0\n"
    b"2\tsaw\tsee\tsee\tVBD\tVBD\t_\t_\t0\t0\tROOT\tROOT\tY\tsee.01\t_\n"
)
ARFF = b"""% note
@relation r
@attribute age numeric
@attribute 'home town' {a,'b c',"d"}
@ATTRIBUTE class {0,1}
@DATA
1.5,'b c',0
?,a,1
% note
2e3,"d",?
{0 1, 2 1}
'"""
FASTA = b";note\n>one TARGET=1.5 SET=train\nACGTTGCA\nACGN-\n\n>two [TARGET=2] SET=test\nacgtt*\n>three\n>four > x\nGGG"
FASTQ = b"@one TARGET=a\nACGT\nTT\n+one\nII@I\n+I\n@two\nACG\n+\nIII\n"
PROTEIN = b"MKVLAAGIVGLLLAQWERTYIPASDFGHKLCVNMXB*-\nMKVLAA\n"
README = b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: t.jsonl\n---\n# Data\n"
VOC = b"""<?xml version="1.0" encoding="UTF-8"?>
<annotation><filename>x.png</filename><size><width>9</width><height>7</height><depth>3</depth></size>
<object><name>cat</name><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5.5</xmax><ymax>7</ymax></bndbox></object>
<object><name>d\xc3\xb6g</name>
<bndbox><xmin>4</xmin><ymin>4</ymin><xmax>4</xmax><ymax>20</ymax></bndbox></object></annotation>
"""
COCO = b"""{"info": {}, "images": [{"id": 1, "file_name": "x.png", "height": 7, "width": 9},
{"id": "2", "file_name": "x.png", "height": 7, "width": 9}],
"annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [0, 1.5, 4, 4], "iscrowd": 0},
{"id": 2, "image_id": 1, "category_id": 3, "bbox": [0, 0, 99, 3]}], "categories": [{"id": 3, "name": "c\\u00e4t"}]}
"""
IDX = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4]) + bytes(range(32))
IDX_LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])


def picture(kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """A picture of 9 x 7."""
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind, **options)
    return file.getvalue()


def banded(packed: int = 1, **options: Any) -> bytes:
    """A TIFF of 9 x 7 pixels of five bands; `packed`: the number of its compression, whatever is true."""
    import tifffile

    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 5), dtype=np.uint8)
    tifffile.imwrite(file, pixels, photometric="minisblack", planarconfig="contig", **options)
    made = file.getvalue()
    plain, other = (struct.pack("=HHIHH", 259, 3, 1, one, 0) for one in (1, packed))
    return made.replace(plain, other) if packed != 1 else made


def zstd(data: bytes) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


def unstamped(data: bytes) -> bytes:
    """Gzip without the time, so that an input is the same tomorrow."""
    return gzip.compress(data, mtime=0)


def zipped(data: bytes, name: str = "cats/1.png", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("cats/"), b"")
        archive.writestr(zipfile.ZipInfo(name), data, method)
        archive.writestr(zipfile.ZipInfo("dogs/readme.txt"), b"text")
    return file.getvalue()


def tarred(data: bytes, *, kind: int = tarfile.PAX_FORMAT, name: str = "cats/1.png") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as archive:
        for each, content in ((name, data), ("ü" * 60 + "/" + "2" * 60 + ".png", b"?")):
            about = tarfile.TarInfo(each)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return file.getvalue()


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def npz_of(data: bytes) -> bytes:
    """A .npz whose first member is changed from inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("x.npy"), data)
        archive.writestr(zipfile.ZipInfo("y.npy"), npy(np.array([1, 0])))
    return file.getvalue()


def parquet(compression: str = "snappy") -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({
        "image": [picture(), picture(mode="L")], "label": ["a", "b"], "number": [1.5, float("nan")],
        "day": pa.array([1, 2], pa.timestamp("us")), "list": [[1], None], "pair": [{"a": 1}, {"a": None}],
    })  # fmt: skip
    file = io.BytesIO()
    pq.write_table(table, file, compression=compression)
    return file.getvalue()


def pictures() -> list[Seed]:
    """Every format that is read, and the odd kinds of the common ones."""
    seeds = [Seed(f"{kind.lower()}.img", picture(kind)) for kind in
             ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "JPEG2000", "AVIF", "DIB")]  # fmt: skip
    seeds += [Seed("grey.img", picture("PNG", "L")), Seed("ico.img", picture("ICO", sizes=[(7, 7)]))]
    seeds += [Seed("palette.img", picture("PNG", "P")), Seed("16.img", picture("PNG", "I;16"))]
    seeds += [Seed("cmyk.img", picture("JPEG", "CMYK")), Seed("alpha.img", picture("WEBP", "RGBA", lossless=True))]
    seeds += [
        Seed(f"tiff-{name}.img", picture("TIFF", compression=name)) for name in ("tiff_lzw", "tiff_adobe_deflate")
    ]
    grey = Image.fromarray(np.arange(63, dtype=np.uint8).reshape(7, 9))
    seeds += [Seed("pages.img", picture("TIFF", "L", save_all=True, append_images=[grey])), Seed("bands.img", banded())]
    seeds += [Seed("deflated.img", banded(compression="zlib")), Seed("tiles.img", banded(tile=(16, 16)))]
    seeds += [Seed("array.img", npy(np.arange(210, dtype=np.uint16).reshape(5, 7, 6)))]
    exif = Image.Exif()
    exif[0x0112] = 6
    return [*seeds, Seed("exif.img", picture("JPEG", exif=exif.tobytes())), Seed("msp.img", picture("MSP", "1"))]


def archives() -> list[Seed]:
    wrapped = [Seed("a.zip", picture(), zipped), Seed("b.tar", picture(), tarred)]
    wrapped += [Seed("stored.zip", picture(), lambda data: zipped(data, method=zipfile.ZIP_STORED))]
    wrapped += [Seed("lzma.zip", picture(), lambda data: zipped(data, method=zipfile.ZIP_LZMA))]
    wrapped += [Seed("old.tar", picture(), lambda data: tarred(data, kind=tarfile.GNU_FORMAT))]
    wrapped += [
        Seed("inner.tar.gz", tarred(picture()), unstamped),
        Seed("inner.tar.xz", tarred(picture()), lzma.compress),
    ]
    return wrapped


def tables() -> list[Seed]:
    tabs = TABLE.replace(b",", b"\t")
    return [
        Seed("t.csv", TABLE),
        Seed("t.tsv", tabs),
        Seed("t.csv.gz", TABLE, unstamped),
        Seed("t.csv.zst", TABLE, zstd),
    ]


def lines() -> list[Seed]:
    rows = json.dumps([json.loads(line) for line in LINES.splitlines() if line]).encode()
    return [Seed("t.jsonl", LINES), Seed("t.json", rows), Seed("t.jsonl.gz", LINES, unstamped),
            Seed("w.jsonl", TOKENS)]  # fmt: skip


def numbers() -> list[Seed]:
    grey, floats = np.arange(32, dtype=np.uint8).reshape(2, 4, 4), np.linspace(0, 1, 32).reshape(2, 4, 4)
    pair = npz(x_train=grey, y_train=np.arange(2))
    return [
        Seed("a.npy", npy(grey)),
        Seed("f.npy", npy(floats)),
        Seed("a.npz", pair),
        Seed("w.npz", npy(floats), npz_of),
    ]


def digits() -> list[Seed]:
    images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
    return [Seed(images, IDX, beside={labels: IDX_LABELS}), Seed(labels, IDX_LABELS, beside={images: IDX}),
            Seed(f"{images}.gz", IDX, unstamped), Seed(images, IDX)]  # fmt: skip


def sentences() -> list[Seed]:
    return [
        Seed("t.conll", TAGS),
        Seed("t.bio", TAGS.replace(b"\t", b" ")),
        Seed("t.iob2.gz", TAGS, unstamped),
        Seed("r.conll", ROLES),
        Seed("b.gold_conll", BRACKETS),
    ]


def trees() -> list[Seed]:
    return [Seed("t.conllu", TREES), Seed("t.conllu.zst", TREES, zstd), Seed("t.conll09", TREES_2009)]


def data_sets() -> list[Seed]:
    """A folder laid out like a repository of the hub, each of its kinds of files changed in turn.

    JSON lines are not: `pyarrow.json.read_json(b'null{"a": 1}')` of pyarrow 26.0.1, on which datasets stands, ends the
    process. Our own reader of JSON lines is fuzzed as `jsonl`.
    """
    row = b'{"text": "one", "label": 1}\n{"text": "t\\u00e9", "label": 2}\n'
    return [
        Seed("README.md", README, beside={"t.jsonl": row}),
        Seed("train.csv", TABLE),
        Seed("train.parquet", parquet()),
        Seed("test.conllu", TREES),
    ]


def masked(data: bytes) -> bytes:
    """A zip of a picture and its mask, the latter changed from inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (("images/1.png", picture()), ("masks/1.tif", data), ("images/2.png", picture())):
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def masks() -> list[Seed]:
    kinds = (("PNG", "P"), ("PNG", "I;16"), ("PNG", "1"), ("TIFF", "L"), ("GIF", "P"))
    inner = [Seed(f"{kind}-{mode.replace(';', '')}.zip".lower(), picture(kind, mode), masked) for kind, mode in kinds]
    return [*inner, Seed("whole.zip", masked(picture("PNG", "L")))]


def placed(name: str, beside: Mapping[str, bytes] | None = None) -> Callable[[bytes], bytes]:
    """Wraps a file into a zip in which pictures lie where annotations look for them, or what is given `beside`."""

    def wrap(data: bytes) -> bytes:
        file = io.BytesIO()
        pictures = {"JPEGImages/x.png": picture(), "x.png": picture(), "ImageSets/Main/train.txt": b"x\n"}
        members = {**(pictures if beside is None else beside), name: data}
        with zipfile.ZipFile(file, "w") as archive:
            for each, content in members.items():
                archive.writestr(zipfile.ZipInfo(each), content)
        return file.getvalue()

    return wrap


def boxes() -> list[Seed]:
    whole = placed("Annotations/x.xml")
    return [Seed("v.zip", VOC, whole), Seed("w.zip", whole(VOC))]


def listed_boxes() -> list[Seed]:
    return [
        Seed("t.json", COCO),
        Seed("c.zip", COCO, placed("t.json")),
        Seed("t.json", COCO, beside={"x.png": picture()}),
    ]


def sharded(label: bytes) -> bytes:
    """A tar file with a picture, its class and an object."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in (("x.png", picture()), ("x.cls", label), ("x.json", b'{"a": 1}')):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


WAV = encoded(sound(900))


def sounds() -> list[Seed]:
    """A sound in the formats that are read most."""
    return [Seed("s.wav", WAV), Seed("s.flac", encoded(sound(900), "FLAC")), Seed("s.ogg", encoded(sound(900), "OGG"))]


ONE_BOX = {"x.png": [("cat", 1, 2, 5, 6)]}
LABELME = annotations.labelme("x.png", [annotations.rectangle(ONE_BOX["x.png"][0])]).encode()
LISTINGS = {
    "box_table": ("t.csv", annotations.corners(ONE_BOX)), "createml": ("t.json", annotations.createml(ONE_BOX)),
    "cvat": ("t.xml", annotations.cvat(ONE_BOX)), "label_studio": ("t.json", annotations.label_studio(ONE_BOX)),
}  # fmt: skip


def listing(form: str) -> Callable[[], list[Seed]]:
    """A file that lists pictures, alone and in a zip."""
    name, text = LISTINGS[form]
    data = text.encode()
    return lambda: [Seed("c.zip", data, placed(name)), Seed(name, data, beside={"x.png": picture()})]


def prose() -> list[Seed]:
    return [Seed("t.txt", PROSE), Seed("t.txt.gz", PROSE, unstamped), Seed("t.txt.zst", PROSE, zstd)]


SOURCES: Mapping[str, Callable[[], list[Seed]]] = {
    "episodes": lambda: [Seed("e.npz", recordings.npz(recordings.driven(2)))],
    "hdf5": lambda: [Seed("e.hdf5", recordings.hdf5_bytes(recordings.driven(2)))],
    "lerobot": lambda: recorded(),
    "ucr": lambda: [Seed("t.ts", gestures.ts(4).encode()), Seed("t.tsv", gestures.tsv(6).encode())],
    "series_folder": lambda: [Seed("t.csv", b"time,x\n1,2\n2,3\n"), Seed("t.csv", b"1,2\n2,3.5\n")],
    "archive": archives,
    "arff": lambda: [Seed("t.arff", ARFF), Seed("t.arff.gz", ARFF, unstamped)],
    "array": numbers,
    "csv": tables,
    "coco": listed_boxes,
    "conll": sentences,
    "conllu": trees,
    "file": lambda: [Seed("x.png", picture()), Seed("x.jpg", picture("JPEG"))],
    "folder": lambda: [Seed("x.png", picture()), Seed("x.txt.gz", PROSE, unstamped), Seed("x.gif", picture("GIF"))],
    "frame": lambda: [Seed("cells.bin", bytes(range(64)))],
    "records": lambda: [Seed("cells.bin", bytes(range(64)))],
    "hub": data_sets,
    "idx": digits,
    "jsonl": lines,
    "masks": masks,
    "parquet": lambda: [
        Seed("t.parquet", parquet()),
        Seed("z.parquet", parquet("zstd")),
        Seed("n.pq", parquet("none")),
    ],
    "picture_table": lambda: [Seed("p.zip", b"image,label\nx.png,a\n", placed("t.csv"))],
    "text": prose,
    "voc": boxes,
    **{name: listing(name) for name in ("box_table", "createml", "cvat", "label_studio")},
    "transcripts": lambda: [Seed("s.zip", b"x WHAT IS SAID\n", placed("a.trans.txt", {"x.wav": WAV}))],
    "webdataset": lambda: [Seed("w.tar", sharded(b"3")), Seed("w.tar.gz", sharded(b"3"), unstamped)],
    "labelme": lambda: [Seed("l.zip", LABELME, placed("x.json"))],
    "yolo": lambda: [Seed("y.zip", b"0 .5 .5 .2 .2\n", placed("x.txt"))],
    "sql": lambda: [Seed("t.db", packed({"a": [["text", "label", "n"], ["one", "x", 1.5], ["two", "y", None]]}))],
    "excel": lambda: [Seed("t.xlsx", workbook({"a": [["text", "label", "n"], ["one", "x", 1.5], ["two", "y", None]]}))],
    "fasta": lambda: [
        Seed("t.fasta", FASTA),
        Seed("t.fastq", FASTQ),
        Seed("t.fa.gz", FASTA, unstamped),
        Seed("t.fq.zst", FASTQ, zstd),
    ],
}


def recorded() -> list[Seed]:
    """Facts and rows of a LeRobot data set of two episodes, each as the file that is changed; "+" for "/" in names."""
    with TemporaryDirectory() as place:
        home = recordings.lerobot_2(Path(place), recordings.driven(2))
        every = {
            path.relative_to(home).as_posix().replace("/", "+"): path.read_bytes()
            for path in home.rglob("*")
            if path.is_file()
        }
    return [Seed(name, data, beside={k: v for k, v in every.items() if k != name}) for name, data in every.items()]


MODALITIES: Mapping[str, Callable[[], list[Seed]]] = {
    "image": pictures, "text": prose, "audio": sounds, "table": lambda: [Seed("t.csv", TABLE)],
    "signals": lambda: [Seed("t.csv", gestures.long_table(6).encode())],
    "trajectory": lambda: [Seed("t.csv", recordings.table(recordings.driven(4)).encode())],
    "series": lambda: [Seed("t.csv", table(60).encode()), Seed("l.csv", long_table(40).encode())],
    "sequence": lambda: [Seed("s.seq", PROTEIN), Seed("s.seq.gz", PROTEIN.lower(), unstamped)],
}  # fmt: skip
