"""What a model remembers of a text: 64 minima of the hashes of its pieces, by which a changed copy is known again."""

import numpy as np

WIDTH = 64
LIKE = 0.6  # share of equal minima: one word in ten dropped or a title in front leaves 0.7 to 0.9 of the pieces
BAND = 4  # minima that have to be equal side by side for a pair to be looked at: at 0.7 one of 16 bands is, in 99 %
LOOKED_AT = 8  # pairs of one text in one band


def sketch(hashes: np.ndarray) -> np.ndarray:
    """The smallest hash in each of 64 ranges of hashes, cut to a byte; hashes uint32 [n] of pieces -> uint8 [64].

    One-permutation hashing (Li, Owen and Zhang 2012); an empty range has what the next one to its right has, turned by
    the distance (Shrivastava and Li 2014). Equal in two texts with about the share of pieces that they have in common.
    """
    ranges, values = hashes >> np.uint32(26), hashes & np.uint32((1 << 26) - 1)
    smallest = np.full(WIDTH, 1 << 26, np.int64)
    np.minimum.at(smallest, ranges, values)
    there = np.flatnonzero(smallest < 1 << 26)
    places = np.arange(WIDTH)
    source = np.searchsorted(there, places)
    filled = there[source % len(there)]
    return ((smallest[filled] >> 10) + 37 * ((filled - places) % WIDTH)).astype(np.uint8)


def resembling(seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """For each sketch asked [n, 64] the number of one seen [m, 64] of which it is a copy, else -1."""
    found, most = np.full(len(asked), -1, np.int64), np.full(len(asked), LIKE)
    for band in range(0, WIDTH, BAND):
        known, wanted = (np.ascontiguousarray(side[:, band : band + BAND]).view("<u4")[:, 0] for side in (seen, asked))
        order = np.argsort(known, kind="stable")
        first = np.searchsorted(known[order], wanted)
        for step in range(LOOKED_AT):
            rows = np.flatnonzero(first + step < len(order))
            others = order[first[rows] + step]
            same = known[others] == wanted[rows]
            rows, others = rows[same], others[same]
            like = (seen[others] == asked[rows]).mean(1)
            better = like >= most[rows]
            found[rows[better]], most[rows[better]] = others[better], like[better]
    return found
