"""Which rows train, validate and test: by content hash, by group, by time, or as given.

A hash depends on nothing but the row itself, so adding rows or changing their order never moves another row.
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from headstart.core.errors import UsageError

NAMES = ("train", "valid", "test")
UNKNOWN = -1
ORDER = "order"
"""The moment of a row is its place among the rows."""

_RARE = 3  # a class with fewer rows than there are splits is trained on and never tested
_FEW = 50  # different labels may be classes however few rows there are


def fractions(
    split: str | Mapping[str, float] | None, labelled: bool, *, timed: bool = False
) -> tuple[float, float, float]:
    """Shares of train, valid and test from "train=.8,valid=.1,test=.1"; without labels no test part by default, and of
    moments of records (`timed`) the shares that forecasts are usually tested on."""
    if split is None and timed:
        return (0.7, 0.1, 0.2)
    if split is None:
        return (0.8, 0.1, 0.1) if labelled else (0.9, 0.1, 0.0)
    fix = 'write it like "train=.8,valid=.1,test=.1"'
    try:
        pairs = [pair.split("=") for pair in split.split(",")] if isinstance(split, str) else list(split.items())
        shares = {str(name).strip(): float(share) for name, share in pairs}
    except ValueError as cause:
        raise UsageError(311, "the split cannot be read", found=f"'{split}'", fix=fix) from cause
    unknown = set(shares) - set(NAMES)
    if unknown:
        raise UsageError(312, "unknown split", found=", ".join(sorted(unknown)), expected=", ".join(NAMES))
    whole = abs(sum(shares.values()) - 1) <= 1e-6  # not so for NaN either
    if not whole or min(shares.values()) < 0 or shares.get("train", 0) <= 0:
        raise UsageError(313, "the shares must add up to 1, with some left for train", found=f"'{split}'", fix=fix)
    return (shares.get("train", 0.0), shares.get("valid", 0.0), shares.get("test", 0.0))


def by_hash(keys: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Split number of each row from its hash, uint64 [n]: below .8 of the range is train, and so on. -> int8 [n]."""
    return np.searchsorted(np.cumsum(shares)[:-1], keys / 2.0**64, side="right").astype(np.int8)


def by_time(times: np.ndarray, shares: Sequence[float], steps: np.ndarray | None = None) -> np.ndarray:
    """Earliest rows train, latest test; rows of one moment stay together. times [n] sortable -> int8 [n].

    steps [n]  moments that a row stands for, from its own on; one each unless given
    """
    order = np.argsort(times, kind="stable")
    ordered, ends_of = times[order], np.arange(1, len(times) + 1) if steps is None else np.cumsum(steps[order])
    total = int(ends_of[-1]) if len(times) else 0
    ends = (np.cumsum(shares)[:-1] * total + 1e-6).astype(int)  # [2] first places of valid and of test
    parts = np.zeros(len(times), np.int8)
    for number, end in enumerate(ends, 1):
        if end < total and shares[number] > 0:
            last = max(int(np.searchsorted(ends_of, end, "right")) - 1, 0)  # row that the part before ends with
            parts[times > ordered[last]] = number
    return parts


def by_group(keys: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The same for keys of groups, uint64 [n]: large groups train, and each part gets a group. -> int8 [n].

    A group is large if it has more than twice the rows of the larger held-out part.
    """
    parts = by_hash(keys, shares)
    _, of_row, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    large = (sizes > 2 * max(shares[1:]) * len(keys))[of_row]
    if large.all():
        large[:] = False
    parts[large] = 0
    return cover_classes(parts, keys, np.where(large, -1, 0), shares)


def group_keys(groups: Sequence[str]) -> np.ndarray:
    """uint64 [n] that is equal for rows of one group."""
    digests = {g: hashlib.blake2b(g.encode("utf-8", "replace"), digest_size=8).digest() for g in set(groups)}
    return np.frombuffer(b"".join(digests[g] for g in groups), "<u8").copy()


def repeat(distinct: int, rows: int) -> bool:
    """Do labels come again often enough to be classes? Answers that are written out hardly ever do."""
    return distinct <= max(_FEW, rows // 2)


def cover_classes(parts: np.ndarray, keys: np.ndarray, classes: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Give each class a row in each split: the row whose hash is nearest to that split's range moves there.

    parts int8 [n], keys uint64 [n], classes int64 [n] (-1 without a class) -> parts int8 [n]. Rows with equal keys
    (near duplicates) move together. Classes of one or two rows all train.
    """
    parts = parts.copy()
    order = np.argsort(classes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(classes[order])) + 1):
        if len(rows) == 0 or classes[rows[0]] < 0:
            continue
        if len(rows) < _RARE:
            parts[rows] = 0
            continue
        for number in range(len(NAMES)):
            if shares[number] > 0 and not (parts[rows] == number).any():
                _move_one(parts, keys, rows, number, shares)
    return parts


def _move_one(parts: np.ndarray, keys: np.ndarray, rows: np.ndarray, number: int, shares: Sequence[float]) -> None:
    """Move the row of `rows` that lies nearest to the range of split `number`, out of a split that can spare it."""
    place = keys[rows] / 2.0**64
    low, high = sum(shares[:number]), sum(shares[: number + 1])
    for nearest in rows[np.argsort(np.maximum(np.maximum(low - place, place - high), 0), kind="stable")]:
        same = keys == keys[nearest]
        if not same[rows[parts[rows] == parts[nearest]]].all():
            parts[same] = number
            return
