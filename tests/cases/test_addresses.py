"""Addresses of the web in a table: pictures are not fetched, texts with addresses in them are texts."""

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
    with pytest.raises(DataError, match=r"HS-D209.*not fetched.*download the pictures.*prepare TABLE FOLDER"):
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
    with pytest.raises(DataError, match=r"HS-D209.*--modality text"):
        prepare(every, tmp_path / "pictures")
    assert prepare(every, tmp_path / "texts", modality="text", near="keep").manifest["modality"] == "text"
