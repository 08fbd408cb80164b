"""Bringing pictures to one size."""

from __future__ import annotations

import numpy as np

from headstart.data.sizing import cover


def test_every_size_up_to_sixty_covers_every_other_one() -> None:
    for found in range(1, 61):
        for wanted in range(1, 61):
            assert cover(np.full((found, found + 1), 7, np.uint8), wanted, wanted).min() == 7
