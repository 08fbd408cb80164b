"""The contract of every source, checked on every file of the folder: repeatable, in order, with origins."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core import catalog
from headstart.core.contracts.access import Access
from headstart.data.records import Blob, Episode, Measured
from tests.helpers import annotations, gestures, recordings
from tests.helpers.databases import database
from tests.helpers.made import tar
from tests.helpers.sheets import workbook

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("sources"))


def png(value: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def folder(place: Path) -> Path:
    for i, name in enumerate(("b", "a")):
        (place / "photos" / name).mkdir(parents=True)
        (place / "photos" / name / "x.png").write_bytes(png(i))
    return place / "photos"


def archive(place: Path) -> Path:
    with zipfile.ZipFile(place / "photos.zip", "w") as file:
        for name in ("a/x.png", "b/x.png"):
            file.writestr(name, png(0))
    return place / "photos.zip"


def one_file(place: Path) -> Path:
    (place / "x.png").write_bytes(png(3))
    return place / "x.png"


def csv(place: Path) -> Path:
    (place / "t.csv").write_text("image,label\nx.png,a\ny.png,b\n")
    return place / "t.csv"


def arff(place: Path) -> Path:
    (place / "t.arff").write_text("@relation r\n@attribute age numeric\n@attribute class {a,b}\n@data\n1,a\n2,b\n")
    return place / "t.arff"


def excel(place: Path) -> Path:
    (place / "t.xlsx").write_bytes(workbook({"rows": [["image", "label"], ["x.png", "a"], ["y.png", "b"]]}))
    return place / "t.xlsx"


def sql(place: Path) -> Path:
    return database(place / "t.db", {"rows": [["image", "label"], [png(0), "a"], [png(1), "b"]]})


def parquet(place: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"image": [png(0), png(1)], "label": ["a", "b"]}), place / "t.parquet")
    return place / "t.parquet"


def idx(place: Path) -> Path:
    head = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4])
    (place / "train-images-idx3-ubyte").write_bytes(head + bytes(range(32)))
    (place / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    return place / "train-images-idx3-ubyte"


def text(place: Path) -> Path:
    (place / "t.txt").write_text("one document\n\nanother\n")
    return place / "t.txt"


def fasta(place: Path) -> Path:
    (place / "t.fasta").write_text(">one TARGET=a\nACGTTG\nCA\n>two TARGET=b SET=test\nACGGG\n")
    return place / "t.fasta"


def jsonl(place: Path) -> Path:
    (place / "t.jsonl").write_text('{"text": "one", "label": "a"}\n{"text": "two"}\n')
    return place / "t.jsonl"


def conll(place: Path) -> Path:
    (place / "t.conll").write_text("John\tB-PER\nsleeps\tO\n\nYes\tO\n")
    return place / "t.conll"


def conllu(place: Path) -> Path:
    (place / "t.conllu").write_text("1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_\n\n" * 2)
    return place / "t.conllu"


def hub(place: Path) -> Path:
    (place / "set" / "data").mkdir(parents=True)
    parquet(place).rename(place / "set" / "data" / "train-00000-of-00001.parquet")
    return place / "set"


def voc(place: Path) -> Path:
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    for stem in ("x", "y"):
        for folder in ("JPEGImages", "Annotations"):
            (place / "voc" / folder).mkdir(parents=True, exist_ok=True)
        (place / "voc" / "JPEGImages" / f"{stem}.png").write_bytes(png(0))
        (place / "voc" / "Annotations" / f"{stem}.xml").write_text(
            f"<annotation><object><name>cat</name>{box}</object></annotation>"
        )
    return place / "voc"


def yolo(place: Path) -> Path:
    for stem in ("x", "y"):
        for folder in ("images", "labels"):
            (place / "yolo" / folder).mkdir(parents=True, exist_ok=True)
        (place / "yolo" / "images" / f"{stem}.png").write_bytes(png(0))
        (place / "yolo" / "labels" / f"{stem}.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    return place / "yolo"


def picture_table(place: Path) -> Path:
    (place / "pictures").mkdir()
    for stem in ("x", "y"):
        (place / "pictures" / f"{stem}.png").write_bytes(png(0))
    (place / "pictures" / "labels.csv").write_text("image,label\nx.png,a\ny.png,b\n")
    return place / "pictures"


def coco(place: Path) -> Path:
    pictures = [{"id": n, "file_name": f"{n}.png", "height": 4, "width": 4} for n in (3, 1)]
    drawn = [{"id": 1, "image_id": 3, "category_id": 7, "bbox": [0, 1, 2, 2], "iscrowd": 0}]
    whole = {"images": pictures, "annotations": drawn, "categories": [{"id": 7, "name": "cat"}]}
    (place / "t.json").write_text(json.dumps(whole))
    return place / "t.json"


def beside(place: Path, name: str, text: str) -> Path:
    """Two pictures of 4 x 4 with a file that lists them."""
    (place / "in").mkdir()
    for stem in ("x", "y"):
        (place / "in" / f"{stem}.png").write_bytes(png(0))
    (place / "in" / name).write_text(text.replace('"40"', '"4"').replace('"32"', '"4"'))
    return place / "in"


TWO = {"x.png": [("cat", 0, 1, 2, 3)], "y.png": []}


def labelme(place: Path) -> Path:
    return beside(place, "x.json", annotations.labelme("x.png", [annotations.rectangle(TWO["x.png"][0])]))


def cvat(place: Path) -> Path:
    return beside(place, "a.xml", annotations.cvat(TWO))


def createml(place: Path) -> Path:
    return beside(place, "a.json", annotations.createml(TWO))


def label_studio(place: Path) -> Path:
    return beside(place, "a.json", annotations.label_studio(TWO, 4, 4))


def box_table(place: Path) -> Path:
    return beside(place, "a.csv", "image,label,xmin,ymin,xmax,ymax\nx.png,cat,0,1,2,3\ny.png,cat,0,1,2,3\n")


def webdataset(place: Path) -> Path:
    return tar(place / "t.tar", {f"{n}.{end}": data for n in "xy" for end, data in (("png", png(0)), ("cls", b"3"))})


def array(place: Path) -> Path:
    np.savez(place / "t.npz", x=np.zeros((2, 4, 4), np.uint8), y=np.array([1, 0]))
    return place / "t.npz"


def frame(place: Path) -> Any:
    import pandas as pd

    return pd.DataFrame({"image": ["x.png", "y.png"], "label": ["a", "b"]})


def records(place: Path) -> Any:
    return [{"image": "x.png", "label": "a"}, {"label": "b", "image": "y.png"}]


def masks(place: Path) -> Path:
    for name, stem in (("train/images", "b"), ("train/images", "a"), ("train/masks", "a"), ("valid/images", "a")):
        (place / "cells" / name).mkdir(parents=True, exist_ok=True)
        (place / "cells" / name / f"{stem}.png").write_bytes(png(len(name)))
    return place / "cells"


def transcripts(place: Path) -> Path:
    (place / "sounds").mkdir()
    (place / "sounds" / "1-2.trans.txt").write_text("1-2-1 ONE\n1-2-2 TWO\n")
    for name in ("1-2-1.wav", "1-2-2.flac"):
        (place / "sounds" / name).write_bytes(name.encode())
    return place / "sounds"


def ucr(place: Path) -> Path:
    (place / "t.ts").write_text(gestures.ts(3))
    return place / "t.ts"


def series_folder(place: Path) -> Path:
    return gestures.folder(place, 3)


def episodes(place: Path) -> Path:
    (place / "t.npz").write_bytes(recordings.npz(recordings.driven(2)))
    return place / "t.npz"


def hdf5(place: Path) -> Path:
    return recordings.hdf5(place / "t.hdf5", recordings.driven(2))


def lerobot(place: Path) -> Path:
    return recordings.lerobot_3(place, recordings.driven(2))


MAKERS: dict[str, Callable[[Path], Any]] = {
    "arff": arff,
    "folder": folder, "archive": archive, "file": one_file, "csv": csv,
    "excel": excel, "sql": sql, "parquet": parquet, "idx": idx, "array": array,
    "frame": frame, "episodes": episodes, "hdf5": hdf5, "lerobot": lerobot,
    "records": records, "text": text, "jsonl": jsonl, "conll": conll, "conllu": conllu, "hub": hub,
    "masks": masks, "voc": voc, "coco": coco, "yolo": yolo, "picture_table": picture_table,
    "labelme": labelme, "cvat": cvat, "createml": createml, "label_studio": label_studio, "box_table": box_table,
    "ucr": ucr, "series_folder": series_folder, "webdataset": webdataset, "fasta": fasta, "transcripts": transcripts,
}  # fmt: skip


@pytest.fixture
def given(kind: str, tmp_path: Path) -> Any:
    if kind not in MAKERS:
        pytest.fail(f"say in MAKERS what a tiny '{kind}' looks like")
    return MAKERS[kind](tmp_path)


def seen(example: Any) -> Any:
    """An example with its content read, so that two can be compared."""
    value = example["input"]
    value = value.values if isinstance(value, Measured) else value
    if isinstance(value, Episode):
        return {**example, "input": [one.tobytes() if isinstance(one, np.ndarray) else one for one in value.content]}
    content = value.read() if isinstance(value, Blob) else value.tobytes() if isinstance(value, np.ndarray) else value
    return {**example, "input": content}


def test_the_same_examples_come_in_the_same_order_as_often_as_asked(kind: str, given: Any) -> None:
    source = catalog.load("sources", kind)(given, Access())
    first = [seen(example) for example in source.examples()]
    assert first
    assert [seen(example) for example in source.examples()] == first
    assert [seen(example) for example in catalog.load("sources", kind)(given, Access()).examples()] == first


def test_every_example_has_an_input_and_an_origin_of_its_own(kind: str, given: Any) -> None:
    examples = list(catalog.load("sources", kind)(given, Access()).examples())
    assert all({"input", "origin"} <= set(example) for example in examples)
    origins = [example["origin"] for example in examples]
    assert len(set(origins)) == len(origins)
    assert all(isinstance(origin, str) and origin for origin in origins)


def test_two_readers_at_once_do_not_disturb_each_other(kind: str, given: Any) -> None:
    source = catalog.load("sources", kind)(given, Access())
    one, other = source.examples(), source.examples()
    pairs = list(zip(one, other, strict=True))
    assert all(seen(a) == seen(b) for a, b in pairs)


def test_a_path_of_its_own_is_accepted_and_a_strange_one_is_not(kind: str, given: Any, tmp_path: Path) -> None:
    reader = catalog.load("sources", kind)
    if isinstance(given, Path):
        assert reader.accepts(given, Access())
    strange = tmp_path / "strange.xyz"
    strange.write_bytes(b"?")
    assert not reader.accepts(strange, Access())


def test_a_table_says_what_its_columns_are_for(kind: str, given: Any) -> None:
    source = catalog.load("sources", kind)(given, Access())
    assert source.form != "table" or source.roles is None or source.roles.inputs
