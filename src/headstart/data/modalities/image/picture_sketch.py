"""What a model remembers of a picture: 256 coarse places, by which a changed copy or a part is known again."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from headstart.data.modalities.image.picture_views import SIDE, aligned, poses, units, views

LIKE = 0.9  # correlation of a copy at 8 x 8 places, once both lie on each other
NEARER, NEAREST = 0.2, 0.1  # of the distance of the fifth nearest: what a copy may have, and what only copies have
BY_CHANCE = 0.0075  # share of known pictures that come so near to another: of unknown ones it is up to 1 %
FIFTH, CLOSEST = 5, 2  # pictures that are compared roughly, and of these the ones that are aligned
UNLIKE = 0.5  # correlation of pictures that were not looked at
SAMPLE, AT_ONCE = 1000, 512
_CODE, _DIFFER = 24, 6  # axes whose signs are compared first, and how many signs of a candidate may differ
_UNSURE, _MOST = 4, 32  # signs tried both ways, and pictures looked at for each way
_FEWEST, _SMALL = 5, 13  # signs of a key: as many as the pictures have bits, fewer for less than 2 ** 13 pictures


def sketches(pictures: np.ndarray) -> np.ndarray:
    """uint8 [n, C, H, W] -> int8 [n, 256] as uint8: brightness of 16 x 16 places about their mean, the largest 127."""
    grey = pictures[:, 0] if pictures.shape[1] == 1 else _grey(pictures)  # [n, H, W]
    small = np.stack([_reduced(picture) for picture in grey.astype(np.float32)])  # [n, 256]
    small -= small.mean(1, keepdims=True)
    largest = np.abs(small).max(1, keepdims=True)
    return np.rint(127 * small / np.maximum(largest, 1.0)).astype(np.int8).view(np.uint8)


def resembling(seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Pairs of one asked [n, 256] and one seen [m, 256] of which one is a copy or a part of the other, int64 [p, 2].

    Between pictures of one kind, such as handwritten digits, the nearest is often near. So it has to be much nearer
    than the fifth (a ratio test, as by Lowe 2004, section 7.1), and nearer than known pictures come to each other.
    """
    if not len(seen) or not len(asked):
        return np.empty((0, 2), np.int64)
    sample = np.unique(np.linspace(0, len(seen) - 1, SAMPLE).astype(np.int64))
    own = np.concatenate([sample, np.full(len(asked), -1)])
    number, other, ratio = _nearest(seen, np.concatenate([seen[sample], asked]), own)
    usual = np.full(len(own), np.inf)
    np.minimum.at(usual, number, ratio)
    border = _border(usual[: len(sample)])
    near = (ratio < border) & (number >= len(sample))
    return np.stack([number[near] - len(sample), other[near]], 1)


def _border(usual: np.ndarray) -> float:
    """What 1 of 133 known pictures reaches with another that is no copy of them."""
    others = np.sort(usual[usual > NEAREST])
    return min(NEARER, others[int(BY_CHANCE * len(others))]) if len(others) else NEARER


