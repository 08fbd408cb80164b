"""Rows of a table that are equal: two things that are alike, or one that stands twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.core.contracts.duplicates import Fingerprint

_BYTES = 8


@dataclass(frozen=True, slots=True)
class RowCopies:
    """Where nearly all rows of a table differ (`distinct`), equal ones are copies. Else equal rows of different places
    all stay: people of one age and trade are many."""

    distinct: bool

    def fingerprint(self, example: Mapping[str, Any]) -> Fingerprint:
        place = "" if self.distinct else str(example.get("origin", ""))
        digest = hashlib.blake2b(place.encode("utf-8", "replace"), digest_size=16)
        digest.update(np.asarray(example["input"], np.float32).tobytes())
        return Fingerprint(digest.digest())

    def sketches(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Digests of stored rows, uint8 [n, 8]."""
        rows = np.ascontiguousarray(columns["x"], np.float32)
        marks = [hashlib.blake2b(row.tobytes(), digest_size=_BYTES).digest() for row in rows]
        return np.frombuffer(b"".join(marks), np.uint8).reshape(-1, _BYTES)

    def resembling(self, seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """None: an equal row is no changed copy."""
        return np.empty((0, 2), np.int64)

    def alike(self, one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
        return np.array_equal(one["x"], other["x"], equal_nan=True)


class EqualRows:
    """Equal rows are related where nearly all rows of the table differ: then they are one thing that stands twice."""

    def families(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        rows = np.ascontiguousarray(columns["x"], np.float32)
        if not len(rows):
            return np.empty(0, np.int64)
        odd = np.random.default_rng(0).integers(1 << 63, size=rows.shape[1], dtype=np.uint64) | np.uint64(1)
        marks = np.zeros(len(rows), np.uint64)
        for cells, factor in zip(rows.view(np.uint32).T, odd, strict=True):  # equal rows have equal sums
            marks = (marks ^ (cells * factor)) * np.uint64(0x9E3779B97F4A7C15)
            marks ^= marks >> np.uint64(29)
        _, family = np.unique(marks, return_inverse=True)
        alone = np.arange(len(rows))
        return family.astype(np.int64) if family.max() + 1 > 0.5 * len(rows) else alone
