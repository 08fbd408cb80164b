"""Annotations of CVAT, LabelMe, CreateML and Label Studio, and tables of boxes: in a folder, a zip, or one file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.store import Store
from tests.helpers import annotations as written
from tests.helpers.annotations import Boxes, region, tasks
from tests.helpers.made import picture

BOXES: Boxes = {"0.png": [("nut", 1, 2, 9, 12), ("bolt", 10, 0, 30.5, 32)], "1.png": [("bolt", 3, 3, 8, 8)]}
LISTS: Mapping[str, tuple[str, Callable[[Boxes], str]]] = {
    "cvat": ("annotations.xml", written.cvat),
    "createml": ("_annotations.createml.json", written.createml),
    "label_studio": ("export.json", written.label_studio),
    "box_table": ("_annotations.csv", written.corners),
}


def labels(store: Store) -> list[Any]:
    return [label for split in store.splits for label in store.labels(split)]


def edges(boxes: Boxes) -> list[list[list[float]]]:
    return [[list(one[1:]) for one in found] for found in boxes.values()]


def images(folder: Path, names: Boxes = BOXES) -> Path:
    for name in names:
        picture(folder / name)
    return folder


def checked(store: Store) -> None:
    found = sorted(labels(store), key=lambda label: len(label["boxes"]), reverse=True)
    assert [label["boxes"] for label in found] == edges(BOXES)
    assert [label["labels"] for label in found] == [["nut", "bolt"], ["bolt"]]
    assert all(label["size"] == [32, 40] for label in found)


@pytest.mark.parametrize("form", LISTS)
def test_a_folder_a_zip_and_a_lone_file_hold_the_same_boxes(tmp_path: Path, form: str) -> None:
    name, write = LISTS[form]
    images(tmp_path / "in" / "images")
    (tmp_path / "in" / name).write_text(write(BOXES))
    checked(prepare(tmp_path / "in", tmp_path / "folder"))
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for path in sorted((tmp_path / "in").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path / "in"))
    checked(prepare(tmp_path / "in.zip", tmp_path / "zip"))
    (tmp_path / "in" / name).rename(tmp_path / name)
    checked(prepare([tmp_path / name, tmp_path / "in"], tmp_path / "file"))


@pytest.mark.parametrize("form", LISTS)
def test_parts_are_told_by_folders_and_files_are_named(tmp_path: Path, form: str) -> None:
    name, write = LISTS[form]
    for part, boxes in (("train", {"0.png": BOXES["0.png"]}), ("valid", {"1.png": BOXES["1.png"]})):
        images(tmp_path / "in" / part, boxes)
        (tmp_path / "in" / part / name).write_text(write(boxes))
    picture(tmp_path / "in" / "train" / "more.png")
    assert prepare(tmp_path / "in", tmp_path / "out").splits == {"train": 1, "valid": 1}
    account = taken(tmp_path / "in")
    assert f"file train/{name}, valid/{name}" in account.used[1].what
    assert account.unused == ("train/more.png",)


@pytest.mark.parametrize("form", LISTS)
def test_two_files_that_list_one_picture_are_refused(tmp_path: Path, form: str) -> None:
    name, write = LISTS[form]
    images(tmp_path / "in")
    for one in (name, f"more_{name}"):
        (tmp_path / "in" / one).write_text(write(BOXES))
    with pytest.raises(DataError, match=rf"0\.png: two files list one picture.*prepare.*{name}.*/in"):
        prepare(tmp_path / "in", tmp_path / "out")


def test_labelme_beside_its_pictures_and_in_a_folder_of_its_own(tmp_path: Path) -> None:
    for place in ("", "labels"):
        source = tmp_path / f"in{place}"
        images(source / "images" if place else source)
        (source / place).mkdir(exist_ok=True)
        for name, boxes in BOXES.items():
            text = written.labelme(name, [written.rectangle(one) for one in boxes])
            (source / place / name.replace("png", "json")).write_text(text)
        checked(prepare(source, tmp_path / f"out{place}"))
        assert [one.what for one in taken(source).used] == ["2 pictures", "2 annotations of LabelMe"]


def test_outlines_are_read_as_the_boxes_around_them_with_a_word(tmp_path: Path) -> None:
    images(tmp_path / "in", {"0.png": []})
    shapes = [
        {"label": "nut", "points": [[2, 3], [12, 3], [7, 9]], "shape_type": "polygon"},
        {"label": "nut", "points": [[20, 20], [23, 24]], "shape_type": "circle"},
        {"label": "nut", "points": [[1, 1]], "shape_type": "point"},
    ]
    (tmp_path / "in" / "0.json").write_text(written.labelme("0.png", shapes))
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert labels(store)[0]["boxes"] == [[2, 3, 12, 9], [15, 15, 25, 25]]
    assert any("outlines were read as the boxes around them" in one and "2" in one for one in store.warnings)
    assert any("points and lines" in one for one in store.warnings)


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ('<polygon label="nut" points="2.00,3.00;12.00,3.00;7.00,9.00"/>', [2, 3, 12, 9]),
        ('<ellipse label="nut" cx="20" cy="16" rx="8" ry="4"/>', [12, 12, 28, 20]),
        ('<ellipse label="nut" cx="20" cy="16" rx="8" ry="4" rotation="90"/>', [16, 8, 24, 24]),
        ('<box label="nut" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90"/>', [15, 5, 25, 25]),
        ('<mask label="nut" rle="0, 4" left="4" top="6" width="5" height="3"/>', [4, 6, 9, 9]),
    ],
)
def test_shapes_of_cvat(tmp_path: Path, shape: str, box: list[float]) -> None:
    images(tmp_path / "in", {"0.png": []})
    (tmp_path / "in" / "annotations.xml").write_text(written.cvat_of({"0.png": shape}))
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert labels(store)[0]["boxes"] == [box]
    assert any("outlines" in one for one in store.warnings)


def test_tags_of_cvat_are_classes_and_subsets_are_parts(tmp_path: Path) -> None:
    names = {f"{n}.png": [] for n in range(4)}
    images(tmp_path / "in", names)
    text = written.cvat_of({name: f'<tag label="{"ab"[n % 2]}"/>' for n, name in enumerate(names)})
    for n in (2, 3):
        text = text.replace(f'name="{n}.png"', f'name="{n}.png" subset="Validation"')
    (tmp_path / "in" / "annotations.xml").write_text(text)
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert store.splits == {"train": 2, "valid": 2}
    assert sorted(labels(store)) == ["a", "a", "b", "b"]


def test_flags_of_labelme_are_classes(tmp_path: Path) -> None:
    images(tmp_path / "in")
    for name, flags in zip(BOXES, ({"good": True, "bad": False}, {"good": False, "bad": True}), strict=True):
        (tmp_path / "in" / name.replace("png", "json")).write_text(written.labelme(name, [], flags=flags))
    assert sorted(labels(prepare(tmp_path / "in", tmp_path / "out"))) == ["bad", "good"]


def choice(*names: str, question: str = "mood") -> dict[str, Any]:
    return region({"choices": list(names)}, "choices", question)


def test_choices_of_label_studio_are_classes_of_pictures_and_of_texts(tmp_path: Path) -> None:
    images(tmp_path / "in")
    (tmp_path / "in" / "export.json").write_text(tasks([{"image": name} for name in BOXES], [[choice("a")], None]))
    assert labels(prepare(tmp_path / "in", tmp_path / "out")) == ["a", None]
    texts = [{"text": f"the weather is quite fine today {n}", "author": "me"} for n in range(6)]
    (tmp_path / "texts.json").write_text(tasks(texts, [[choice("ab"[n % 2])] for n in range(6)]))
    store = prepare(tmp_path / "texts.json", tmp_path / "texts", near="keep")
    assert store.manifest["modality"] == "text"
    assert sorted(labels(store)) == ["a", "a", "a", "b", "b", "b"]
    (tmp_path / "texts.json").write_text(tasks(texts, [[choice("a", *"b" * (n % 2))] for n in range(6)]))
    assert ["a", "b"] in labels(prepare(tmp_path / "texts.json", tmp_path / "several", near="keep"))


def test_spans_of_label_studio_are_words_with_tags(tmp_path: Path) -> None:
    marked = region({"start": 0, "end": 9, "text": "Anna Berg", "labels": ["PER"]}, "labels")
    (tmp_path / "t.json").write_text(tasks([{"text": "Anna Berg sleeps"}, {"text": "Nobody sleeps"}], [[marked], []]))
    store = prepare(tmp_path / "t.json", tmp_path / "out", near="keep")
    assert sorted(labels(store)) == [["B-PER", "I-PER", "O"], ["O", "O"]]


def test_questions_of_label_studio_are_chosen_by_target(tmp_path: Path) -> None:
    texts = [{"text": f"the weather is quite fine today {n}"} for n in range(4)]
    both = [[choice("a"), choice("x", question="topic")]] * 4
    (tmp_path / "t.json").write_text(tasks(texts, both))
    with pytest.raises(DataError, match=r"several questions, mood, topic.*target.*mood.* or topic"):
        prepare(tmp_path / "t.json", tmp_path / "out")
    store = prepare(tmp_path / "t.json", tmp_path / "out", target="topic", near="keep")
    assert set(labels(store)) == {"x"}


@pytest.mark.parametrize("kind", ["brushlabels", "textarea"])
def test_other_results_of_label_studio_are_named(tmp_path: Path, kind: str) -> None:
    images(tmp_path / "in")
    (tmp_path / "in" / "e.json").write_text(tasks([{"image": "0.png"}], [[region({kind: ["a"]}, kind)]]))
    with pytest.raises(DataError, match=f"not read: found {kind}. fix: (export|save)"):
        prepare(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("image,x_min,y_min,x_max,y_max,label", "0.png,2,4,10,8,nut"),
        ("image_id,x1,y1,x2,y2,class_name", "0,2,4,10,8,nut"),
        ("label,left,top,width,height,file", "nut,2,4,8,4,0.png"),
        ("path;label;xc;yc;w;h", "images/0.png;nut;6;6;8;4"),
        ("filename,class,bbox_x_center,bbox_y_center,bbox_width,bbox_height,width,height", "0.png,nut,6,6,8,4,40,32"),
    ],
)
def test_the_names_of_columns_say_what_edges_are(tmp_path: Path, header: str, row: str) -> None:
    images(tmp_path / "in", {"0.png": []})
    (tmp_path / "in" / "boxes.csv").write_text(f"{header}\n{row}\n")
    assert labels(prepare(tmp_path / "in", tmp_path / "out"))[0]["boxes"] == [[2, 4, 10, 8]]


@pytest.mark.parametrize("header", ["image,x,y,w,h,label", "image,x,y,width,height,label", "image,bbox,label",
                                    "image,xmin,ymin,xmax,ymax"])  # fmt: skip
def test_edges_that_may_be_two_things_are_refused(tmp_path: Path, header: str) -> None:
    images(tmp_path / "in", {"0.png": []})
    (tmp_path / "in" / "boxes.csv").write_text(f"{header}\n0.png{',2' * header.count(',')}\n")
    for source in (tmp_path / "in", tmp_path / "in" / "boxes.csv"):
        with pytest.raises(DataError, match=r"HS-D394.*left, top, width, height; or x_center"):
            prepare(source, tmp_path / "out")


def test_a_table_of_boxes_read_for_its_classes(tmp_path: Path) -> None:
    images(tmp_path / "in")
    path = tmp_path / "in" / "boxes.csv"
    path.write_text(written.corners({name: found[:1] for name, found in BOXES.items()}))
    for source, out in ((path, "file"), (tmp_path / "in", "folder")):
        assert sorted(labels(prepare(source, tmp_path / out, target="class"))) == ["bolt", "nut"]


def test_rows_without_edges_are_pictures_without_boxes_and_parts_are_read(tmp_path: Path) -> None:
    images(tmp_path / "in")
    rows = "filename,class,xmin,ymin,xmax,ymax,split\n0.png,,,,,,train\n1.png,nut,1,1,5,5,test\n"
    (tmp_path / "in" / "boxes.csv").write_text(rows)
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert [store.labels(part)[0]["boxes"] for part in ("train", "test")] == [[], [[1, 1, 5, 5]]]
    (tmp_path / "in" / "boxes.csv").write_text(rows + "1.png,nut,1,1,5,6,train\n")
    with pytest.raises(DataError, match=r"boxes.csv:3: a picture is in two parts: found test and train"):
        prepare(tmp_path / "in", tmp_path / "out2")
