"""How copies of a row are found, and rows that are related to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`exact` is equal for equal content; rows with nearly equal `near` are compared by `alike`."""

    exact: bytes
    near: bytes | None = None


class Duplicates(Protocol):
    """What a modality knows of copies. Without it rows are copies if their stored columns are equal."""

    def fingerprint(self, example: Mapping[str, Any]) -> Fingerprint:
        """Identity of a record that was read."""
        ...

    def sketches(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """What a model remembers of stored rows, to know their changed copies again: uint8 [n, bytes], few of them."""
        ...

    def resembling(self, seen: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Pairs of places in sketches asked [n, bytes] and seen [m, bytes]: one is a changed copy or a part of the
        other. int64 [p, 2]"""
        ...

    def alike(self, one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
        """Are two encoded rows (no row axis) near duplicates in truth?"""
        ...


class Kinship(Protocol):
    """What a modality knows of rows that are related but no copies (homologues): a split must not divide them."""

    def families(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The number of the family of each stored row, int64 [n]; rows of one family are related, directly or by
        others of it (single link)."""
        ...
