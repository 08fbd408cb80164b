"""Changed copies of pictures are known again, however few pictures there are."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.data.modalities.image.picture_sketch import resembling, sketches


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 16, 17, 40])
def test_mirrored_pictures_are_known_again_and_others_are_not(count: int) -> None:
    random = np.random.default_rng(count)
    pictures, others = (random.integers(0, 255, (size, 1, 32, 32), dtype=np.uint8) for size in (count, 20))
    seen = sketches(pictures)
    found = resembling(seen, sketches(pictures[:, :, :, ::-1]))
    assert {tuple(pair) for pair in found.tolist()} == {(number, number) for number in range(count)}
    assert not len(resembling(seen, sketches(others)))


def test_nothing_resembles_nothing() -> None:
    one = sketches(np.zeros((1, 1, 8, 8), np.uint8))
    assert resembling(one[:0], one).shape == resembling(one, one[:0]).shape == (0, 2)
