"""Tables among pictures, and tables that name pictures without their suffix."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading import file_walk
from headstart.data.reading.readers import reader_of
from tests.helpers.made import picture, table

KINDS = ("warm", "cold")


def test_a_table_in_every_part(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("test", 4)):
        for n in range(count):
            picture(tmp_path / "in" / part / f"{n}.png")
        rows = [[f"{n}.png", KINDS[n % 2]] for n in range(count)]
        table(tmp_path / "in" / part / "metadata.csv", ["file_name", "label"], rows)
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.splits == {"train": 6, "test": 4}
    assert store.labels("test") == ["warm", "cold", "warm", "cold"]
    assert store.origins("test")[0] == "test/0.png"
    assert store.taken["unused"] == []


@pytest.mark.parametrize("packed", [True, False])
def test_a_table_beside_a_folder_of_pictures(tmp_path: Path, packed: bool) -> None:
    for n in range(6):
        picture(tmp_path / "in" / "images" / f"{n}.png")
    path = table(tmp_path / "in" / "labels.csv", ["image", "label"], [[n, KINDS[n % 2]] for n in range(5)] + [[9, "x"]])
    place = tmp_path / "in"
    if packed:
        place = tmp_path / "all.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for one in [path, *(tmp_path / "in" / "images").iterdir()]:
                archive.write(one, one.relative_to(tmp_path / "in").as_posix())
    found = taken(place)
    assert found.unused == ("images/5.png",)
    assert found.notes == ("1 row of a table name no picture, e.g. 9",)
    with pytest.raises(DataError, match=r"HS-D390.*found 9"):
        prepare(place, tmp_path / "out")
    store = prepare(place, tmp_path / "out", skip_bad=True, max_bad=0.5)
    assert store.manifest["kept"] == 5
    assert sorted({str(label) for split in store.splits for label in store.labels(split)}) == ["cold", "warm"]


def test_two_tables_of_the_same_pictures_are_refused_with_both_commands(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "images" / f"{n}.png")
    for name in ("a.csv", "b.csv"):
        table(tmp_path / name, ["image", "label"], [[f"{n}.png", KINDS[n % 2]] for n in range(4)])
    with pytest.raises(DataError, match=r"a.csv and b.csv. fix: .*a.csv.* or .*b.csv"):
        taken(tmp_path)
    assert prepare([tmp_path / "a.csv", tmp_path], tmp_path / "out").manifest["kept"] == 4


def test_class_folders_that_a_table_contradicts_are_refused(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / KINDS[n % 2] / f"{n}.png")
    table(tmp_path / "labels.csv", ["image", "label"], [[f"{n}.png", "ab"[n % 2]] for n in range(4)])
    with pytest.raises(DataError, match="a table and class folders say different labels"):
        taken(tmp_path)


def test_submissions_are_no_labels(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "images" / f"{n}.png")
    table(tmp_path / "sample_submission.csv", ["image", "label"], [[f"{n}.png", 0] for n in range(4)])
    assert "sample_submission.csv" in taken(tmp_path).unused


@pytest.mark.parametrize(("column", "label"), [("image", "level"), ("id_code", "diagnosis")])
def test_names_without_suffix_are_pictures_of_the_folder_given(tmp_path: Path, column: str, label: str) -> None:
    for n in range(6):
        picture(tmp_path / "train" / f"eye{n}_left.jpeg")
    rows = [[f"eye{n}_left", n % 2] for n in range(6)]
    path = table(tmp_path / "labels.csv", [column, label], rows)
    store = prepare([path, tmp_path / "train"], tmp_path / "out", target=label, near="keep")
    assert store.manifest["modality"] == "image"
    assert store.manifest["kept"] == 6


@pytest.mark.parametrize("first", ["sep=;\n", ""])
def test_a_table_of_another_delimiter_names_pictures_too(tmp_path: Path, first: str) -> None:
    rows = []
    for n in range(4):
        picture(tmp_path / "in" / f"{n}.png")
        rows.append(f"{n}.png;{'ab'[n % 2]};1,2,3,4\n")
    (tmp_path / "in" / "labels.csv").write_text(f"{first}image;label;a,b,c,d,e,f\n" + "".join(rows))
    assert prepare(tmp_path / "in", tmp_path / "out", near="keep").manifest["classes"] != {}


def test_a_folder_is_walked_once_to_find_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "in" / "a" / "0.png")
    walks, walk = [], file_walk.os.walk
    monkeypatch.setattr(file_walk.os, "walk", lambda *given, **more: walks.append(1) or walk(*given, **more))
    reader = reader_of(tmp_path / "in", Access())
    assert reader is not None
    assert reader.__name__ == "Folder"
    assert len(walks) == 1


def test_tables_called_train_and_test_may_name_the_pictures_beside_them(tmp_path: Path) -> None:
    for n in range(10):
        picture(tmp_path / "in" / "images" / f"T_{n}.png")
    table(tmp_path / "in" / "train.csv", ["image_id", "labels"], [[f"T_{n}", KINDS[n % 2]] for n in range(6)])
    table(tmp_path / "in" / "test.csv", ["image_id", "labels"], [[f"T_{n}", KINDS[n % 2]] for n in range(6, 10)])
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep")
    assert store.manifest["modality"] == "image"
    assert store.splits == {"train": 6, "test": 4}
    assert store.labels("test") == ["warm", "cold", "warm", "cold"]
