"""Annotations of other tools that are broken, or of a kind that is not read."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.annotations import cvat_of, labelme, region, tasks
from tests.helpers.badinput.boxes import FOLDER
from tests.helpers.badinput.case import Build, Case, put
from tests.helpers.fuzz.corpus import picture
from tests.helpers.made import tar

EDGES = "image,label,xmin,ymin,xmax,ymax\n"


def listed(name: str, text: str) -> Build:
    """A picture with a file that lists it."""
    return put({"set/x.png": picture(), f"set/{name}": text})


def shape(**facts: Any) -> Build:
    return listed("x.json", labelme("x.png", [{"label": "cat", "points": [[1, 1], [3, 3]], **facts}]))


def cvat(inside: str) -> Build:
    return listed("a.xml", cvat_of({"x.png": inside}))


def createml(box: Any, **more: Any) -> Build:
    sound = {"label": "cat", "coordinates": {"x": 1, "y": 1, "width": 1, "height": 1}}
    return listed("a.json", json.dumps([{"image": "x.png", "annotations": [sound, box], **more}]))


def studio(*results: Any) -> Build:
    return listed("a.json", tasks([{"image": "x.png"}], [results]))


def shard(members: dict[str, bytes]) -> Build:
    return lambda place: void(tar(place / "w.tar", members))


def void(path: Path) -> None:
    """Nothing is done with what was made."""


SHARD = "prepare w.tar --out out --quiet"
BOX = {"x": 0, "y": 0, "width": 9, "height": 9, "rectanglelabels": ["cat"]}
CASES = [
    Case("LabelMe file that ends early", listed("x.json", '{"shapes": [{"label": "cat"'), FOLDER, "error[HS-D397]: x.json: the annotations cannot be read: found Expecting ',' delimiter: line 1 column 28 (char 27), expected JSON of LabelMe. fix: correct the annotation or prepare with --skip-bad", 65, "labelme"),
    Case("shape of LabelMe without a label", shape(label="", shape_type="rectangle"), FOLDER, "error[HS-D399]: x.json shapes[0]: a shape is incomplete: found '' for a label, expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad", 65, "labelme"),
    Case("shape of LabelMe of one corner", shape(points=[[1, 1]], shape_type="rectangle"), FOLDER, 'error[HS-D399]: x.json shapes[0]: a shape is incomplete: found points [[1, 1]], expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad', 65, "labelme"),
    Case("shape of LabelMe of another kind", shape(shape_type="spline"), FOLDER, 'error[HS-D400]: x.json shapes[0]: annotations of this kind are not read: found shape_type spline. fix: draw it as a rectangle or polygon, or prepare with --skip-bad', 65, "labelme"),
    Case("tracks of CVAT", listed("a.xml", "<annotations><track id='0' label='cat'/></annotations>"), FOLDER, 'error[HS-D400]: a.xml: annotations of this kind are not read: found tracks of a video. fix: export the task again as "CVAT for images 1.1", or as COCO', 65, "cvat"),
    Case("CVAT file without pictures", listed("a.xml", "<annotations><meta/></annotations>"), FOLDER, 'error[HS-D397]: a.xml: the annotations cannot be read: found no picture, expected XML of CVAT for images. fix: export the file again', 65, "cvat"),
    Case("box of CVAT without an edge", cvat('<box label="cat" xtl="1" ytl="1" xbr="3"/>'), FOLDER, 'error[HS-D399]: a.xml image[0]: a shape is incomplete: found None for a number, expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad', 65, "cvat"),
    Case("shapes and tags of CVAT", cvat('<tag label="cat"/><box label="cat" xtl="1" ytl="1" xbr="3" ybr="3"/>'), FOLDER, 'error[HS-D400]: a.xml: annotations of this kind are not read: found shapes and tags. fix: export shapes and tags as two files, and give one of them', 65, "cvat"),
    Case("CreateML file that ends early", listed("a.json", '[{"image": "x.png", "annotations": [{"coordinates": {"x": 1'), FOLDER, "error[HS-D397]: a.json: the annotations cannot be read: found Expecting ',' delimiter: line 1 column 60 (char 59), expected JSON of CreateML. fix: export the file again", 65, "createml"),
    Case("CreateML box without a width", createml({"label": "cat", "coordinates": {"x": 1, "y": 2}}), FOLDER, 'error[HS-D399]: a.json[0] annotations[1]: a shape is incomplete: found None for a number, expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad', 65, "createml"),
    Case("CreateML picture that lies nowhere", createml({"label": "cat", "coordinates": {"x": 1, "y": 1, "width": 1, "height": 1}}, image="y.png"), FOLDER, 'error[HS-D202]: y.png: no such file. fix: put the picture beside the file, or prepare with --skip-bad', 65, "createml"),
    Case("Label Studio brush", studio(region({"rle": [1], "brushlabels": ["cat"]}, "brushlabels")), FOLDER, 'error[HS-D400]: a.json: annotations of this kind are not read: found brushlabels. fix: export "Brush labels to PNG" and put each mask beside its picture, under its name', 65, "label_studio"),
    Case("Label Studio box without sizes", studio({**region(BOX, "rectanglelabels"), "original_width": None}), FOLDER, 'error[HS-D399]: a.json[0] result[0]: a shape is incomplete: found no original_width and original_height, expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad', 65, "label_studio"),
    Case("Label Studio boxes and classes", studio(region(BOX, "rectanglelabels"), region({"choices": ["a"]}, "choices")), FOLDER, 'error[HS-D400]: a.json: annotations of this kind are not read: found boxes and classes. fix: name the question that is meant: --target NAME (from_name in the file)', 65, "label_studio"),
    Case("Label Studio task of two texts", listed("a.json", tasks([{"one": "x.png", "two": "y.png"}], [[region(BOX, "rectanglelabels")]])), FOLDER, 'error[HS-D283]: a.json[0]: the row has no input: found data one, two, expected an image or text. fix: pass --input one or two', 65, "label_studio"),
    Case("edge that is no number in a table", listed("a.csv", EDGES + "x.png,cat,1,1,many,3\n"), FOLDER, "error[HS-D399]: a.csv:2: a shape is incomplete: found 'many' for a number, expected a label and the numbers of its place. fix: correct the annotation or prepare with --skip-bad", 65, "box_table"),
    Case("row of boxes that is too short", listed("a.csv", EDGES + "x.png,cat,1,1,3\n"), FOLDER, 'error[HS-D255]: a.csv:2: the row does not fit the table: found 5 cells, expected 6 as in the header. fix: quote cells that hold the delimiter, or prepare with --skip-bad', 65, "box_table"),
    Case("picture of two parts", listed("a.csv", EDGES.replace("\n", ",split\n") + "x.png,cat,1,1,3,3,train\nx.png,cat,1,1,3,4,test\n"), FOLDER, 'error[HS-D206]: a.csv:2: a picture is in two parts: found test and train. fix: give all boxes of a picture one part', 65, "box_table"),
    Case("two files of one picture", put({"set/x.png": picture(), **{f"set/{n}.csv": EDGES + "x.png,cat,1,1,3,3\n" for n in "ab"}}), FOLDER, 'error[HS-D396]: x.png: two files list one picture: found a.csv and b.csv. fix: prepare with one of them: headstart prepare set/a.csv set or headstart prepare set/b.csv set', 65, "box_table"),
    Case("sample that comes in two places", shard({"a.png": picture(), "a.cls": b"1", "b.png": picture(), "b.cls": b"1", "a.json": b"{}"}), SHARD, 'error[HS-D207]: w.tar:a: the members of a sample do not lie together. fix: write the shard again, with all members of a sample one after the other', 65, "webdataset"),
    Case("sample without a picture", shard({"a.png": picture(), "a.cls": b"1", "b.npy": b"", "b.cls": b"1"}), SHARD, 'error[HS-D283]: w.tar:b: the row has no input: found members npy, cls, expected image. fix: add the member, or prepare with --skip-bad', 65, "webdataset"),
    Case("object of a sample that is broken", shard({"a.png": picture(), "a.cls": b"1", "b.png": picture(), "b.cls": b"1", "b.json": b"{"}), SHARD, 'error[HS-D282]: w.tar:b.json: this is not JSON: found Expecting property name enclosed in double quotes: line 1 column 2 (char 1). fix: correct the member, or prepare with --skip-bad', 65, "webdataset"),
]  # fmt: skip
