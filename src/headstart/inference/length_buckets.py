"""Which rows are answered together: of like length, and only as many as fit a budget of places."""

from collections.abc import Iterator

import numpy as np

PLACES = 4096  # places of a batch, padding included; measured in docs/results.md


def budgeted(lengths: np.ndarray | None, count: int, rows: int, places: int = PLACES) -> Iterator[np.ndarray]:
    """Numbers 0 .. count - 1 in batches of at most `rows`; where lengths [count] are known, the shortest first and
    batches whose rows, padded to the longest, fill no more than `places` (a longer row comes alone)."""
    if lengths is None:
        yield from (np.arange(start, min(start + rows, count)) for start in range(0, count, rows))
        return
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < count:
        ahead = lengths[order[start : start + rows]] * np.arange(1, len(order[start : start + rows]) + 1)
        fits = max(1, int(np.searchsorted(ahead, places, "right")))  # `ahead` ascends
        yield order[start : start + fits]
        start += fits
