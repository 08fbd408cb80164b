"""Planted copies in real sets are found, by kind, and test rows are not taken for copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.leaks import measured

HARD = {  # of 100 planted ones of other kinds at least 90 are found, of these as many as this
    "CIFAR-10": {},
    "hand signs": {"36/40 of the side": 0.8, "32/40 of the side": 0.7, "27/40 of the side": 0.5, "30 % brighter": 0.6},
    "AG News": {},
    "SST-2": {"first half": 0.85},
    "hotel reviews": {},
}
FALSE = {"CIFAR-10": 0.025, "AG News": 0.025}  # most of these are copies in truth: they were looked at


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", list(HARD))
def test_planted_copies_are_found_and_others_are_not(name: str, shared_data: Path) -> None:
    told = measured(name, shared_data, rows=3000, planted=100, seed=1)
    assert {kind: share for kind, share in told["found"].items() if share < HARD[name].get(kind, 0.9)} == {}
    assert told["false"] < FALSE.get(name, 0.012)
