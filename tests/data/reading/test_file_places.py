"""Labels and parts of files by fields of their names and by lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading.file_places import FilePlaces, file_places
from tests.helpers.sounds import encoded, sound

DIGITS = [f"{digit}_{who}_{take}.wav" for digit in range(3) for who in ("ann", "bob", "cy") for take in range(4)]
WORDS = [f"{word}/{take}.wav" for word in ("no", "yes") for take in range(4)]


def found(names: Sequence[str], lists: Mapping[str, str] = {}, target: str | None = None) -> FilePlaces:
    """The places of the files beside these lists."""
    return file_places([*names, *lists], names, lambda name: lists[name].encode(), target)


def splits(names: Sequence[str], lists: Mapping[str, str]) -> dict[str, str | None]:
    return {name: place.split for name, place in zip(names, found(names, lists).places, strict=True)}


def test_a_field_of_the_names_is_the_label(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, name in enumerate(DIGITS):
        (tmp_path / "in" / name).write_bytes(encoded(sound(1200, number)))
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in DIGITS:
            archive.write(tmp_path / "in" / name, name)
    for given in (tmp_path / "in", tmp_path / "all.zip"):
        store = prepare(given, tmp_path / f"out-{given.name}", target="name:1", near="keep")
        assert {label for split in store.splits for label in store.labels(split)} == {"0", "1", "2"}
        assert "field 1 of the file names (0, 1, 2)" in [one.what for one in taken(given, target="name:1").used]


def test_a_field_goes_before_folders_and_a_missing_one_is_named() -> None:
    names = [f"{who}/{name}" for name in DIGITS for who in ("x", "y")]
    assert [place.label for place in found(names, target="name:1").places] == [name[2] for name in names]
    with pytest.raises(DataError) as caught:
        found([*names, "x/7.wav"], target="name:2")
    assert caught.value.code == "HS-D540"
    assert "x/7.wav" in str(caught.value)


def test_fields_that_may_be_labels_are_offered() -> None:
    said = found(DIGITS).account(DIGITS).notes[0]
    assert "name:1 (0, 1, 2); name:2 (ann, bob, cy)" in said
    speakers = [f"{name.split('_')[1]}/{name}" for name in DIGITS]  # AudioMNIST: a folder a speaker
    said = found(speakers).account(speakers).notes[0]
    assert "repeat their folders" in said
    assert "name:1 (0, 1, 2)" in said
    for silent in ([f"IMG_{n:04d}.jpg" for n in range(20)], WORDS, ["a_b.jpg"]):
        assert not found(silent).account(silent).notes


def test_lists_say_the_parts() -> None:
    held_out = {"testing_list.txt": "no/3.wav\nyes/3.wav\n", "validation_list.txt": "no/2.wav\r\nyes/2.wav\r\n"}
    said = splits(WORDS, held_out)
    assert [said[f"yes/{take}.wav"] for take in range(4)] == ["train", "train", "valid", "test"]
    assert not found(WORDS, held_out).account([*WORDS, *held_out]).unused
    stems = {"meta/train.txt": "no/0\nno/1\nno/2\nyes/0\nyes/1\nyes/2\n", "meta/test.txt": "no/3\nyes/3\n"}
    assert [splits(WORDS, stems)[f"no/{take}.wav"] for take in range(4)] == ["train", "train", "train", "test"]


@pytest.mark.parametrize(
    "lists",
    [
        {"test.txt": "what this folder is for\n"}, {"test.txt": "no/3.wav\nno/9.wav\n"},
        {"train.txt": "no/0.wav\n", "test.txt": "yes/0.wav\n"}, {"test.txt": "no/0.wav\n", "valid.txt": "no/0.wav\n"},
        {"test.txt": ""}, {"notes.txt": "no/0.wav\n"},
    ],
)  # fmt: skip
def test_lists_that_do_not_say_where_each_file_belongs_are_not_used(lists: Mapping[str, str]) -> None:
    assert set(splits(WORDS, lists).values()) == {None}
    assert found(WORDS, lists).account([*WORDS, *lists]).unused == tuple(sorted(lists))


def test_noise_beside_the_words_is_no_class(tmp_path: Path) -> None:
    for name in [*WORDS, "_background_noise_/hum.wav"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(encoded(sound(1200, len(name))))
    account = taken(tmp_path)
    assert "2 class folders (no, yes)" in [one.what for one in account.used]
    assert account.unused == ("_background_noise_/hum.wav",)
