"""The handwritten digits that come with scikit-learn: data for which nothing must be downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

DIGITS = "digits"
LICENCE = "CC BY 4.0 (UCI)"
CONTENT = "da3e1b3c1b00174639c9bb5a4023c939437ce1108a9213af58db7855994e4cff"  # their digest, by `content_hash`


def is_digits(data: Any) -> bool:
    """Is it the name of the bundled digits, and not that of a file or folder?"""
    return isinstance(data, str) and data == DIGITS and not Path(data).exists()


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """1,797 grey images of 8 x 8, uint8 [n, 8, 8], with classes "0" to "9" (Alpaydin and Kaynak 1998)."""
    from sklearn import datasets

    images, numbers = datasets.load_digits(return_X_y=True)
    pixels = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)  # stored as 0..16
    return pixels, np.array([str(number) for number in numbers])
