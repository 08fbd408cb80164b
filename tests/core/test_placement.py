"""Where pixels of a picture lie in what is stored of it."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.contracts.placement import Placement
from headstart.data.modalities.image.sizing import resized

SIZES = [((480, 640), (240, 320)), ((100, 61), (64, 64)), ((30, 33), (48, 32)), ((64, 64), (64, 64))]


@pytest.mark.parametrize(("original", "stored"), SIZES)
@pytest.mark.parametrize("make", [Placement.stretched, Placement.covering])
def test_a_box_lies_where_its_pixels_lie(make: object, original: tuple[int, int], stored: tuple[int, int]) -> None:
    placement = make(original, stored)  # type: ignore[operator]
    height, width = original
    left, top, right, bottom = int(width * 0.4), int(height * 0.3), int(width * 0.7), int(height * 0.6)
    picture = np.zeros(original, np.uint8)
    picture[top:bottom, left:right] = 255
    rows, columns = np.nonzero(resized(picture, placement) > 127)
    found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    moved = placement.inward(np.array([[left, top, right, bottom]]))
    np.testing.assert_allclose(moved[0], found, atol=1.0)
    np.testing.assert_allclose(placement.outward(moved), [[left, top, right, bottom]], atol=1e-3)


@pytest.mark.parametrize(("original", "stored"), SIZES)
def test_a_mask_lies_where_its_pixels_lie(original: tuple[int, int], stored: tuple[int, int]) -> None:
    placement = Placement.covering(original, stored)
    mask = np.zeros(original, np.int32)
    mask[original[0] // 3 : original[0] // 2, original[1] // 3 : original[1] // 2] = 5
    seen = resized((mask > 0).astype(np.uint8) * 255, placement) > 127
    moved = placement.inward_mask(mask) == 5
    assert (moved & seen).sum() / (moved | seen).sum() > 0.85
    back = placement.outward_mask(placement.inward_mask(mask), outside=-1)
    assert back.shape == original
    left, top, right, bottom = placement.part
    assert (back == -1).any() == ((left, top, right, bottom) != (0, 0, original[1], original[0]))
    same = (back == 5) & (mask == 5)
    assert same.sum() / ((back == 5) | (mask == 5)).sum() > 0.75


def test_what_lies_outside_is_cut_on_the_way_out() -> None:
    placement = Placement.stretched((100, 200), (50, 50))
    assert placement.outward(np.array([[-5, -5, 60, 60]])).tolist() == [[0, 0, 200, 100]]
