"""Masks that belong to no picture, to another one, or are none."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tests.helpers.badinput.case import Build, Case, put
from tests.helpers.fuzz.corpus import picture

PREPARE = "prepare in --out out --quiet"


def mask(height: int = 7, width: int = 9, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.eye(height, width, dtype=np.uint8)).save(file, kind)
    return file.getvalue()


def pair(found: bytes, name: str = "masks/b.png") -> Build:
    """A sound picture with a sound mask, and another one with this mask."""
    sound = {"in/images/a.png": picture(), "in/masks/a.png": mask(), "in/images/b.png": picture(mode="L")}
    return put({**sound, f"in/{name}": found})


CASES = [
    Case("a broken mask", pair(mask()[:40]), PREPARE, "error[HS-D126]: images/b.png: the mask is broken: found 40 bytes that are no image. fix: correct the annotation or prepare with --skip-bad", 65, "masks image"),
    Case("an empty mask", pair(b""), PREPARE, "error[HS-D126]: images/b.png: the mask is broken: found 0 bytes that are no image. fix: correct the annotation or prepare with --skip-bad", 65, "masks"),
    Case("a mask of another size", pair(mask(9, 7)), PREPARE, "error[HS-D125]: images/b.png: the mask has another size than its picture: found 9 x 7, expected 7 x 9. fix: correct the annotation or prepare with --skip-bad", 65, "masks image"),
    Case("a mask of colours", pair(picture()), PREPARE, "error[HS-D124]: images/b.png: the mask needs one number per pixel: found [7, 9, 3] uint8, expected one whole number per pixel. fix: save each class as a grey value or a palette index", 65, "masks image"),
    Case("a mask without a picture", pair(mask(), "masks/c.png"), PREPARE, "error[HS-D315]: masks/c.png: this mask has no picture. fix: add the picture, remove the mask, or prepare with --skip-bad", 65, "masks"),
    Case("a mask saved as JPEG", pair(mask(kind="JPEG"), "masks/b.jpg"), PREPARE, "error[HS-D317]: images/b.png: JPEG changes the numbers of a mask: found masks/b.jpg. fix: save masks as PNG", 65, "masks"),
    Case("two masks of one name", put({"in/images/a.png": picture(), "in/masks/a.png": mask(), "in/masks/a_mask.png": mask()}), PREPARE, "error[HS-D316]: images/a.png: masks and pictures do not match one to one: found masks/a.png, masks/a_mask.png. fix: keep one of each name", 65, "masks"),
]  # fmt: skip
