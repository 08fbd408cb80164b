"""Pascal VOC and COCO: edges, parts, repairs, and where pictures are found."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.prepare import prepare
from headstart.data.reading.file_tree import is_tree, open_tree, peek
from headstart.data.reading.open_raw import open_raw
from headstart.data.sources.coco import Coco
from headstart.data.sources.voc import Voc

Files = Mapping[str, bytes]


def picture(seed: int = 0) -> bytes:
    """30 x 40 pixels of noise."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (30, 40, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def annotation(*objects: tuple[str, int, int, int, int], size: str = "") -> bytes:
    drawn = "".join(
        f"<object><name>{name}</name><difficult>1</difficult><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax>"
        f"<ymax>{d}</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>"
        for name, a, b, c, d in objects
    )
    return f"<annotation>{size}{drawn}</annotation>".encode()


def written(place: Path, files: Files, *, zipped: bool = False) -> Path:
    """The files as a folder or as a zip."""
    if zipped:
        with zipfile.ZipFile(place / "set.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return place / "set.zip"
    for name, data in files.items():
        (place / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "set" / name).write_bytes(data)
    return place / "set"


def voc_files() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for number, stem in enumerate("abcd"):
        files[f"VOC/JPEGImages/{stem}.png"] = picture(number)
        files[f"VOC/Annotations/{stem}.xml"] = annotation(("cat", 1, 2, 10, 20))
    files["VOC/JPEGImages/e.png"] = picture(9)
    lists = {"train": "a", "val": "b", "trainval": "a\nb", "test": "c\n", "cat_train": "d  1"}
    files |= {f"VOC/ImageSets/Main/{name}.txt": text.encode() for name, text in lists.items()}
    return {**files, "VOC/.hidden.png": b"?", "__MACOSX/VOC/._a.png": b"?"}


@pytest.mark.parametrize("zipped", [False, True])
def test_voc_has_edges_from_zero_and_the_parts_of_its_lists(tmp_path: Path, zipped: bool) -> None:
    path = written(tmp_path, voc_files(), zipped=zipped)
    assert Voc.accepts(path, Access())
    rows = {Path(one["origin"]).stem: one for one in Voc(path, Access()).examples()}
    assert rows["a"]["label"] == {"size": [30, 40], "boxes": [[0, 1, 10, 20]], "labels": ["cat"]}
    assert {stem: one.get("split") for stem, one in rows.items()} == {
        "a": "train", "b": "valid", "c": "test", "d": None, "e": None,
    }  # fmt: skip
    assert "label" not in rows["e"]  # nobody looked at it
    assert open_raw(str(path), modality="auto", input=None, target=None).modality == "image"


def test_voc_without_a_train_list_trains_on_trainval(tmp_path: Path) -> None:
    files = voc_files()
    del files["VOC/ImageSets/Main/train.txt"], files["VOC/ImageSets/Main/val.txt"]
    rows = {Path(one["origin"]).stem: one.get("split") for one in Voc(written(tmp_path, files), Access()).examples()}
    assert [rows[stem] for stem in "abcd"] == ["train", "train", "test", None]


def test_xml_beside_its_picture_in_folders_of_parts(tmp_path: Path) -> None:
    files = {f"{part}/{stem}.{kind}": picture(n) if kind == "png" else annotation(("dog", 1, 1, 5, 5))
             for n, (part, stem) in enumerate((("train", "x"), ("valid", "y"))) for kind in ("png", "xml")}  # fmt: skip
    path = written(tmp_path, files)
    assert Voc.accepts(path, Access())
    assert [(one["origin"], one["split"]) for one in Voc(path, Access()).examples()] == [
        ("train/x.png", "train"), ("valid/y.png", "valid"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>"])
def test_voc_repairs_what_has_no_area_or_sticks_out_and_says_so(tmp_path: Path, size: str) -> None:
    """As in two pictures of BCCD; the size is read from the picture where the annotation does not know it."""
    objects = (("cat", 7, 7, 7, 7), ("cat", 30, 10, 60, 30), ("cat", 0, 1, 41, 31), ("cat", 50, 1, 60, 9))
    path = written(tmp_path, {"Annotations/a.xml": annotation(*objects, size=size), "JPEGImages/a.png": picture(),
                              "Annotations/b.xml": annotation(), "JPEGImages/b.png": picture(1)})  # fmt: skip
    one, other = Voc(path, Access()).examples()
    assert one["label"]["boxes"] == [[29, 9, 40, 30], [0, 0, 40, 30]]
    assert other["label"]["boxes"] == []
    store = prepare(path, tmp_path / "data")
    assert store.warnings[:2] == [
        "2 boxes without area were left out, first in JPEGImages/a.png",
        "1 boxes that stick out of their picture were cut, first in JPEGImages/a.png",
    ]
    assert "repaired" not in store.examples("train")[0]


def test_voc_with_masks_of_some_pictures_is_read_for_its_boxes(tmp_path: Path) -> None:
    """Who wants the masks gives the two folders of those alone."""
    files = {**voc_files(), "VOC/SegmentationClass/a.png": picture()}
    raw = open_raw(str(written(tmp_path, files)), modality="auto", input=None, target=None)
    assert isinstance(raw.entries[0].source, Voc)


def coco_files(place: str = "annotations", folder: str = "{split}2017") -> dict[str, bytes]:
    """COCO's own layout: the same names of pictures in both parts."""
    files: dict[str, bytes] = {}
    for number, split in enumerate(("train", "val")):
        images = [{"id": n, "file_name": f"{n}.png", "height": 30, "width": 40} for n in range(3)]
        drawn = [
            {"image_id": 0, "category_id": 90, "bbox": [1.5, 2, 10, 20], "iscrowd": 0},
            {"image_id": 1, "category_id": 18, "bbox": [0, 0, 4, 4], "iscrowd": 1},
        ]
        kinds = [{"id": 18, "name": "dog"}, {"id": 90, "name": "brush"}]
        body = {"info": {"year": 1}, "images": images, "annotations": drawn, "categories": kinds}
        files[f"{place}/instances_{split}2017.json"] = json.dumps(body).encode()
        captions = {**body, "annotations": [{"image_id": 0, "caption": "a brush"}]}
        files[f"{place}/captions_{split}2017.json"] = json.dumps(captions).encode()
        for n in range(3):
            files[f"{folder.format(split=split)}/{n}.png"] = picture(10 * number + n)
    return files


@pytest.mark.parametrize("zipped", [False, True])
def test_coco_in_its_own_layout(tmp_path: Path, zipped: bool) -> None:
    path = written(tmp_path, coco_files(), zipped=zipped)
    assert Coco.accepts(path, Access())
    rows = list(Coco(path, Access()).examples())
    assert [(one["origin"], one["split"]) for one in rows] == [
        *((f"train2017/{n}.png", "train") for n in range(3)), *((f"val2017/{n}.png", "valid") for n in range(3)),
    ]  # fmt: skip
    assert rows[0]["label"] == {"size": [30, 40], "boxes": [[1.5, 2, 11.5, 22]], "labels": ["brush"]}
    assert rows[1]["label"]["boxes"] == []
    assert rows[1]["repaired"] == {"annotations of crowds were skipped": 1}
    assert rows[3]["input"].read() == picture(10)


def test_coco_files_of_parts_with_pictures_in_folders_that_are_given(tmp_path: Path) -> None:
    """The same names lie in both folders: those of the own part come first."""
    path = written(tmp_path, coco_files())
    given = {part: [path / "annotations" / f"instances_{name}2017.json", path / f"{name}2017"]
             for part, name in (("train", "train"), ("valid", "val"))}  # fmt: skip
    raw = open_raw(given, modality="image", input=None, target=None)
    assert [one["input"].read() for one in raw.examples()] == [picture(n) for n in (0, 1, 2, 10, 11, 12)]


def test_a_coco_file_beside_its_pictures_takes_no_part_from_its_name_alone(tmp_path: Path) -> None:
    files = coco_files(place=".", folder="images")
    path = written(tmp_path, files)
    rows = list(Coco(path / "instances_train2017.json", Access()).examples())
    assert rows[0]["input"] == "0.png"
    assert "split" not in rows[0]
    store = prepare(path / "instances_train2017.json", tmp_path / "data")
    assert sum(store.splits.values()) == 3


@pytest.mark.parametrize(
    "files",
    [{"a.xml": b"<gpx/>", "a.png": picture()}, {"a.json": b'{"images": 1}', "a.png": picture()}, {"a.png": picture()},
     {"Annotations/a.xml": annotation()}],
)  # fmt: skip
def test_other_folders_stay_folders(tmp_path: Path, files: Files) -> None:
    path = written(tmp_path, files)
    assert not Voc.accepts(path, Access())
    assert not Coco.accepts(path, Access())


def test_a_tree_shows_every_file_but_hidden_ones_and_reads_nothing_outside(tmp_path: Path) -> None:
    path = written(tmp_path, voc_files())
    (tmp_path / "secret").write_text("no")
    tree = open_tree(path, Access())
    assert tree.names == sorted(name for name in voc_files() if "._" not in name and ".hidden" not in name)
    assert tree.blob("VOC/ImageSets/Main/train.txt").read() == b"a"
    for name in ("../secret", str(tmp_path / "secret"), "VOC/.hidden.png"):
        with pytest.raises(DataError, match="HS-D202"):
            tree.blob(name)


def test_what_is_no_tree(tmp_path: Path) -> None:
    broken = tmp_path / "x.zip"
    broken.write_bytes(b"PK?")
    assert is_tree(broken)
    assert peek(broken, Access()) == []
    assert not Voc.accepts(broken, Access())
    assert not Coco.accepts(broken, Access())
    assert peek(tmp_path / "none", Access()) == []


def test_tables_hold_boxes_as_well(tmp_path: Path) -> None:
    import pandas as pd

    (tmp_path / "a.png").write_bytes(picture())
    label: dict[str, Any] = {"size": [30, 40], "boxes": [[1, 2, 3, 4]], "labels": ["cat"]}
    frame = pd.DataFrame({"image": [str(tmp_path / "a.png")], "label": [label]})
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.jsonl").write_text(json.dumps({"image": "a.png", "label": label}))
    for number, given in enumerate((frame, tmp_path / "t.parquet", tmp_path / "t.jsonl")):
        store = prepare(given, tmp_path / f"data{number}", modality="image")
        assert store.labels("train") == [label]


@pytest.mark.shared
def test_bccd_has_its_official_parts_and_two_boxes_without_area(shared_data: Path) -> None:
    rows = list(Voc(shared_data / "bccd" / "bccd.zip", Access()).examples())
    splits = [one["split"] for one in rows]
    assert [splits.count(name) for name in ("train", "valid", "test")] == [205, 87, 72]
    assert sum(len(one["label"]["boxes"]) for one in rows) == 4886
    assert [one["origin"] for one in rows if "repaired" in one] == [
        "JPEGImages/BloodImage_00338.jpg", "JPEGImages/BloodImage_00343.jpg",
    ]  # fmt: skip
