"""Labels that lie in a picture, in pixels of the upright original.

Boxes: {"size": [height, width], "boxes": [[left, top, right, bottom], ...], "labels": [name of each]}; right and bottom
are edges, so a box of one pixel is [x, y, x + 1, y + 1]. Masks: {"mask": the bytes of an image file, base64}, whose
pixels are numbers of classes or of objects.
"""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening.pictures import BROKEN, opened

NO_AREA = "boxes without area were left out"
_LEAST = 1e-3  # pixels: less is rounding
STICKS_OUT = "boxes that stick out of their picture were cut"

Edges = tuple[float, float, float, float]
_FIX = "correct the annotation or prepare with --skip-bad"


def is_located(label: Any) -> bool:
    """Is this a label of boxes or of a mask?"""
    return isinstance(label, Mapping) and ("boxes" in label or "mask" in label)


def written(data: bytes) -> str:
    """The bytes of a mask's file as a label holds them."""
    return base64.b64encode(data).decode("ascii")


def packed(mask: np.ndarray) -> str:
    """Numbers [h, w] as a label holds them: a PNG of 8 bits, or 16 where they need it."""
    file = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8 if mask.max(initial=0) < 256 else np.uint16)).save(file, "PNG")
    return written(file.getvalue())


def mask_of(label: Mapping[str, Any], origin: str, budget: Budget) -> np.ndarray:
    """The numbers of a mask, int32 [h, w]; DataError if its file is broken or has colours."""
    try:
        data = base64.b64decode(label["mask"], validate=True)
    except (TypeError, ValueError) as cause:
        raise _odd("the mask is broken", origin, str(cause)) from cause
    try:
        with opened(data, origin).decoded(budget) as image:
            values = np.asarray(image)
    except UnidentifiedImageError as cause:  # whose text tells a place in memory
        raise _odd("the mask is broken", origin, f"{len(data)} bytes that are no image") from cause
    except (*BROKEN, Image.DecompressionBombError) as cause:
        raise _odd("the mask is broken", origin, " ".join(str(cause).split())) from cause
    if values.ndim == 3 and values.shape[2] == 2 and (values[..., 1] == values[0, 0, 1]).all():
        values = values[..., 0]  # grey with transparency that says nothing
    if values.ndim == 3 and values.shape[2] in (3, 4) and (values[..., :3] == values[..., :1]).all():
        values = values[..., 0]  # grey that was saved in colours
    if values.ndim != 2 or values.dtype.kind not in "buif" or (values != np.rint(values)).any():
        found, fix = f"{list(values.shape)} {values.dtype}", "save each class as a grey value or a palette index"
        expected = "one whole number per pixel"
        raise DataError(
            124, "the mask needs one number per pixel", where=origin, found=found, expected=expected, fix=fix
        )
    return values.astype(np.int32)


def boxes_of(label: Mapping[str, Any], origin: str) -> np.ndarray:
    """The boxes of a label, float32 [n, 4]; DataError if they are none."""
    try:
        found = np.array(label["boxes"], np.float32).reshape(-1, 4)
        whole = len(found) == len(label["labels"])
    except (ValueError, TypeError, KeyError) as cause:
        raise _odd("the boxes are none", origin, str(cause)) from cause
    if not whole or not np.isfinite(found).all():
        raise _odd("the boxes are none", origin, f"{len(found)} boxes, {len(label['labels'])} names")
    return found


def boxed(
    size: tuple[int, int], drawn: Iterable[tuple[str, Edges]], where: str
) -> tuple[dict[str, Any], dict[str, int]]:
    """The label of a picture of this height and width from names and edges as somebody drew them; and the repairs.

    What sticks out is cut off, what has no area within the picture is left out. An example's "repaired" says what was
    repaired how often. A pixel beyond the edge is rounding and not counted.
    """
    height, width = size
    every = list(drawn)
    _check_pixels(size, [edges for _, edges in every], where)
    boxes, labels, repaired = [], [], dict[str, int]()
    for name, (left, top, right, bottom) in every:
        inside = [max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)]
        if inside[2] - inside[0] < _LEAST or inside[3] - inside[1] < _LEAST:
            repaired[NO_AREA] = repaired.get(NO_AREA, 0) + 1
            continue
        if min(left, top) < -1 or right > width + 1 or bottom > height + 1:
            repaired[STICKS_OUT] = repaired.get(STICKS_OUT, 0) + 1
        boxes.append([int(edge) if edge.is_integer() else edge for edge in inside])
        labels.append(name)
    return {"size": list(size), "boxes": boxes, "labels": labels}, repaired


def _check_pixels(size: tuple[int, int], edges: Sequence[Edges], where: str) -> None:
    """DataError where every box lies in the first pixel: its edges are rather shares of the picture."""
    drawn = [one for one in edges if one[2] > one[0] and one[3] > one[1]]
    if drawn and min(size) > 1 and all(-1 <= edge <= 1 for one in drawn for edge in one):
        if all(float(edge).is_integer() for one in drawn for edge in one):
            return  # the first pixel itself
        found = " ".join(f"{edge:g}" for edge in drawn[0])
        fix = "multiply edges that are shares by the width and height, or prepare with --skip-bad"
        raise DataError(
            387, "every box is smaller than a pixel", where=where, found=f"{found} in {size[1]} x {size[0]} pixels",
            expected="edges in pixels", fix=fix,
        )  # fmt: skip


def check(label: Any, size: tuple[int, int], origin: str, budget: Budget) -> None:
    """DataError if boxes or a mask do not belong to a picture of this height and width."""
    if not is_located(label):
        return
    if "mask" in label:
        found, what = mask_of(label, origin, budget).shape, "the mask has another size than its picture"
    else:
        found, what = _size_of(label, origin), "the boxes belong to a picture of another size"
        boxes = boxes_of(label, origin)
        if (boxes[:, 2:] <= boxes[:, :2]).any():
            raise _odd("a box has no area", origin, f"{boxes[(boxes[:, 2:] <= boxes[:, :2]).any(1)][0].tolist()}")
    if found != size:
        seen, expected = f"{found[0]} x {found[1]}", f"{size[0]} x {size[1]}"
        raise DataError(125, what, where=origin, found=seen, expected=expected, fix=_FIX)


def _size_of(label: Mapping[str, Any], origin: str) -> tuple[int, int]:
    try:
        height, width = label["size"]
        return int(height), int(width)
    except (KeyError, ValueError, TypeError, OverflowError) as cause:
        found = f"size {label['size']!r}" if "size" in label else "no size"
        raise _odd('boxes need the height and width of their picture, "size": [h, w]', origin, found) from cause


def _odd(what: str, origin: str, found: str) -> DataError:
    return DataError(126, what, where=origin, found=found, fix=_FIX)
