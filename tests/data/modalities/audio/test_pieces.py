"""Recordings that are longer than a row, and tables of parts of recordings."""

from __future__ import annotations

import zlib
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.data.inputs import examples_of
from headstart.data.modalities.audio.audio import Audio
from headstart.data.modalities.audio.recordings import SHORTENED, Windows
from headstart.inference.blocks import blocks_of
from tests.helpers.sounds import encoded, sound


def test_windows_cover_a_recording_and_the_last_ends_with_it() -> None:
    assert Windows(8000, 10, "windows").cut(0, 35) == [(0, 10), (10, 20), (20, 30), (25, 35)]
    assert Windows(8000, 10, "windows").cut(2, 22) == [(2, 12), (12, 22)]
    assert Windows(8000, 10, "windows").cut(0, 9) == [(0, 9)]
    assert Windows(8000, 10, "loudest").cut(0, 29) == [(0, 29)]
    assert len(Windows(8000, 10, "loudest").cut(0, 31)) == 4


def recorded(name: str, seconds: int) -> np.ndarray:
    """A recording at 1,000 samples a second, another one for each name."""
    return sound(seconds * 1000, zlib.crc32(name.encode()), 100, 1000)


@pytest.fixture
def meetings(tmp_path: Path) -> Path:
    """Two long recordings and ten of one row, 35 and 21 seconds against 10."""
    for name, seconds in {"a/long": 35, "b/long": 21, **{f"{'ab'[n % 2]}/{n}": 10 for n in range(10)}}.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        data = encoded(recorded(name, seconds), rate=1000)
        (tmp_path / "in" / f"{name}.wav").write_bytes(data)
    return tmp_path / "in"


def test_a_long_recording_is_several_rows_on_one_side_of_the_split(meetings: Path, tmp_path: Path) -> None:
    store = hs.prepare(meetings, out=tmp_path / "out", split="train=.5,valid=.25,test=.25")
    rows = {name: split for split in store.splits for name in store.origins(split)}
    long = {name: split for name, split in rows.items() if name.startswith("a/long.wav")}
    assert set(long) == {f"a/long.wav@{start}" for start in (0, 10, 20, 25)}
    assert len(set(long.values())) == 1
    assert sum(store.splits.values()) == 10 + 4 + 3
    assert "a/0.wav" in rows


def test_each_window_holds_its_own_part(meetings: Path, tmp_path: Path) -> None:
    store = hs.prepare(meetings, out=tmp_path / "out")
    whole = np.rint(recorded("a/long", 35) * 32767)
    for split in store.splits:
        for row, name in zip(store.rows(split), store.origins(split), strict=True):
            if name.startswith("a/long.wav@"):
                start = int(name.partition("@")[2]) * 1000
                assert np.abs(store.take(np.array([row]))["x"] - whole[start : start + 10_000]).max() <= 2


def test_answers_say_which_part_they_are_of(meetings: Path, tmp_path: Path) -> None:
    modality = hs.prepare(meetings, out=tmp_path / "out").modality
    examples = examples_of(meetings / "a" / "long.wav", modality=modality)
    (block,) = blocks_of(modality, examples, lambda example: example, strict=True)
    told = list(block.together([{"label": "a"}] * 4, {"label"}))
    assert told[0] == {"file": "long.wav", "start": 0, "end": 10, "label": "a"}
    assert [one["start"] for one in told] == [0, 10, 20, 25]
    assert block.origins[1] == "long.wav@10"


def test_a_table_names_parts_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(encoded(sound(8000, 1)))
    (tmp_path / "b.wav").write_bytes(encoded(sound(8000, 2)))
    rows = ["file,start,end,label"] + [f"{f}.wav,{s / 10},{s / 10 + 0.1},{'xy'[s % 2]}" for f in "ab" for s in range(8)]
    (tmp_path / "in.csv").write_text("\n".join(rows) + "\n", "utf-8")
    store = hs.prepare(tmp_path / "in.csv", out=tmp_path / "out")
    found = {name: int(row) for split in store.splits for row, name in zip(store.rows(split), store.origins(split),
                                                                          strict=True)}  # fmt: skip
    assert len(found) == 16
    part = store.take(np.array([found["a.wav@0.3"]]))["x"].ravel()
    assert np.abs(part - np.rint(sound(8000, 1)[2400:3200] * 32767)).max() <= 2
    sides = {split: {name[0] for name in store.origins(split)} for split in store.splits}
    assert sum(len(side) for side in sides.values()) == 2  # rows of one file are never divided


def test_clips_a_little_longer_than_a_row_keep_their_loudest_part(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(150):
        (tmp_path / "in" / f"{number}.wav").write_bytes(encoded(sound(800, number)))
    late = np.concatenate([np.zeros(1200, np.float32), sound(800, 999)])
    (tmp_path / "in" / "late.wav").write_bytes(encoded(late))
    store = hs.prepare(tmp_path / "in", out=tmp_path / "out")
    assert any(f"1 {SHORTENED}, first in late.wav" in told for told in store.warnings)
    split = next(split for split in store.splits if "late.wav" in store.origins(split))
    row = store.rows(split)[store.origins(split).index("late.wav")]
    kept = store.take(np.array([row]))["x"].ravel().astype(float)
    assert np.square(kept).sum() > 0.95 * np.square(np.rint(late * 32767)).sum()


def test_a_recording_of_many_windows_is_never_decoded_as_a_whole() -> None:
    most = 0

    class Watched(Budget):
        def room(self, size: int) -> AbstractContextManager[None]:
            nonlocal most
            most = max(most, size)
            return super().room(size)

    made = Audio(rate=8000, seconds=1)
    example = {"input": encoded(np.tile(sound(8000), 60)), "origin": "a.wav"}
    made.fit([example], Watched())
    parts = list(made.pieces.of(example, Watched()))
    assert len(parts) == 60
    assert all(len(made.read(part, Watched())["input"]) == 8000 for part in parts)
    assert 0 < most < 1_000_000
