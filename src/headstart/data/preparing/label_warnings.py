"""What is odd about the labels of a preparation, in a sentence each: nothing is changed, but somebody should look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

IMBALANCE = 10  # rows of the largest class for one of the smallest
FAR = 1e4  # distances between the quartiles, beyond which a target is a mistake rather than a rare value


def of_classes(counts: Mapping[str, int]) -> list[str]:
    """Classes that differ in case or spaces alone, and classes of very different sizes; rows of each class."""
    return [*_twins(list(counts)), *_imbalance(counts)]


def of_numbers(values: Sequence[Any], origins: Sequence[str]) -> list[str]:
    """Targets that are all the same, or far away from all others; numbers of any form, those of lists apart."""
    flat = np.array([value if isinstance(value, int | float) else np.nan for value in values], np.float64)
    known = flat[np.isfinite(flat)]
    if len(known) < 2:
        return []
    if np.ptp(known) == 0:
        return [f"every target is {known[0]:g}: there is nothing to predict"]
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    spread = high - low or float(np.median(np.abs(known - middle))) or float(np.std(known[known != known.max()]))
    far = np.flatnonzero(np.isfinite(flat) & (np.abs(flat - middle) > FAR * spread)) if spread else np.array([], int)
    if not len(far):
        return []
    first = int(far[0])
    told = f"{len(far)} of {len(known):,} targets are far from all others, e.g. {flat[first]:g} of {origins[first]}"
    return [f"{told}, where half of them lie between {low:g} and {high:g}: one such row decides a squared error"]


def _twins(names: Sequence[str]) -> list[str]:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(re.sub(r"[\s_-]+", " ", name).strip().casefold(), []).append(name)
    twins = [sorted(found) for found in alike.values() if len(found) > 1]
    if not twins:
        return []
    shown = "; ".join(" and ".join(repr(one) for one in found) for found in twins[:3])
    return [f"classes that differ in case, spaces or hyphens alone are kept apart: {shown}"]


def _imbalance(counts: Mapping[str, int]) -> list[str]:
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if counts[most] <= IMBALANCE * counts[least]:
        return []
    told = f"the classes differ much in size: {counts[most]:,} rows of {most}, {counts[least]:,} of {least}"
    return [f"{told}; accuracy says little of the small ones, macro F1 does"]
