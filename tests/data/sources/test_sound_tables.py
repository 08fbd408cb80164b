"""Recordings with tables among them, as Common Voice and audio folders of the Hugging Face hub are laid out."""

from __future__ import annotations

from pathlib import Path

from headstart.data.prepare import prepare
from tests.helpers.sounds import encoded, sound


def write(place: Path, count: int) -> list[str]:
    place.mkdir(parents=True)
    names = [f"clip_{number}.wav" for number in range(count)]
    for number, name in enumerate(names):
        (place / name).write_bytes(encoded(sound(1200, seed=number)))
    return names


def test_an_audio_folder_of_the_hub_gives_transcripts(tmp_path: Path) -> None:
    names = write(tmp_path / "in" / "train", 12)
    lines = "".join(f"{name},words of clip {number} are these\n" for number, name in enumerate(names[:11]))
    (tmp_path / "in" / "train" / "metadata.csv").write_text(f"file_name,transcription\n{lines}")
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.splits == {"train": 11}
    assert store.taken["used"][0] == "train/metadata.csv as table of recordings"
    assert "column transcription as label" in store.taken["used"]
    assert any(name.endswith("clip_11.wav") for name in store.taken["unused"])


def test_common_voice_gives_sentences_parts_and_speakers(tmp_path: Path) -> None:
    names = write(tmp_path / "in" / "clips", 18)
    for part, rows in (("train", range(12)), ("dev", range(12, 15)), ("test", range(15, 18))):
        lines = "".join(f"who{n % 4}\t{names[n]}\tsentence number {n} is read\t2\n" for n in rows)
        (tmp_path / "in" / f"{part}.tsv").write_text(f"client_id\tpath\tsentence\tup_votes\n{lines}")
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.splits == {"train": 12, "valid": 3, "test": 3}
    assert "column sentence as label" in store.taken["used"]
    assert any("values of client_id lie in train and in other given parts" in one for one in store.warnings)
