"""Odd files that are sound: they are read, and come out as the values they stand for."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.pixels import decode
from headstart.data.modalities.text.cleaning import repaired
from headstart.data.opening.pictures import FORMATS
from headstart.data.prepare import prepare
from headstart.data.reading.open_raw import open_raw
from headstart.data.store import Store
from tests.helpers.badinput.tables import TEXTS

RED, BLUE = (255, 0, 0), (0, 0, 255)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(left: Any, right: Any, mode: str = "RGB") -> Image.Image:
    """4 x 2 pixels, the left half of one colour and the right half of another."""
    image = Image.new(mode, (4, 2), left)
    image.paste(right, (2, 0, 4, 2))
    return image


def test_cmyk_comes_out_in_colour() -> None:
    found = decode(saved(halves((0, 255, 255, 0), (255, 255, 0, 0), "CMYK"), "TIFF"), "c.tif", Budget())
    assert found[0, 0].tolist() == list(RED)
    assert found[0, 3].tolist() == list(BLUE)
    jpeg = decode(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), "c.jpg", Budget())
    assert np.abs(jpeg.astype(int) - RED).max() <= 3


def test_sixteen_bits_are_scaled_to_eight() -> None:
    values = np.array([[0, 257, 32896], [65535, 128, 129]], np.uint16)
    expected = [[0, 1, 128], [255, 0, 1]]
    assert decode(saved(Image.fromarray(values), "PNG"), "16.png", Budget()).tolist() == expected
    assert decode(saved(Image.fromarray(values), "TIFF"), "16.tif", Budget()).tolist() == expected


def test_a_palette_and_transparency_lie_on_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([*RED, *BLUE])
    palette.putdata([0, 1])
    assert decode(saved(palette, "PNG"), "p.png", Budget()).tolist() == [[list(RED), list(BLUE)]]
    assert decode(saved(palette, "PNG", transparency=1), "p.png", Budget()).tolist() == [[list(RED), [255, 255, 255]]]
    half = Image.new("RGBA", (1, 1), (*RED, 51))
    assert decode(saved(half, "PNG"), "h.png", Budget()).tolist() == [[[255, 204, 204]]]
    assert decode(saved(Image.new("LA", (1, 1), (0, 0)), "PNG"), "g.png", Budget()).tolist() == [[255]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_picture_counts(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(
        Image.new("RGB", (2, 2), RED), kind, save_all=True, append_images=[Image.new("RGB", (2, 2), BLUE)], **options
    )
    assert decode(data, "a", Budget()).tolist() == [[list(RED)] * 2] * 2


@pytest.mark.parametrize(("turned", "upright"), [(1, "lr"), (2, "rl"), (3, "rl"), (6, "tb"), (8, "bt")])
def test_a_picture_is_turned_upright_by_its_exif(turned: int, upright: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = turned
    found = decode(saved(halves(RED, BLUE), "PNG", exif=exif), "e.png", Budget())
    assert found.shape == ((2, 4, 3) if upright in ("lr", "rl") else (4, 2, 3))
    first, last = found[0, 0].tolist(), found[-1, -1].tolist()
    assert (first, last) == ((list(RED), list(BLUE)) if upright in ("lr", "tb") else (list(BLUE), list(RED)))


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    for number, kind in enumerate(
        ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "TGA", "ICO", "JPEG2000", "AVIF", "DIB")
    ):
        image = Image.new("RGB", (16, 16), (10 * number, 0, 200))
        (tmp_path / f"{number}.jpg").write_bytes(saved(image, kind))
        found = decode((tmp_path / f"{number}.jpg").read_bytes(), "x.jpg", Budget())
        assert np.abs(found[8, 8].astype(int) - (10 * number, 0, 200)).max() <= 12, kind
        assert kind in FORMATS


def test_a_picture_of_one_pixel_and_pictures_of_mixed_sizes_are_prepared(tmp_path: Path) -> None:
    sizes = ((1, 1), (1, 300), (7, 5), (64, 64), (500, 2))
    for number, size in enumerate(sizes):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.new("RGB", size, (50 * number, 9, 9)).save(tmp_path / "in" / f"{number}.png")
    store = prepare(tmp_path / "in", tmp_path / "out", near="keep", settings={"size": 4})
    rows = np.arange(len(sizes))
    x = store.take(rows)["x"]
    assert x.shape == (5, 3, 4, 4)
    assert sorted(x[:, 0].mean((1, 2)).tolist()) == [0, 50, 100, 150, 200]
    assert (x.std((2, 3)) == 0).all()


def test_more_than_a_thousand_pages_are_a_film() -> None:
    others = [Image.new("L", (2, 2), 9)] * 1024
    film = saved(Image.new("L", (2, 2), 7), "TIFF", save_all=True, append_images=others)
    assert decode(film, "t.tif", Budget()).tolist() == [[7, 7], [7, 7]]
    channels = saved(Image.new("L", (2, 2), 7), "TIFF", save_all=True, append_images=others[1:])
    assert decode(channels, "t.tif", Budget()).shape == (2, 2, 1024)


def labels(place: Path, *cells: str) -> Store:
    rows = "".join(f'"{text}",{cell}\n' for text, cell in zip(TEXTS, cells, strict=False))
    (place / "t.csv").write_text("text,label\n" + rows)
    return prepare(place / "t.csv", place / "out", near="keep", split="train=1")


def test_numbers_as_labels_stay_numbers_and_padded_ones_text(tmp_path: Path) -> None:
    assert labels(tmp_path, "1", "2", "-3").labels("train") == [1, 2, -3]
    (tmp_path / "b").mkdir()
    assert labels(tmp_path / "b", "007", "2", "3").labels("train") == ["007", "2", "3"]
    (tmp_path / "c").mkdir()
    assert labels(tmp_path / "c", "9" * 30, "2").labels("train") == ["9" * 30, "2"]


def test_nan_and_na_among_numbers_are_no_label_and_among_words_a_class(tmp_path: Path) -> None:
    store = labels(tmp_path, "1.5", "NaN", "2.5", "NA", "", "inf")
    assert store.labels("train")[:5] == [1.5, None, 2.5, None, None]
    assert store.labels("train")[5] == math.inf
    assert store.warnings == ["labels that count as missing: 'NaN' (1), 'NA' (1)", "3 of 6 rows have no label"]
    (tmp_path / "b").mkdir()
    assert labels(tmp_path / "b", "DE", "NA", "FR").labels("train") == ["DE", "NA", "FR"]


def test_one_class_and_classes_of_one_row_are_warned_of(tmp_path: Path) -> None:
    assert labels(tmp_path, "a", "a", "a").warnings == ["there is only one class: a"]
    (tmp_path / "b").mkdir()
    assert labels(tmp_path / "b", "a", "a", "b").warnings == ["classes with a single row: 1, e.g. b"]


def test_missing_labels_of_pandas_are_missing(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"text": TEXTS[:4], "label": pd.array(["a", None, "b", pd.NA], "string")})
    store = prepare(frame, tmp_path / "out", split="train=1")
    assert store.labels("train") == ["a", None, "b", None]


def test_another_column_never_poses_as_the_label(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label,topic\none two,a,x\nthree four,b,\n")
    rows = list(open_raw(tmp_path / "t.csv", modality="auto", input=None, target="topic").examples())
    assert [row.get("label") for row in rows] == ["x", None]


def test_marks_surrogates_and_controls_leave_the_text_and_long_lines_stay(tmp_path: Path) -> None:
    assert repaired(b"\xef\xbb\xbfone", "t", Budget()) == "one"
    assert repaired("o\ud800n\0e\u0301\ufeff", "t", Budget()) == "oné"
    long = "word " * 10_000_000
    (tmp_path / "t.txt").write_text(f"{long}\nanother line\n")
    rows = list(open_raw(tmp_path / "t.txt", modality="text", input=None, target=None).examples())
    assert [len(row["input"]) for row in rows] == [len(long) - 1, 12]
