"""Pictures for a page."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from headstart.reports.draw import pictures


def reopened(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(pictures.data_uri(image).split(",")[1])))


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_pixels_survive_the_way_into_the_page(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(np.asarray(reopened(Image.fromarray(array))), array)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LA", "I", "F", "I;16", "YCbCr", "HSV"])
def test_every_kind_of_picture_can_be_shown(mode: str) -> None:
    assert pictures.shown(Image.new(mode, (4, 3))).mode in ("L", "RGB", "RGBA")
    assert reopened(Image.new(mode, (4, 3))).size == (4, 3)


def test_float_pictures_are_stretched_to_their_finite_range() -> None:
    image = Image.fromarray(np.array([[-1.0, 0.0, 1.0, np.nan]], np.float32))
    assert np.asarray(pictures.shown(image)).tolist() == [[0, 128, 255, 0]]


def test_only_large_pictures_are_shrunk() -> None:
    assert pictures.shrunk(Image.new("L", (1000, 10))).size == (256, 3)
    assert pictures.shrunk(Image.new("L", (256, 10))).size == (256, 10)


def test_a_contact_sheet_holds_each_picture_in_its_cell() -> None:
    images = [Image.new("L", (3, 2), value) for value in (10, 20, 30)]
    sheet = np.asarray(pictures.contact_sheet(images, columns=2, gap=1))
    assert sheet.shape == (7, 9)
    assert (sheet[1:3, 1:4] == 10).all()
    assert (sheet[1:3, 5:8] == 20).all()
    assert (sheet[4:6, 1:4] == 30).all()
    assert (sheet[4:6, 5:8] == 255).all()


def test_a_contact_sheet_mixes_grey_and_colour() -> None:
    assert pictures.contact_sheet([Image.new("L", (2, 2)), Image.new("RGBA", (3, 3))]).mode == "RGB"
