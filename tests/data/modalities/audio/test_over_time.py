"""Labels that tell of whole recordings: transcripts are not cut, events are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.assemble import open_store
from headstart.commands.common import dry_run, verbs
from headstart.core.errors import DataError
from headstart.core.recipe import Recipe
from headstart.data.labels.over_time import are_transcripts, within
from tests.helpers.sounds import encoded, sound

DOG = {"start": 1, "end": 3, "label": "dog"}


def table(folder: Path, labels: list[Any], lengths: list[int], column: str) -> Path:
    """Recordings at 1,000 samples a second, and a table with their labels as JSON Lines."""
    rows = []
    for number, (label, seconds) in enumerate(zip(labels, lengths, strict=True)):
        name = f"{number}.wav"
        (folder / name).write_bytes(encoded(sound(seconds * 1000, number, 100, 1000), rate=1000))
        rows.append(json.dumps({"file": name, column: label}))
    (folder / "t.jsonl").write_text("\n".join(rows))
    return folder / "t.jsonl"


def labels(store: Any) -> list[Any]:
    return [label for split in store.splits for label in store.labels_of(store.rows(split))]


def test_a_row_holds_the_longest_of_recordings_with_transcripts(tmp_path: Path) -> None:
    texts = [f"one two {n}" for n in range(12)]
    store = hs.prepare(table(tmp_path, texts, [2] * 11 + [13], "transcript"), out=tmp_path / "out")
    assert sorted(labels(store)) == sorted(texts)
    assert store.modality.spec.sizes["width"] >= 1300
    classes = hs.prepare(table(tmp_path, ["a", "b"] * 6, [2] * 12, "label"), out=tmp_path / "classes")
    assert classes.modality.spec.sizes["width"] < 300


def test_a_longer_recording_with_a_transcript_is_refused_and_without_one_cut(tmp_path: Path) -> None:
    texts: list[Any] = [f"one two {n}" for n in range(12)]
    source = table(tmp_path, texts, [2] * 11 + [13], "transcript")
    with pytest.raises(DataError) as refusal:
        hs.prepare(source, out=tmp_path / "out", settings={"seconds": 5})
    assert refusal.value.code == "HS-D513"
    assert "modality.seconds=13" in str(refusal.value)
    source = table(tmp_path, [*texts[:11], None], [2] * 11 + [13], "transcript")
    assert len(labels(hs.prepare(source, out=tmp_path / "cut", settings={"seconds": 5}))) == 11 + 3


def test_events_are_cut_with_their_recording(tmp_path: Path) -> None:
    events = [[{**DOG, "label": f"dog {n}"}] for n in range(11)]
    late = [{"start": 4, "end": 6.5, "label": "car"}, {"start": 12, "end": 12.5, "label": "bell"}]
    source = table(tmp_path, [*events, late], [4] * 11 + [13], "events")
    found = labels(hs.prepare(source, out=tmp_path / "out", settings={"seconds": 5}))
    parts = [label for label in found if not label or not label[0]["label"].startswith("dog")]
    assert len(parts) == 3
    assert [{"start": 4.0, "end": 5, "label": "car"}] in parts
    assert [{"start": 0.0, "end": 1.5, "label": "car"}] in parts
    assert [{"start": 4.0, "end": 4.5, "label": "bell"}] in parts  # the last window begins at 8


def test_events_of_whole_seconds_are_no_spans_of_letters(tmp_path: Path) -> None:
    source = table(tmp_path, [[DOG]] * 11 + [[]], [4] * 12, "events")
    found = labels(hs.prepare(source, out=tmp_path / "out"))
    assert sorted(map(len, found)) == [0] + [1] * 11
    assert found.count([DOG]) == 11


def test_what_are_no_events_stays_as_it_is() -> None:
    assert within("one two", 3, 4) == "one two"
    odd = [{"start": "x", "end": 1, "label": "a"}]
    assert within(odd, 0, 1) is odd
    assert within([DOG], 0, 10) == [DOG]
    assert within([DOG], 3, 10) == []


def test_transcripts_are_texts_of_several_words_that_are_their_own() -> None:
    assert are_transcripts([f"number {n}" for n in range(5)])
    assert not are_transcripts(["red fox", "grey wolf"] * 3)
    assert not are_transcripts([f"w{n}" for n in range(5)])
    assert not are_transcripts([["a b"], ["c d"]])
    assert not are_transcripts([])


LINES = """file,start,end,label,by
0.wav,1,3,dog,ann
1.wav,0.5,1,car,ann
0.wav,0,4,car,ann
2.wav,,,,ann
1.wav,2,2.5,dog,ann
"""


def lines(folder: Path, text: str = LINES) -> Path:
    """Recordings of four seconds, and a table with a line an event."""
    for number in range(3):
        (folder / f"{number}.wav").write_bytes(encoded(sound(4000, number, 100, 1000), rate=1000))
    (folder / "t.csv").write_text(text)
    return folder / "t.csv"


def test_lines_of_one_recording_are_gathered_as_its_events(tmp_path: Path) -> None:
    store = hs.prepare(lines(tmp_path), out=tmp_path / "out", gather=True)
    rows = {row["origin"]: row["label"] for split in store.splits for row in store.examples_of(store.rows(split))}
    dog, car = {"start": 1.0, "end": 3.0, "label": "dog"}, {"start": 0.0, "end": 4.0, "label": "car"}
    assert rows == {
        "0.wav": [dog, car],
        "1.wav": [{"start": 0.5, "end": 1.0, "label": "car"}, {"start": 2.0, "end": 2.5, "label": "dog"}],
        "2.wav": [],
    }
    apart = hs.prepare(lines(tmp_path), out=tmp_path / "apart", skip_bad=True, max_bad=1.0)
    assert sorted(label for label in labels(apart) if label) == ["car", "car", "dog", "dog"]


def test_the_task_of_events_gathers_lines_by_itself(tmp_path: Path) -> None:
    recipe = Recipe(task={"kind": "events"}, data={"split": "train=1"})
    asked, store = open_store(recipe, lines(tmp_path))
    assert sorted(map(len, labels(store))) == [0, 2, 2]
    assert asked.data["gather"] is True
    given = {"data": lines(tmp_path), "task": "events", "start": "scratch", "out": tmp_path / "no"}
    told = {one.what: one.role for one in dry_run.account(verbs.load("finetune"), given).used}
    assert told["column start"] == told["column end"] == "when an event is heard"
    again, same = open_store(recipe, store)
    assert same is store
    assert "gather" not in again.data


def test_lines_that_cannot_be_one_recording_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refusal:
        hs.prepare(lines(tmp_path, "file,start,end,label\n0.wav,1,2,\n1.wav,1,2,a\n"), out=tmp_path / "a", gather=True)
    assert refusal.value.code == "HS-D518"
    text = "file,start,end,label,split\n0.wav,1,2,a,train\n1.wav,1,2,a,test\n0.wav,2,3,a,test\n"
    with pytest.raises(DataError) as refusal:
        hs.prepare(lines(tmp_path, text), out=tmp_path / "b", gather=True)
    assert refusal.value.code == "HS-D514"
