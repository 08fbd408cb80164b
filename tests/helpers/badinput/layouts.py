"""Folders of pictures, links, annotations and tables of them that say two things, or nothing."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import json
from pathlib import Path

from headstart.data.prepare import prepare
from tests.helpers.badinput.boxes import FOLDER, JSON, coco, image
from tests.helpers.badinput.case import Build, Case, nothing, one, put
from tests.helpers.fuzz.corpus import picture

CSV = "prepare t.csv --out out --quiet"
PICTURES = {f"set/{name}.png": picture() for name in "abcd"}
PARTS = {
    f"set/{folder}/{name}.png": picture() for folder, name in (("cat", "a"), ("cat", "b"), ("dog", "c"), ("dog", "d"))
}


def linked(target: str) -> Build:
    """A folder with one picture and a link beside it."""

    def build(place: Path) -> None:
        put({"set/a.png": picture(), "away/b.png": picture()})(place)
        (place / "set" / "b.png").symlink_to(target)

    return build


def table(rows: str, files: dict[str, bytes] = PICTURES) -> Build:
    """Pictures with a table beside them."""
    return put({**files, "set/labels.csv": rows})


def yolo(line: str, names: str = "names: [cat]\n") -> Build:
    """A picture with one line of YOLO, and another with a sound one."""
    return put({
        "set/images/a.png": picture(), "set/images/b.png": picture(), "set/labels/a.txt": "0 .5 .5 .2 .2\n",
        "set/labels/b.txt": line, "set/data.yaml": names,
    })  # fmt: skip


CASES = [
    Case(
        "link to nothing",
        linked("../gone.png"),
        FOLDER,
        "error[HS-D384]: set/b.png: a link leads nowhere: found ../gone.png. fix: remove the link, or put back what it leads to",
        65,
        "folder",
    ),
    Case(
        "link out of the folder",
        linked("../away/b.png"),
        FOLDER,
        "error[HS-D385]: set/b.png: a link leads out of the source: found ../away/b.png. fix: pass --follow, or put a copy of {place}/away/b.png in its place",
        65,
        "folder",
    ),
    Case(
        "annotations in an unknown form",
        put({**PICTURES, **{f"set/{name}.json": '{"forms": []}' for name in "abcd"}}),
        FOLDER,
        "error[HS-D386]: a.json: annotations lie beside the pictures in a form that is not known: found *.json (4 files). fix: write them as COCO, YOLO, Pascal VOC or a table of pictures and labels, or move them away to read folders",
        65,
        "folder image",
    ),
    Case(
        "boxes that are shares",
        coco(annotations=[{"image_id": 1, "category_id": 3, "bbox": [0.1, 0.2, 0.3, 0.4]}]),
        JSON,
        "error[HS-D387]: t.json images[0]: every box is smaller than a pixel: found 0.1 0.2 0.4 0.6 in 9 x 7 pixels, expected edges in pixels. fix: multiply edges that are shares by the width and height, or prepare with --skip-bad",
        65,
        "coco image",
    ),
    Case(
        "YOLO names that refer to each other",
        yolo("0 .5 .5 .2 .2\n", "a: &a [x]\nnames: *a\n"),
        FOLDER,
        "error[HS-D275]: data.yaml: the names of the classes cannot be read: found a reference. fix: correct the file, or remove it to number the classes",
        65,
        "yolo",
    ),
    Case(
        "YOLO line of words",
        yolo("cat on a mat\n"),
        FOLDER,
        "error[HS-D386]: labels/a.txt: annotations lie beside the pictures in a form that is not known: found labels/a.txt, labels/b.txt. fix: write them as COCO, YOLO, Pascal VOC or a table of pictures and labels, or move them away to read folders",
        65,
        "yolo",
    ),
    Case(
        "YOLO class without a name",
        yolo("7 .5 .5 .2 .2\n"),
        FOLDER,
        "error[HS-D388]: labels/b.txt:1: this is no label of YOLO: found class 7, which has no name: 7 .5 .5 .2 .2, expected a class and x, y, width, height in shares of the picture. fix: correct the line, or prepare with --skip-bad",
        65,
        "yolo",
    ),
    Case(
        "YOLO edges in pixels",
        yolo("0 12 40 30 20\n"),
        FOLDER,
        "error[HS-D388]: labels/b.txt:1: this is no label of YOLO: found a number that is no share of the picture: 0 12 40 30 20, expected a class and x, y, width, height in shares of the picture. fix: correct the line, or prepare with --skip-bad",
        65,
        "yolo",
    ),
    Case(
        "two COCO pictures of one id",
        coco(images=[*image(), *image(file_name="y.png")]),
        JSON,
        "error[HS-D389]: t.json: two images have one id: found id 1 of x.png and y.png. fix: give every entry an id of its own; files that were merged need new numbers",
        65,
        "coco",
    ),
    Case(
        "row of a picture that is not there",
        table("file_name,label\na.png,x\nb.png,y\nc.png,x\nzz.png,y\n"),
        FOLDER,
        "error[HS-D390]: labels.csv:5: a row names no picture or sound: found zz.png. fix: add the picture, remove the row, or prepare with --skip-bad",
        65,
        "picture_table image",
    ),
    Case(
        "row of two pictures",
        table(
            "file_name,label\na.png,x\nb.png,y\n",
            {"set/train/a.png": picture(), "set/test/a.png": picture(), "set/test/b.png": picture()},
        ),
        FOLDER,
        "error[HS-D391]: labels.csv:2: a row may name several files: found test/a.png and train/a.png. fix: write the folders of the picture into the table",
        65,
        "picture_table",
    ),
    Case(
        "two tables of the same pictures",
        put(
            {
                **PICTURES,
                "set/labels.csv": "file_name,label\na.png,x\nb.png,y\n",
                "set/other.csv": "file_name,label\na.png,y\nb.png,x\n",
            }
        ),
        FOLDER,
        "error[HS-D392]: set: two tables name the files: found labels.csv and other.csv. fix: headstart prepare set/labels.csv set or headstart prepare set/other.csv set",
        65,
        "picture_table",
    ),
    Case(
        "table against class folders",
        table("file_name,label\na.png,dog\nb.png,cat\nc.png,dog\nd.png,dog\n", PARTS),
        FOLDER,
        "error[HS-D393]: cat/a.png: a table and class folders say different labels: found 'dog' in labels.csv and the folder cat. fix: headstart prepare set/labels.csv set, or move the table away",
        65,
        "picture_table",
    ),
    Case(
        "row that leads out of the folder",
        put({"in/t.csv": "image,label\n../x.png,a\n../y.png,b\n", "x.png": picture(), "y.png": picture()}),
        "prepare in/t.csv --out out --quiet",
        "error[HS-D210]: ../x.png: a row names a file outside of the source. fix: pass --follow, or give the folder that it lies in beside the table: headstart prepare TABLE FOLDER",
        65,
        "csv image",
    ),
    Case(
        "pictures of the web",
        one("t.csv", "image,label\n" + "".join(f"https://x.org/{n}.png,a\n" for n in range(4))),
        CSV,
        "error[HS-D209]: https://x.org/0.png: pictures of the web are not fetched. fix: download the pictures into a folder and give it beside the table: headstart prepare TABLE FOLDER; or pass --modality text to read the addresses as texts",
        65,
        "csv image",
    ),
    Case(
        "table of boxes",
        one("t.csv", "filename,x,y,w,h,class\na.png,1,2,3,4,cat\nb.png,1,2,3,4,dog\n"),
        CSV,
        "error[HS-D394]: t.csv: the boxes of this table cannot be read: found columns filename, x, y, w, h, class. fix: write it as CSV with columns image, label, xmin, ymin, xmax, ymax (or left, top, width, height; or x_center, y_center, width, height), or name the label of a picture with --target",
        65,
        "csv",
    ),
    Case(
        "spans of a list",
        one(
            "t.jsonl",
            "".join(
                json.dumps({"title": "a cat", "text": "a cat sat", "label": [[0, 5, "A"]]}) + "\n" for _ in range(3)
            ),
        ),
        "prepare t.jsonl --input title,text --out out --quiet",
        "error[HS-D240]: t.jsonl:1: spans need the text itself: found dict, expected a text. fix: correct the row, or prepare with --skip-bad",
        65,
        "jsonl",
    ),
    Case(
        "span far behind the text",
        one("t.jsonl", "".join(json.dumps({"text": "a cat", "label": [[0, 99, "A"]]}) + "\n" for _ in range(3))),
        "prepare t.jsonl --out out --quiet",
        "error[HS-D248]: t.jsonl:1: a span lies outside its text: found A from 0 to 99, expected 0 <= start < end <= 5. fix: correct the row, or prepare with --skip-bad",
        65,
        "jsonl",
    ),
    Case(
        "two spans that overlap",
        one(
            "t.jsonl",
            "".join(json.dumps({"text": "a cat sat", "label": [[0, 5, "A"], [2, 9, "B"]]}) + "\n" for _ in range(3)),
        ),
        "prepare t.jsonl --out out --quiet",
        "error[HS-D249]: t.jsonl:1: two spans overlap: found A from 0 to 5 and B from 2 to 9. fix: keep one of them, or prepare with --skip-bad",
        65,
        "jsonl",
    ),
    Case(
        "a target of one class among several",
        one("t.csv", "text,a,b\n" + "".join(f"word number {n},{'xy'[n % 2]},z\n" for n in range(40))),
        "finetune t.csv --target a,b --from scratch --out out --quiet",
        "error[HS-D928]: target b: a target has one class alone: found z. fix: label rows of a second class, or leave it out of --target",
        65,
        "csv",
    ),
    Case(
        "no span among spans",
        one(
            "t.jsonl",
            "".join(json.dumps({"text": f"a cat {n}", "label": [[0, 5, "A"]] if n else "A"}) + "\n" for n in range(3)),
        ),
        "prepare t.jsonl --out out --quiet",
        'error[HS-D269]: t.jsonl:1: this is no list of spans: found str A, expected [[0, 4, "PER"]]. fix: correct the row, or prepare with --skip-bad',
        65,
        "jsonl",
    ),
    Case(
        "dates of two readings",
        one("t.csv", "text,label,day\n" + "".join(f"cat number {n},x,0{n}/0{8 - n}/2024\n" for n in range(1, 8))),
        "prepare t.csv --time day --out out --quiet",
        "error[HS-D343]: column day: the dates can be read in two ways: found '01/07/2024' and 6 others. fix: say which: prepare --time-format day-first or prepare --time-format month-first",
        65,
        "csv",
    ),
    Case(
        "a time that is none",
        one(
            "t.csv",
            "text,label,day\n" + "".join(f"cat number {n},x,2024-01-0{n}\n" for n in range(1, 8)) + "cat,x,soon\n",
        ),
        "prepare t.csv --time day --out out --quiet",
        "error[HS-D344]: t.csv:9, column day: this is no time that can be read: found 'soon'. fix: correct the row, or say how all are written: prepare --time-format \"%d.%m.%Y %H:%M\"",
        65,
        "csv",
    ),
    Case(
        "records without an input",
        nothing,
        lambda place: prepare([{"one": "a cat sat", "two": "two cats ran"}] * 2, place / "out"),
        "error[HS-D211]: the records: cannot tell which column is the input: found columns one, two. fix: pass --input one or two, or several with commas",
        65,
        "records",
    ),
    Case(
        "records of two labels that are one",
        nothing,
        lambda place: prepare([{"text": "a cat"}], place / "out", target="mood"),
        "error[HS-D212]: the records: no column 'mood': found columns text. fix: for --target: choose one of text",
        65,
        "records",
    ),
    Case(
        "records whose input is the label",
        nothing,
        lambda place: prepare([{"text": "a cat", "label": "x"}], place / "out", input="text", target="text"),
        "error[HS-D213]: the records: the input and the target are one column: found 'text'. fix: name the column that holds what is to be predicted",
        65,
        "records",
    ),
    Case(
        "strings that name files",
        nothing,
        lambda place: prepare(["t.txt"], place / "out"),
        "error[HS-U342]: a list of strings is a list of texts, and these name files: found 't.txt'. fix: give a Path for each file: [Path(name) for name in names]",
        2,
        "array",
    ),
]