def _nearest(seen: np.ndarray, asked: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each asked with the nearest seen but its `own`, and their distances by that of the fifth nearest; [p] each."""
    known, wanted = seen.view(np.int8), asked.view(np.int8)
    best, fifth = _Best(np.empty((0, 4))), np.full(len(asked), UNLIKE)
    for number, other, like, turn in _candidates(wanted, known):
        better = np.flatnonzero((like > fifth[number]) & (other != own[number]))
        best = best.with_more(number[better], other[better], like[better], turn[better])
        fifth[best.number[best.rank == FIFTH - 1]] = best.like[best.rank == FIFTH - 1]
    closest = np.flatnonzero(best.rank < CLOSEST)
    number, other, turn = best.number[closest], best.other[closest], best.turn[closest]
    ratio = np.full(len(closest), np.inf)
    for start in range(0, len(closest), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        one, two, swapped = wanted[number[part]], known[other[part]], (turn[part] % 2 == 1)[:, None]
        inner, outer = np.where(swapped, two, one), np.where(swapped, one, two).astype(np.float32)
        like = aligned(_wholes(inner), outer, poses()[turn[part] // 2])
        apart = (1 - like) / np.maximum(1 - fifth[number[part]], 1e-6)
        ratio[part] = np.where(like >= LIKE, apart, np.inf)
    return number, other, ratio


class _Best:
    """Of each asked picture the five that are most like it: rows (asked, seen, correlation, pose), the best first."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows
        self.number, self.other, self.turn = (rows[:, at].astype(np.int64) for at in (0, 1, 3))
        self.like, self.rank = rows[:, 2], np.arange(len(rows)) - np.searchsorted(rows[:, 0], rows[:, 0])

    def with_more(self, *columns: np.ndarray) -> "_Best":
        rows = np.concatenate([self._rows, np.stack(columns, 1)])
        rows = rows[np.argsort(-rows[:, 2], kind="stable")]
        rows = rows[np.unique(rows[:, 0] * 2**32 + rows[:, 1], return_index=True)[1]]  # each pair once, at its best
        made = _Best(rows[np.lexsort((-rows[:, 2], rows[:, 0]))])
        return _Best(made._rows[made.rank < FIFTH])


def _candidates(wanted: np.ndarray, known: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Pairs of which one looks like a part of the other: asked, seen, their correlation, and 2 x the pose, + 1 where
    the seen one is the part."""
    axes = _axes(known)
    for swapped, (inner, outer) in enumerate(((known, wanted), (wanted, known))):
        index = _Index(_wholes(inner), axes)
        for start in range(0, len(outer), AT_ONCE):
            some, found = outer[start : start + AT_ONCE].astype(np.float32), list[tuple[np.ndarray, ...]]()
            for turn, view in enumerate(views()):
                number, place, like = index.like(units(some @ view.T))
                sides = (place, start + number) if swapped else (start + number, place)
                found.append((*sides, like, np.full(len(like), 2 * turn + 1 - swapped)))
            yield tuple(np.concatenate(column) for column in zip(*found, strict=True))


class _Index:
    """Unit vectors [m, 64] that are looked up by the signs of their places on some axes."""

    def __init__(self, vectors: np.ndarray, axes: np.ndarray) -> None:
        self._vectors, self._axes = vectors, axes
        size = int(np.ceil(np.log2(len(vectors) + 1)))
        self._bits = min(_CODE, size, max(_FEWEST, 2 * size - _SMALL))
        self._codes = _packed(vectors @ axes > 0)
        keys = self._codes & np.uint32((1 << self._bits) - 1)
        self._order = np.argsort(keys, kind="stable")
        self._starts = np.searchsorted(keys[self._order], np.arange((1 << self._bits) + 1))

    def like(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of one asked [n, 64] and a kept one that may be near: their numbers, and their correlation."""
        places = asked @ self._axes
        codes = _packed(places > 0)
        few = min(_UNSURE, self._bits)  # of a few pictures every sign
        unsure = np.argpartition(np.abs(places[:, : self._bits]), few - 1, axis=1)[:, :few].astype(np.uint32)
        flips = (np.arange(1 << few)[:, None] >> np.arange(few) & 1).astype(np.uint32)  # [16, 4]
        masks = ((np.uint32(1) << unsure)[:, None] * flips).sum(2, dtype=np.uint32)  # [n, 16]
        keys = (codes[:, None] ^ masks) & np.uint32((1 << self._bits) - 1)
        counts = np.minimum(self._starts[keys + 1] - self._starts[keys], _MOST).ravel()
        first = self._starts[keys].ravel()
        number = np.repeat(np.arange(keys.size) >> few, counts)
        row = self._order[np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())]
        near = np.bitwise_count(codes[number] ^ self._codes[row]) <= _DIFFER
        number, row = number[near], row[near]
        like = np.einsum("nk,nk->n", asked[number], self._vectors[row])
        return number[like > UNLIKE], row[like > UNLIKE], like[like > UNLIKE]


def _wholes(sketches: np.ndarray) -> np.ndarray:
    """int8 [n, 256] -> unit float32 [n, 64], a portion at a time."""
    portions = np.array_split(sketches, 1 + len(sketches) // AT_ONCE)
    return np.concatenate([units(one.astype(np.float32) @ views()[0].T) for one in portions])


def _axes(known: np.ndarray) -> np.ndarray:
    """The first principal axes of known pictures, float32 [64, 24]."""
    some = _wholes(known[:: max(1, len(known) // 5000)])
    return np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :_CODE].astype(np.float32)


def _packed(signs: np.ndarray) -> np.ndarray:
    """bool [n, 24] -> uint32 [n]."""
    return (signs.astype(np.uint32) << np.arange(_CODE, dtype=np.uint32)).sum(1, dtype=np.uint32)


def _grey(pictures: np.ndarray) -> np.ndarray:
    if pictures.shape[1] != 3:
        return pictures.mean(1)
    return np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), pictures.astype(np.float32), (0, 1))


def _reduced(picture: np.ndarray) -> np.ndarray:
    """Means over 16 x 16 places of a picture [H, W], float32 [256]."""
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)).ravel()
