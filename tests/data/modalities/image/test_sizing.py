"""Bringing pictures to one size."""

from __future__ import annotations

import numpy as np

from headstart.core.contracts.placement import Placement
from headstart.data.modalities.image.sizing import resized, usual


def test_every_size_up_to_sixty_covers_every_other_one() -> None:
    for found in range(1, 61):
        for wanted in range(1, 61):
            placement = Placement.covering((found, found + 1), (wanted, wanted))
            assert resized(np.full((found, found + 1), 7, np.uint8), placement).min() == 7


def test_pictures_in_which_things_lie_keep_their_aspect() -> None:
    assert usual({(480, 640): 5}) == (240, 320)
    assert usual({(200, 256): 3}) == (200, 256)
    assert usual({(300, 100): 2, (600, 200): 3, (1200, 410): 1}) == (320, 112)
