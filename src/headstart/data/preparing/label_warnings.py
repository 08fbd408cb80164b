"""What is odd about the labels of a preparation, in a sentence each: nothing is changed, but somebody should look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

IMBALANCE = 20  # rows of the largest class for one of the smallest
_SHOWN = 80  # letters of a label in a warning
FAR = 1e4  # distances between the quartiles, beyond which a target is a mistake rather than a rare value


def of_classes(counts: Mapping[str, int]) -> list[str]:
    """Classes that differ in case or spaces alone, and classes of very different sizes; rows of each class."""
    return [*_twins(list(counts)), *_imbalance(counts)]


def of_lists(values: Sequence[Any], origins: Sequence[str]) -> list[str]:
    """The same of labels that hold several: names (of tags, boxes, one of many), or numbers by their place."""
    known = [value for value in values if value is not None]
    if len(known) > 1 and all(value == known[0] for value in known):
        what = "" if isinstance(known[0], Mapping) else f", {str(known[0])[:_SHOWN]}"
        return [f"every row has the same label{what}: there is nothing to predict"]
    plain = [value for value in known if isinstance(value, list)]
    names = Counter(name for value in known for name in _names(value))
    if names and len(plain) == len(known) and all(isinstance(one, str) for value in plain for one in value):
        tagged = any(len(set(value)) < len(value) for value in plain)  # nearly all words are of no kind
        alone = [f"every label is '{next(iter(names))}': there is nothing to tell apart"] if len(names) == 1 else []
        return [*alone, *(_twins(list(names)) if tagged else of_classes(names))]
    if names:
        return of_classes(names)  # one class of boxes or spans is enough: there are places without one
    told, width = list[str](), len(plain[0]) if plain else 0
    for place in range(width if all(len(value) == width for value in plain) else 0):
        said = of_numbers([None if value is None else value[place] for value in values], origins)
        told += [f"number {place + 1} of the targets: {one}" for one in said]
    return told


def _names(value: Any) -> Iterator[str]:
    """Every name in a label, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _names(one)


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
    told = f"the classes differ much in size: {counts[most]:,} of {most}, {counts[least]:,} of {least}"
    return [f"{told}; accuracy says little of the small ones, macro F1 does"]
