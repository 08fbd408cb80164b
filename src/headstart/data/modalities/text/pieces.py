"""Hashes of all pieces of five characters of a text."""

import numpy as np

from headstart.data.sketches import mixed

WIDTH = 5  # characters: pieces of 5 tell short texts apart, and survive a changed word nearby


def hashed(text: str) -> np.ndarray:
    """One hash for every piece, uint32 [n]; a shorter text is a piece by itself."""
    points = np.frombuffer(text.ljust(WIDTH, "\0").encode("utf-32-le", "surrogatepass"), "<u4")
    count = len(points) - WIDTH + 1
    hashes = points[:count].copy()
    for place in range(1, WIDTH):
        hashes *= np.uint32(0x9E3779B1)
        hashes += points[place : place + count]
    return mixed(hashes)
