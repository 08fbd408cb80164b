"""Recordings with lists of transcripts, as LibriSpeech and LJ Speech lay them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.sources.transcripts import Transcripts


def files(place: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, "utf-8")
    return place


def librispeech(place: Path) -> Path:
    made: dict[str, str] = {}
    for part, speaker in (("train-clean-100", 19), ("train-clean-100", 26), ("dev-other", 84), ("test-clean", 61)):
        folder = f"LibriSpeech/{part}/{speaker}/198"
        names = [f"{speaker}-198-{n:04}" for n in range(2)]
        made |= {f"{folder}/{name}.flac": "sound" for name in names}
        made[f"{folder}/{speaker}-198.trans.txt"] = "".join(f"{name} WORDS OF {name[-1]}\n" for name in names)
    return files(place, **made)


def rows(place: Path) -> list[dict[str, Any]]:
    return list(Transcripts(place, Access()).examples())


def test_librispeech_says_text_part_and_speaker(tmp_path: Path) -> None:
    given = librispeech(tmp_path)
    assert Transcripts.accepts(given, Access())
    found = {row["origin"].rpartition("/")[2]: row for row in rows(given)}
    assert len(found) == 8
    one = found["84-198-0001.flac"]
    assert (one["label"], one["split"], one["speaker"]) == ("WORDS OF 1", "valid", "84")
    assert {row["split"] for row in found.values()} == {"train", "valid", "test"}
    said = Transcripts(given, Access()).account()
    assert [used.what for used in said.used][:1] == ["8 recordings"]
    assert said.used[-1].what == "folders of test, train, valid"
    assert said.notes == ()


def test_lj_speech_gives_the_normalised_text(tmp_path: Path) -> None:
    lines = "LJ001-0001|It cost 5 pounds.|It cost five pounds.\nLJ001-0002|Second|\n"
    given = files(tmp_path, **{"metadata.csv": lines, "wavs/LJ001-0001.wav": "a", "wavs/LJ001-0002.wav": "b"})
    assert Transcripts.accepts(given, Access())
    assert [row["label"] for row in rows(given)] == ["It cost five pounds.", "Second"]
    assert all("speaker" not in row for row in rows(given))


def test_what_has_no_partner_is_told(tmp_path: Path) -> None:
    given = files(tmp_path, **{"a.trans.txt": "1-1-1 ONE\n9-9-9 NONE\n\n", "1-1-1.wav": "a", "1-1-2.wav": "b"})
    assert [row.get("label") for row in rows(given)] == ["ONE", None]
    notes = Transcripts(given, Access()).account().notes
    told = "1 transcripts have no recording, e.g. 9-9-9 (a.trans.txt:2)"
    assert notes == ("1 recordings have no transcript", told)


def test_two_texts_of_one_recording_are_refused(tmp_path: Path) -> None:
    given = files(tmp_path, **{"a.trans.txt": "x ONE\n", "b.trans.txt": "x TWO\n", "x.wav": "a"})
    with pytest.raises(DataError, match=r"found a\.trans\.txt:1 and b\.trans\.txt:1"):
        rows(given)


@pytest.mark.parametrize(
    "texts",
    [{"metadata.csv": "file_name,transcription\nx.wav,hello\n", "x.wav": "a"}, {"metadata.csv": "x|y\n", "z.wav": "a"},
     {"notes.txt": "x ONE\n", "x.wav": "a"}, {"a.trans.txt": "x ONE\n"}],
)  # fmt: skip
def test_other_folders_are_left_to_others(texts: dict[str, str], tmp_path: Path) -> None:
    assert not Transcripts.accepts(files(tmp_path, **texts), Access())
