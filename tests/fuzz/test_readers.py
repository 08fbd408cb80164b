"""Every reader of the catalog on mutated files: a result or a HeadstartError, within 5 s and 2 GiB, nothing written."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from headstart.core import catalog
from tests.helpers.fuzz import subjects
from tests.helpers.fuzz.harness import Tally, attempt, fuzzed
from tests.helpers.fuzz.restarts import many

FEW, MANY = 50, 10_000
SEED = 20261123
# datasets leaves files open that it could not read
LEFT_OPEN = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
READERS = [pytest.param(name, marks=LEFT_OPEN) if name == "source hub" else name for name in subjects.names()]


@pytest.mark.parametrize("name", subjects.names())
def test_every_seed_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    subject = subjects.subject(name)
    for seed in subject.seeds:
        tally = Tally()
        attempt(subject, seed, seed.wrap(seed.data), tmp_path, tally)
        assert tally.counts["read"] == 1, (seed.name, tally)
        for path in tmp_path.iterdir():
            path.unlink()


@pytest.mark.parametrize("name", READERS)
def test_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    tally = fuzzed(subjects.subject(name), tmp_path, count=FEW)
    if name == "source hub":
        gc.collect()  # its files are warned of here, where that is expected, and not in the next test
    assert tally.bad == []
    assert sum(tally.counts.values()) == FEW


@pytest.mark.slow
@pytest.mark.parametrize("name", subjects.names())
def test_ten_thousand_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    found = many(name, tmp_path, MANY, SEED)
    sys.stderr.write(f"\n{name}, seed {SEED}: {found['read']:,} read, {found['refused']:,} refused, slowest "
                     f"{found['slowest']:.2f} s, {found['grown'] >> 20} MiB more\n")  # fmt: skip
    assert found["bad"] == []
    assert found["read"] + found["refused"] == MANY


def test_every_source_and_modality_is_fuzzed() -> None:
    named = subjects.names()
    assert {f"source {kind}" for kind in catalog.kinds("sources")} <= set(named)
    assert {f"modality {kind}" for kind in catalog.kinds("modalities")} <= set(named)
    for name in named:
        assert subjects.subject(name).seeds
