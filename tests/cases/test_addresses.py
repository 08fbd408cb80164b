"""Addresses and paths in a table: pictures of the web are not fetched, files outside of the source are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare
from tests.helpers.made import picture, table

WEB = ("https://x.org/{}/photo{}.png", "http://x.org/{}?id={}", "s3://bucket/{}/{}.jpg")


@pytest.mark.parametrize("address", WEB)
@pytest.mark.parametrize("column", ["image", "photo_url"])
def test_pictures_of_the_web_are_refused_in_one_line(tmp_path: Path, address: str, column: str) -> None:
    path = table(tmp_path / "t.csv", [column, "label"], [[address.format(n, n), "ab"[n % 2]] for n in range(30)])
    with pytest.raises(DataError, match=r"HS-D209.*not fetched.*download the pictures.*TABLE.*FOLDER"):
        prepare(path, tmp_path / "out", input=column)


def test_pictures_that_were_downloaded_are_found_by_their_names(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["image", "label"], [[WEB[0].format(n, n), "ab"[n % 2]] for n in range(4)])
    for n in range(4):
        picture(tmp_path / "down" / f"photo{n}.png")
    assert prepare([path, tmp_path / "down"], tmp_path / "out").manifest["kept"] == 4


def test_texts_with_addresses_are_texts(tmp_path: Path) -> None:
    texts = [WEB[0].format(n, n) if n < 8 else f"the weather of the day number {n}" for n in range(30)]
    path = table(tmp_path / "t.csv", ["text", "label"], [[text, "ab"[n % 2]] for n, text in enumerate(texts)])
    assert prepare(path, tmp_path / "out", near="keep").manifest["modality"] == "text"
    every = table(tmp_path / "u.csv", ["text", "label"], [[WEB[0].format(n, n), "ab"[n % 2]] for n in range(30)])
    with pytest.raises(DataError, match=r"HS-D209.*text to read the addresses|HS-D209.*modality=.text."):
        prepare(every, tmp_path / "pictures")
    assert prepare(every, tmp_path / "texts", modality="text", near="keep").manifest["modality"] == "text"


@pytest.mark.parametrize("named", ["../far/{}.png", "{folder}/far/{}.png", "linked/{}.png"])
def test_paths_that_lead_out_of_the_folder_of_a_table_need_the_folder(tmp_path: Path, named: str) -> None:
    for n in range(4):
        picture(tmp_path / "far" / f"{n}.png")
    rows = [[named.format(n, folder=tmp_path), "ab"[n % 2]] for n in range(4)]
    path = table(tmp_path / "in" / "t.csv", ["image", "label"], rows)
    picture(tmp_path / "in" / "more" / "x.png")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "far")
    with pytest.raises(DataError, match=r"HS-D210.*outside of the source.*TABLE.*FOLDER"):
        prepare(path, tmp_path / "out")
    with pytest.raises(DataError, match=r"HS-D210"):  # another folder does not open the way
        prepare([path, tmp_path / "in" / "more"], tmp_path / "out")
    assert prepare([path, tmp_path / "far"], tmp_path / "out").manifest["kept"] == 4


def test_a_word_in_a_column_of_pictures_is_the_name_of_a_file(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["image", "label"], [[f"eye{n}", "ab"[n % 2]] for n in range(4)])
    with pytest.raises(DataError, match=r"HS-D202.*eye0.*no such file"):
        prepare(path, tmp_path / "out")
    for n in range(4):
        picture(tmp_path / "train" / f"eye{n}.png")
    assert prepare(path, tmp_path / "out").manifest["modality"] == "image"


def test_absolute_paths_below_the_folder_of_a_table_are_read(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "pictures" / f"{n}.png")
    rows = [[str(tmp_path / "pictures" / f"{n}.png"), "ab"[n % 2]] for n in range(4)]
    assert prepare(table(tmp_path / "t.csv", ["image", "label"], rows), tmp_path / "out").manifest["kept"] == 4
