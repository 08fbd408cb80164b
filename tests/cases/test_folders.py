"""Folders and archives of pictures: parts by their names, links, names of other systems, annotations nobody reads."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading.file_places import file_places
from headstart.data.reading.folder_layout import Place, places
from headstart.data.reading.parts import parts_of
from tests.helpers.made import picture, table


@pytest.mark.parametrize(
    "names",
    [
        ("seg_train", "seg_test"), ("training_set", "test_set"), ("train", "test1"), ("train_images", "test_images"),
        ("trainset", "testset"), ("Training", "holdout"), ("TrainImages", "ValImages"), ("train", "eval"),
    ],
)  # fmt: skip
def test_parts_have_their_word_at_an_end_of_the_name(names: tuple[str, str]) -> None:
    assert len(set(parts_of(names).values())) == 2
    found = places([f"{name}/{kind}/{n}.jpg" for name in names for kind in ("hill", "sea") for n in range(2)])
    assert {place.label for place in found} == {"hill", "sea"}
    assert len({place.split for place in found}) == 2


@pytest.mark.parametrize("names", [("train", "bus", "tram"), ("train_station", "test_bench"), ("trainers", "boots")])
def test_classes_that_are_called_like_parts_stay_classes(names: tuple[str, ...]) -> None:
    assert parts_of(names) == {}


def test_parts_may_lie_within_the_classes() -> None:
    found = places([f"{kind}/{part}/1.jpg" for kind in ("hill", "sea") for part in ("train", "test")])
    assert [tuple(place) for place in found[:2]] == [("hill", "train"), ("hill", "test")]


def test_a_link_inside_is_followed_and_one_outward_refused(tmp_path: Path) -> None:
    for n in range(3):
        picture(tmp_path / "all" / "roads" / f"{n}.png")
        picture(tmp_path / "all" / "kept" / f"s{n}.png")
        picture(tmp_path / "store" / f"{n}.png")
    (tmp_path / "all" / "ships").symlink_to(tmp_path / "all" / "kept")
    assert "ships" in taken(tmp_path / "all").used[1].what
    (tmp_path / "all" / "boats").symlink_to("../store")
    with pytest.raises(DataError, match=r"boats: a link leads out of the source.*put a copy"):
        taken(tmp_path / "all")


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    picture(tmp_path / "all" / "roads" / "1.png")
    (tmp_path / "all" / "roads" / "up").symlink_to("..")
    assert "1 data file" in taken(tmp_path / "all").used[0].what


@pytest.mark.parametrize("suffix", [".xml", ".json", ".txt", ".csv"])
def test_annotations_of_an_unknown_form_are_never_passed_over(tmp_path: Path, suffix: str) -> None:
    for n in range(4):
        picture(tmp_path / "d" / "images" / f"{n}.png")
        (tmp_path / "d" / "labels").mkdir(exist_ok=True)
        (tmp_path / "d" / "labels" / f"{n}{suffix}").write_text("nothing that is known")
    with pytest.raises(DataError, match="annotations lie beside the pictures"):
        taken(tmp_path / "d")


def test_what_lies_beside_pictures_is_named_and_not_read(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "0.jpg")
    for name in ("0.jpg.part", "0.jpg:Zone.Identifier", "labels.cache", "desktop.ini", "Icon\r"):
        (tmp_path / "a" / name).write_text("abc")
    assert set(taken(tmp_path).unused) == {
        "a/0.jpg.part",
        "a/0.jpg:Zone.Identifier",
        "a/labels.cache",
        "a/desktop.ini",
        "a/Icon\r",
    }


def test_archives_of_other_systems_have_their_names(tmp_path: Path) -> None:
    content = picture(tmp_path / "p.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "backslash.zip", "w") as archive:
        for name in ("photos\\hill\\0.png", "photos\\sea\\1.png"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, content)
    assert "(hill, sea)" in taken(tmp_path / "backslash.zip").used[1].what
    for encoding, name in (("gbk", "山"), ("shift_jis", "やま"), ("cp437", "größe")):
        path = tmp_path / f"{encoding}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("XXXXXXXXXXXX/0.png", content)
            archive.writestr("b/0.png", content)
        raw = name.encode(encoding)
        filled = raw + b"_" * (12 - len(raw))
        path.write_bytes(path.read_bytes().replace(b"XXXXXXXXXXXX", filled))
        assert name + "_" * (12 - len(raw)) in taken(path).used[1].what


def test_a_table_finds_files_whatever_the_form_of_their_letters(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / f"gro\u0308ße_{n}.png")
    path = table(tmp_path / "labels.csv", ["image", "label"], [[f"größe_{n}.png", "ab"[n % 2]] for n in range(4)])
    assert prepare(path, tmp_path / "out").manifest["kept"] == 4


@pytest.mark.parametrize("name", ["annotations.xml", "_annotations.createml.json", "_annotations.csv"])
def test_the_one_file_of_other_tools_is_never_passed_over(tmp_path: Path, name: str) -> None:
    for n in range(4):
        picture(tmp_path / "images" / f"{n}.png")
    (tmp_path / name).write_text("<annotations/>")
    with pytest.raises(DataError, match=f"{name}: annotations lie beside the pictures"):
        taken(tmp_path)


def test_a_lone_folder_that_says_nothing_is_no_class() -> None:
    assert {place.label for place in places(["images/1.png", "images/2.png"])} == {None}
    assert {place.label for place in places(["cats/1.png", "cats/2.png"])} == {"cats"}


def _places_of(names: Sequence[str]) -> Sequence[Place]:
    return file_places(names, names, lambda name: b"", None).places


@pytest.mark.parametrize("name", ["{}.{}.jpg", "{}_{}.jpg", "{} ({}).jpg", "pets/{}-{}.jpg"])
@pytest.mark.parametrize("words", [("cat", "dog"), ("Abyssinian", "great_pyrenees", "pug")])
def test_words_that_come_again_in_names_of_files_are_classes(tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    for word in words:
        for n in range(2):
            picture(tmp_path / "in" / name.format(word, n))
    found = taken(tmp_path / "in").used[1]
    assert (found.what, found.role) == (f"names of files ({', '.join(words)})", "label")
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert sorted({label for split in store.splits for label in store.labels(split)}) == list(words)


def test_a_test_part_of_numbers_has_no_classes() -> None:
    names = [f"train/{kind}.{n}.jpg" for kind in ("cat", "dog") for n in range(3)] + ["test1/1.jpg", "test1/2.jpg"]
    assert {(place.label, place.split) for place in _places_of(names)} == {
        ("cat", "train"), ("dog", "train"), (None, "test"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        ("IMG_0001", "IMG_0002", "DSC_0001", "DSC_0002"), ("a_1", "b_2", "c_3", "d_4"),
        ("cat_1", "cat_2", "dog_1", "7"), ("cat_1", "cat_2", "cat_3", "cat_4"), ("cat1", "cat2", "dog1", "dog2"),
        ("photo_a_1", "photo_a_2", "photo_b_1", "photo_b_2"),
    ],
)  # fmt: skip
def test_names_that_say_no_class(names: tuple[str, ...]) -> None:
    assert {place.label for place in _places_of([f"{name}.jpg" for name in names])} == {None}


@pytest.mark.parametrize("words", [("red_car", "red_bus", "blue_car", "blue_bus"), ("train", "test")])
def test_names_of_two_readings_are_noted_and_not_read(tmp_path: Path, words: tuple[str, ...]) -> None:
    for word in words:
        for n in range(2):
            picture(tmp_path / f"{word}_{n}.jpg")
    assert {place.label for place in _places_of([path.name for path in tmp_path.iterdir()])} == {None}
    assert "put the files into class folders, or write a table" in taken(tmp_path).notes[0]


def test_a_table_goes_before_the_names_of_files(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "in" / f"{'ab'[n % 2]}b_{n}.png")
    table(
        tmp_path / "in" / "labels.csv",
        ["image", "label"],
        [[f"{'ab'[n % 2]}b_{n}.png", "xy"[n // 2]] for n in range(4)],
    )
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert {label for split in store.splits for label in store.labels(split)} == {"x", "y"}
