"""The same boxes as the annotation tools of others write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Box = tuple[str, float, float, float, float]  # name, left, top, right, bottom
Boxes = Mapping[str, Sequence[Box]]  # by the name of a picture, of 32 x 40 pixels
HEIGHT, WIDTH = 32, 40


def cvat(boxes: Boxes) -> str:
    def drawn(one: Box) -> str:
        name, left, top, right, bottom = one
        return f'<box label="{name}" xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}" occluded="0"/>'

    return cvat_of({picture: "".join(map(drawn, found)) for picture, found in boxes.items()})


def cvat_of(inside: Mapping[str, str]) -> str:
    """What lies in the element of each picture."""
    images = [
        f'<image id="{n}" name="{picture}" width="{WIDTH}" height="{HEIGHT}">{shapes}</image>'
        for n, (picture, shapes) in enumerate(inside.items())
    ]
    return f'<?xml version="1.0"?><annotations><version>1.1</version>{"".join(images)}</annotations>'


def labelme(picture: str, shapes: Sequence[Mapping[str, Any]], **more: Any) -> str:
    facts = {"imagePath": picture, "imageHeight": HEIGHT, "imageWidth": WIDTH}
    return json.dumps({"version": "5.0", "flags": {}, "shapes": list(shapes), **facts, **more})


def rectangle(one: Box) -> dict[str, Any]:
    """A rectangle of LabelMe, from its last corner to its first."""
    name, left, top, right, bottom = one
    return {"label": name, "points": [[right, bottom], [left, top]], "shape_type": "rectangle"}


def createml(boxes: Boxes) -> str:
    def drawn(one: Box) -> dict[str, Any]:
        name, left, top, right, bottom = one
        middle = {"x": (left + right) / 2, "y": (top + bottom) / 2, "width": right - left, "height": bottom - top}
        return {"label": name, "coordinates": middle}

    return json.dumps([{"image": name, "annotations": [drawn(one) for one in found]} for name, found in boxes.items()])


def label_studio(boxes: Boxes, height: int = HEIGHT, width: int = WIDTH) -> str:
    def drawn(one: Box) -> dict[str, Any]:
        name, left, top, right, bottom = one
        place = {"x": left / width * 100, "y": top / height * 100}
        sides = {"width": (right - left) / width * 100, "height": (bottom - top) / height * 100}
        made = region({**place, **sides, "rotation": 0, "rectanglelabels": [name]}, "rectanglelabels")
        return {**made, "original_width": width, "original_height": height}

    return tasks([{"image": f"/data/upload/7/0a1b2c3d-{name}"} for name in boxes],
                 [[drawn(one) for one in found] for found in boxes.values()])  # fmt: skip


def region(value: Mapping[str, Any], kind: str, question: str = "label") -> dict[str, Any]:
    """One result of Label Studio."""
    sizes = {"original_width": WIDTH, "original_height": HEIGHT} if "x" in value or "points" in value else {}
    return {"id": "r", "from_name": question, "to_name": "image", "type": kind, "value": dict(value), **sizes}


def tasks(data: Sequence[Mapping[str, Any]], results: Sequence[Sequence[Mapping[str, Any]] | None]) -> str:
    """An export of Label Studio; None is a task that nobody has done."""
    return json.dumps([
        {"id": n, "annotations": [] if found is None else [{"id": n, "result": list(found)}], "data": dict(about)}
        for n, (about, found) in enumerate(zip(data, results, strict=True))
    ])  # fmt: skip


def corners(boxes: Boxes) -> str:
    """A table with a row a box."""
    rows = [f"{name},{WIDTH},{HEIGHT},{label},{','.join(map(str, edges))}"
            for name, found in boxes.items() for label, *edges in found]  # fmt: skip
    return "\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows, ""])
