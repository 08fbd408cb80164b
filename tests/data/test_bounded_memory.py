"""What is held in memory does not grow with the recordings, the letters or the rows of a page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.contracts import Example
from headstart.data.alphabets import ALPHABETS
from headstart.data.batches import HOST_BYTES, Batches
from headstart.data.modalities.audio.portions import by_rows
from headstart.data.modalities.sequence.kinship import SequenceKinship
from headstart.data.preparing import groups
from headstart.data.storage.gather import Ragged
from headstart.reports import data_report, samples

MEASURED = """
import re, sys, headstart as hs
hs.prepare(sys.argv[1], out=sys.argv[2])
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def test_a_few_rows_at_a_time_give_what_all_give() -> None:
    seen: list[int] = []

    def make(x: torch.Tensor, keep: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(len(x))
        return x * 2, keep

    x, keep = torch.randn(9, 100_000), torch.ones(9, 100_000, dtype=torch.bool)
    found, kept = by_rows(make, x, keep)
    assert seen == [2, 2, 2, 2, 1]
    assert torch.equal(found, x * 2)
    assert torch.equal(kept, keep)


@pytest.mark.parametrize("length", [3, 700])
def test_gathered_rows_are_those_of_the_loop(length: int) -> None:
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 2 * length, 50)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = generator.integers(0, 99, (offsets[-1], 2)).astype(np.int16)
    column = Ragged("x", values, offsets)
    some = [generator.permutation(50)[:20], np.arange(50), np.array([4, 4, 5, 49, 0]), np.array([], np.int64)]
    for rows in some:
        found = column.take(rows)
        parts = [values[offsets[row] : offsets[row + 1]] for row in rows]
        assert found["x.offsets"].tolist() == np.cumsum([0, *map(len, parts)]).tolist()
        np.testing.assert_array_equal(found["x"], np.concatenate([values[:0], *parts]))


def test_large_rows_are_gathered_a_portion_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.data.storage.gather._PLACES", 64)
    offsets = np.arange(0, 4010, 10)
    column = Ragged("x", np.arange(4000), offsets)
    rows = np.arange(400)[::-1]
    np.testing.assert_array_equal(column.take(rows)["x"], np.arange(4000).reshape(400, 10)[::-1].reshape(-1))


def counted(rows: Iterable[Example]) -> tuple[Iterator[Example], list[int]]:
    read: list[int] = []
    return (read.append(1) or row for row in rows), read  # pyright: ignore[reportReturnType]


class _Plain:
    files = name_groups = False
    kinship = None


@pytest.mark.parametrize("asked", ["speaker", "none", None])
def test_rows_are_not_read_where_groups_are_named_or_none_can_be(asked: str | None) -> None:
    rows, read = counted({"input": n, "origin": f"row {n}", "speaker" if asked else "colour": n % 3} for n in range(99))
    plain: Any = _Plain()
    assert groups.grouping(rows, plain, asked, timed=False).name == (asked if asked == "speaker" else None)
    assert len(read) == 1


def test_a_page_renders_pictures_a_few_at_a_time_and_searches_no_words_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (60, 8, 8), np.uint8)
    store = hs.prepare((pictures, np.arange(60) % 2), out=tmp_path / "data")
    sizes: list[int] = []
    ready = type(store.modality).ready

    def spied(self: Any, batch: Any) -> Any:
        sizes.append(len(batch["x"]))
        return ready(self, batch)

    monkeypatch.setattr(type(store.modality), "ready", spied)
    data_report.prepared(store)
    assert max(sizes) <= samples.AT_ONCE
    assert sum(sizes) <= data_report.SHOWN + 1


def test_a_split_larger_than_that_is_not_held_on_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (60, 8, 8), np.uint8)
    store = hs.prepare((pictures, np.arange(60) % 2), out=tmp_path / "data")
    rows = store.rows("train")
    held = next(Batches(store, rows, store.modality, batch=4).stream(0))
    assert HOST_BYTES < 1 << 30
    monkeypatch.setattr("headstart.data.batches.HOST_BYTES", 100)
    feed = Batches(store, rows, store.modality, batch=4)
    assert feed._resident is None
    assert torch.equal(next(feed.stream(0))["x"], held["x"])


def test_equal_rows_are_one_family_without_their_letters_being_held() -> None:
    letters = np.frombuffer(b"ACDEFGHIKL" * 2 + b"MNPQRSTVWY" + b"ACDEFGHIKL", np.uint8)
    columns = {"letters": letters, "letters.offsets": np.array([0, 10, 20, 30, 40])}
    families = SequenceKinship(ALPHABETS["protein"]).families(columns)
    assert families[0] == families[1] == families[3] != families[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of memory")
def test_four_times_the_recordings_take_the_same_memory(tmp_path: Path) -> None:
    import soundfile

    peaks = []
    for minutes in (4, 16):
        folder = tmp_path / str(minutes)
        for number in range(minutes):
            (folder / f"class{number % 2}").mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(number).normal(0, 0.1, 60 * 16_000)
            soundfile.write(folder / f"class{number % 2}" / f"{number}.wav", noise, 16_000)
        command = [sys.executable, "-c", MEASURED, str(folder), str(tmp_path / f"out{minutes}")]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]))
    assert peaks[1] < peaks[0] + 60  # MiB; 12 minutes more are 22 MiB of samples, and were 200 of spectra
