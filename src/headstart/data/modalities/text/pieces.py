"""Hashes of all pieces of five characters of a text."""

import numpy as np

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


def mixed(values: np.ndarray) -> np.ndarray:
    """Every bit of the result depends on every bit of a value (the finaliser of MurmurHash3, Appleby 2011)."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values
