"""Annotations of boxes that are broken, or say nothing sensible, or were made to do harm."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.helpers.badinput.archives import zip_of
from tests.helpers.badinput.case import Build, Case, one, put
from tests.helpers.fuzz.corpus import COCO, VOC, picture

FOLDER, ZIP, JSON = (f"prepare {name} --out out --quiet" for name in ("set", "in.zip", "t.json"))
SOUND = VOC.split(b"<object>")[1].split(b"</object>")[0]
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><annotation>&c;</annotation>'


def voc(xml: bytes) -> Build:
    """A sound picture with this annotation, beside a sound pair."""
    first = {"set/Annotations/a.xml": VOC, "set/JPEGImages/a.png": picture()}
    return put({**first, "set/Annotations/b.xml": xml, "set/JPEGImages/b.png": picture("PNG", "L")})


def drawn(inside: bytes) -> bytes:
    return b"<annotation><object>" + inside + b"</object></annotation>"


def coco(**changed: Any) -> Build:
    """A COCO file of one picture with something changed."""
    whole: Mapping[str, Any] = {**json.loads(COCO), **changed}
    return put({"t.json": json.dumps(whole), "x.png": picture()})


def image(**changed: Any) -> list[dict[str, Any]]:
    return [{"id": 1, "file_name": "x.png", "height": 7, "width": 9, **changed}]


CASES = [
    Case("half an XML file", voc(VOC[:200]), FOLDER, 'error[HS-D295]: Annotations/b.xml: the annotation cannot be read as XML: found unclosed token: line 4, column 8. fix: correct the annotation or prepare with --skip-bad', 65, "voc"),
    Case("XML that laughs a billion times", voc(LAUGHS), FOLDER, 'error[HS-D295]: Annotations/b.xml: the annotation cannot be read as XML: found a document type, which may declare entities. fix: correct the annotation or prepare with --skip-bad', 65, "voc"),
    Case("XML of a thousand levels", voc(b"<annotation>" + b"<a>" * 1000), FOLDER, 'error[HS-D295]: Annotations/b.xml: the annotation cannot be read as XML: found elements nested more than 50 deep. fix: correct the annotation or prepare with --skip-bad', 65, "voc"),
    Case("XML in an encoding that nobody knows", voc(VOC.replace(b"UTF-8", b"KOI-99")), FOLDER, 'error[HS-D295]: Annotations/b.xml: the annotation cannot be read as XML: found unknown encoding: KOI-99. fix: correct the annotation or prepare with --skip-bad', 65, "voc"),
    Case("object without edges", voc(drawn(b"<name>cat</name>")), FOLDER, "error[HS-D296]: Annotations/b.xml: an object has no valid name or box: found cat, could not convert string to float: '', expected a name and a bndbox of xmin, ymin, xmax, ymax. fix: correct the annotation or prepare with --skip-bad", 65, "voc"),
    Case("object without a name", voc(drawn(SOUND.replace(b"cat", b" "))), FOLDER, "error[HS-D296]: Annotations/b.xml: an object has no valid name or box: found name '', edges 1 2 5.5 7, expected a name and a bndbox of xmin, ymin, xmax, ymax. fix: correct the annotation or prepare with --skip-bad", 65, "voc"),
    Case("edge that is no number", voc(drawn(SOUND.replace(b"5.5", b"nan"))), FOLDER, "error[HS-D296]: Annotations/b.xml: an object has no valid name or box: found name 'cat', edges 1 2 nan 7, expected a name and a bndbox of xmin, ymin, xmax, ymax. fix: correct the annotation or prepare with --skip-bad", 65, "voc"),
    Case("annotation of a picture of another size", voc(VOC.replace(b"<width>9", b"<width>90")), FOLDER, 'error[HS-D125]: JPEGImages/b.png: the boxes belong to a picture of another size: found 7 x 90, expected 7 x 9. fix: correct the annotation or prepare with --skip-bad', 65, "voc image"),
    Case("annotations in a zip that leads out", one("in.zip", zip_of({"JPEGImages/../../x.png": picture(), "Annotations/x.xml": VOC})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, 'JPEGImages/../../x.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "voc archive"),
    Case("COCO file that ends early", one("t.json", COCO[:300]), JSON, "error[HS-D297]: t.json: this is not a COCO file: found Expecting ',' delimiter: line 4 column 60 (char 300), expected JSON with lists of objects: images, annotations, categories", 65, "coco"),
    Case("COCO file without categories", coco(categories={}), JSON, 'error[HS-D297]: t.json: this is not a COCO file: found no list of objects called categories, expected JSON with lists of objects: images, annotations, categories', 65, "coco"),
    Case("COCO picture without a size", coco(images=image(height=None)), JSON, "error[HS-D298]: t.json images[0]: the annotations are incomplete: found file_name 'x.png', height None, width 9, expected a picture with file_name, height and width, and annotations with bbox and category_id. fix: correct the annotations or prepare with --skip-bad", 65, "coco image"),
    Case("COCO picture of another size", coco(images=image(height=8)), JSON, 'error[HS-D125]: x.png: the boxes belong to a picture of another size: found 8 x 9, expected 7 x 9. fix: correct the annotation or prepare with --skip-bad', 65, "coco image"),
    Case("COCO picture that is not there", coco(images=image(file_name="y.png")), JSON, 'error[HS-D202]: y.png: no such file. fix: correct the path, give the folder or archive it lies in as well, or prepare with --skip-bad', 65, "coco image"),
    Case("COCO annotation of no picture", coco(images=[*image(), *image(id=2, file_name="x.png")], annotations=[{"image_id": 7, "category_id": 3, "bbox": [0, 0, 2, 2]}]), JSON, 'error[HS-D298]: t.json annotations[0]: the annotations are incomplete: found image_id 7, which no picture has, expected a picture with file_name, height and width, and annotations with bbox and category_id. fix: correct the annotations or prepare with --skip-bad', 65, "coco"),
    Case("COCO annotation of no category", coco(annotations=[{"image_id": 1, "category_id": 4, "bbox": [0, 0, 2, 2]}]), JSON, 'error[HS-D298]: t.json images[0]: the annotations are incomplete: found category_id 4, which no category has, expected a picture with file_name, height and width, and annotations with bbox and category_id. fix: correct the annotations or prepare with --skip-bad', 65, "coco"),
    Case("COCO box of three numbers", coco(annotations=[{"image_id": 1, "category_id": 3, "bbox": [0, 0, 2]}]), JSON, 'error[HS-D298]: t.json images[0]: the annotations are incomplete: found bbox [0, 0, 2], expected a picture with file_name, height and width, and annotations with bbox and category_id. fix: correct the annotations or prepare with --skip-bad', 65, "coco"),
    Case("two pictures of one name", put({"set/t.json": COCO, "set/a/x.png": picture(), "set/b/x.png": picture()}), FOLDER, 'error[HS-D299]: x.png: two pictures have the same name: found a/x.png and b/x.png. fix: correct the annotations or prepare with --skip-bad', 65, "coco"),
    Case("picture of COCO that lies nowhere", put({"set/t.json": COCO, "set/a/z.png": picture()}), FOLDER, 'error[HS-D202]: x.png: no such file. fix: put the picture beside the file, or prepare with --skip-bad', 65, "coco"),
    Case("box of no area in a table", put({"t.jsonl": json.dumps({"image": "x.png", "label": {"size": [7, 9], "boxes": [[3, 3, 3, 5]], "labels": ["a"]}}), "x.png": picture()}), "prepare t.jsonl --out out --quiet", 'error[HS-D126]: x.png: a box has no area: found [3.0, 3.0, 3.0, 5.0]. fix: correct the annotation or prepare with --skip-bad', 65, "jsonl image"),
    Case("boxes of a picture of no size", put({"t.jsonl": json.dumps({"image": "x.png", "label": {"boxes": [[3, 3, 4, 5]], "labels": ["a"]}}), "x.png": picture()}), "prepare t.jsonl --out out --quiet", 'error[HS-D126]: x.png: boxes need the height and width of their picture, "size": [h, w]: found no size. fix: correct the annotation or prepare with --skip-bad', 65, "jsonl image"),
]  # fmt: skip
