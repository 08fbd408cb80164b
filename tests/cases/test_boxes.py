"""Boxes as people write them: YOLO, Pascal VOC in other folders, COCO with doubled ids, shares in place of pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.store import Store
from tests.helpers.made import picture

VOC = "<annotation>{size}<object><name>nut</name><bndbox>{edges}</bndbox></object></annotation>"
SIZE = "<size><width>40</width><height>32</height></size>"


def voc(edges: tuple[float, float, float, float]) -> str:
    named = zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True)
    return VOC.format(size=SIZE, edges="".join(f"<{name}>{edge}</{name}>" for name, edge in named))


def labels(store: Store) -> list[Any]:
    return [label for split in store.splits for label in store.labels(split)]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("layout", ["{part}/images/{n}.jpg", "images/{part}/{n}.jpg", "{part}/{n}.jpg"])
@pytest.mark.parametrize("yaml", ["names: ['bolt']", "names:\n  0: bolt", ""])
def test_yolo_with_and_without_its_yaml(tmp_path: Path, layout: str, yaml: str) -> None:
    for part in ("train", "valid"):
        for n in range(3):
            path = tmp_path / "in" / layout.format(part=part, n=n)
            picture(path)
            write(Path(str(path).replace("images", "labels")).with_suffix(".txt"), "0 0.5 0.5 0.5 0.25\n")
    if yaml:
        write(tmp_path / "in" / "data.yaml", yaml)
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.splits == {"train": 3, "valid": 3}
    name = "bolt" if yaml else "0"
    assert labels(store)[0] == {"boxes": [[10, 12, 30, 20]], "labels": [name], "size": [32, 40]}


@pytest.mark.parametrize(
    ("line", "said"), [("0 20 16 10 10", "no share"), ("4 .5 .5 .1 .1", "class 4"), ("0 .5 .5 .1 .1 .9", "no box")]
)
def test_lines_that_are_no_label_of_yolo_are_named(tmp_path: Path, line: str, said: str) -> None:
    for n, text in enumerate(("0 .5 .5 .2 .2", line)):
        picture(tmp_path / "in" / f"{n}.png")
        write(tmp_path / "in" / f"{n}.txt", text)
    write(tmp_path / "in" / "classes.txt", "bolt\nnut\n")
    with pytest.raises(DataError, match=rf"1\.txt:1.*{said}"):
        prepare(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("pictures", "xmls"),
    [("images", "annotations"), ("Images", "Annotations"), ("imgs", "xmls"), ("JPEGImages/train", "Annotations/train")],
)
def test_voc_in_folders_of_other_names(tmp_path: Path, pictures: str, xmls: str) -> None:
    for n in range(3):
        picture(tmp_path / "in" / pictures / f"{n}.png")
        write(tmp_path / "in" / xmls / f"{n}.XML", voc((5, 5, 20, 20)))
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert [label["boxes"] for label in labels(store)] == [[[4, 4, 20, 20]]] * 3


def test_voc_lists_may_name_files_with_suffix_and_what_is_unmatched_is_counted(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "in" / "JPEGImages" / f"p{n}.jpg")
        write(tmp_path / "in" / "Annotations" / f"p{n}.xml", voc((5, 5, 20, 20)))
    write(tmp_path / "in" / "ImageSets" / "Main" / "train.txt", "p0.jpg\np1.jpg\ngone.jpg\n")
    write(tmp_path / "in" / "ImageSets" / "Main" / "test.txt", "p2.jpg\n")
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.splits == {"train": 3, "test": 1}
    assert "1 of 3 names in ImageSets/Main/train.txt are no picture, e.g. gone.jpg" in store.warnings
    assert "1 pictures are in no list" in store.warnings


def coco(place: Path, pictures: list[dict[str, Any]], drawn: list[Any], categories: list[Any] | None = None) -> Path:
    body = {"images": pictures, "annotations": drawn, "categories": categories or [{"id": 1, "name": "nut"}]}
    write(place / "a.json", json.dumps(body))
    return place


def entry(n: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": n, "file_name": name, "width": 40, "height": 32, **more}


def test_doubled_ids_of_coco_are_refused(tmp_path: Path) -> None:
    box = {"image_id": 0, "category_id": 1, "bbox": [0, 0, 9, 9]}
    with pytest.raises(DataError, match=r"two images have one id.*0.png and 1.png"):
        prepare(coco(tmp_path / "a", [entry(0, "0.png"), entry(0, "1.png")], [box]), tmp_path / "out")
    twice = [{"id": 1, "name": "nut"}, {"id": 1, "name": "bolt"}]
    with pytest.raises(DataError, match=r"two categories have one id.*nut and bolt"):
        prepare(coco(tmp_path / "b", [entry(0, "0.png")], [box], twice), tmp_path / "out")


@pytest.mark.parametrize("name", ["C:\\Users\\me\\a b.png", "/data/upload/3/a b.png", "a%20b.png", "./a b.png"])
def test_coco_names_of_other_machines(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "in" / "images" / "a b.png")
    box = {"image_id": 0, "category_id": 1, "bbox": [0, 0, 9, 9]}
    store = prepare(coco(tmp_path / "in", [entry(0, name, width=40.0)], [box]), tmp_path / "out")
    assert labels(store)[0]["boxes"] == [[0, 0, 9, 9]]


def test_boxes_of_a_picture_that_is_listed_twice_are_joined(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "0.png")
    drawn = [{"image_id": n, "category_id": 1, "bbox": [n, n, 9, 9]} for n in (0, 1)]
    store = prepare(coco(tmp_path / "in", [entry(0, "0.png"), entry(1, "0.png")], drawn), tmp_path / "out")
    assert labels(store)[0]["boxes"] == [[0, 0, 9, 9], [1, 1, 10, 10]]


def test_an_outline_without_a_box_has_the_box_around_it(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "0.png")
    outline = {"image_id": 0, "category_id": 1, "segmentation": [[2, 3, 12, 3, 12, 9]]}
    store = prepare(coco(tmp_path / "in", [entry(0, "0.png")], [outline]), tmp_path / "out")
    assert labels(store)[0]["boxes"] == [[2, 3, 12, 9]]


def test_shares_in_place_of_pixels_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "coco" / "0.png")
    box = {"image_id": 0, "category_id": 1, "bbox": [0.1, 0.1, 0.3, 0.3]}
    with pytest.raises(DataError, match="every box is smaller than a pixel"):
        prepare(coco(tmp_path / "coco", [entry(0, "0.png")], [box]), tmp_path / "out")
    picture(tmp_path / "voc" / "0.png")
    write(tmp_path / "voc" / "0.xml", voc((0.1, 0.1, 0.4, 0.5)))
    with pytest.raises(DataError, match=r"0\.xml: every box is smaller than a pixel"):
        prepare(tmp_path / "voc", tmp_path / "out")


def test_the_account_of_boxes_names_form_and_rest(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "0.png")
    picture(tmp_path / "in" / "more" / "1.png")
    found = taken(coco(tmp_path / "in", [entry(0, "0.png")], []))
    assert [one.what for one in found.used] == ["1 picture", "COCO file a.json"]
    assert found.unused == ("more/1.png",)
