"""Pictures of any number of channels: arrays, .npy files, pages and bands of TIFF files."""

from __future__ import annotations

import io
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, HeadstartError, RecipeError, UsageError
from headstart.data.modalities.image import perceptual_hash
from headstart.data.modalities.image.channel_order import arranged
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.image.pixel_values import Wanted
from headstart.data.modalities.image.pixels import decode
from headstart.data.opening.tiff import count
from headstart.data.prepare import prepare
from headstart.data.store import Store

RNG = np.random.default_rng(0)
FIVE = RNG.integers(0, 256, (24, 16, 5), dtype=np.uint8)


def tiff(values: np.ndarray, **options: Any) -> bytes:
    """[H, W, C] as bands of a TIFF file."""
    file = io.BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", "planarconfig": "contig", **options})
    return file.getvalue()


def pages(values: np.ndarray) -> bytes:
    """[H, W, C] as grey pages of a TIFF file."""
    file = io.BytesIO()
    first, *others = (Picture.fromarray(np.ascontiguousarray(one)) for one in values.transpose(2, 0, 1))
    first.save(file, "TIFF", save_all=True, append_images=others)
    return file.getvalue()


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def folder(place: Path, *files: bytes, suffix: str = "tif") -> Path:
    place.mkdir(exist_ok=True)
    for number, data in enumerate(files):
        (place / f"{number}.{suffix}").write_bytes(data)
    return place


def prepared(place: Path, source: Any, **settings: Any) -> Store:
    return prepare(source, place / "out", near="keep", split="train=1", settings=settings or None)


def sets(count: int, channels: int = 5, kind: Any = np.uint8, most: int = 256) -> np.ndarray:
    return RNG.integers(0, most, (count, 12, 10, channels)).astype(kind)


@pytest.mark.parametrize("first", [True, False])
def test_arrays_keep_their_channels_wherever_they_stand(tmp_path: Path, first: bool) -> None:
    x = sets(4)
    store = prepared(tmp_path, x.transpose(0, 3, 1, 2) if first else x)
    assert store.modality.spec.sizes == {"channels": 5, "height": 12, "width": 10}
    assert np.array_equal(store.take(np.arange(4))["x"], x.transpose(0, 3, 1, 2))


def test_which_side_is_the_channels() -> None:
    for shape, found in (
        ((9, 8, 5), (9, 8, 5)),
        ((5, 9, 8), (9, 8, 5)),
        ((3, 9, 8), (9, 8, 3)),
        ((9, 2, 4), (9, 2, 4)),
    ):
        made = arranged(np.empty(shape), None)
        assert made is not None
        assert made.shape == found
    assert arranged(np.empty((5, 5, 5)), None) is None
    assert arranged(np.empty((9, 5, 9)), None) is None
    known = arranged(np.empty((6, 5, 9)), 6)
    assert known is not None
    assert known.shape == (5, 9, 6)


def test_npy_files_of_a_folder_are_pictures(tmp_path: Path) -> None:
    x = sets(3)
    files = npy(x[0]), npy(x[1].transpose(2, 0, 1)), npy(np.asfortranarray(x[2]))
    store = prepared(tmp_path, folder(tmp_path / "in", *files, suffix="npy"))
    assert np.array_equal(store.take(np.arange(3))["x"], x.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_grey_pages_of_a_tiff_are_channels(tmp_path: Path, channels: int) -> None:
    x = sets(2, channels)
    store = prepared(tmp_path, folder(tmp_path / "in", pages(x[0]), pages(x[1])))
    assert np.array_equal(store.take(np.arange(2))["x"], x.transpose(0, 3, 1, 2))


def test_first_pages_are_taken_where_grey_is_asked_and_pages_of_colour_are_a_film(tmp_path: Path) -> None:
    x = sets(2)
    store = prepared(tmp_path, folder(tmp_path / "in", pages(x[0]), pages(x[1])), channels=1)
    assert np.array_equal(store.take(np.arange(2))["x"][:, 0], x[..., 0])
    file = io.BytesIO()
    red, blue = (Picture.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    red.save(file, "TIFF", save_all=True, append_images=[blue])
    assert count(file.getvalue()) is None
    assert decode(file.getvalue(), "film.tif", Budget())[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    "options",
    [{}, {"planarconfig": "separate"}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True},
     {"tile": (16, 16)}, {"tile": (16, 16), "compression": "zlib"}, {"byteorder": ">"}, {"bigtiff": True},
     {"rowsperstrip": 7, "compression": "zlib"}],
)  # fmt: skip
def test_bands_of_a_tiff_are_read_however_they_are_laid_out(options: dict[str, Any]) -> None:
    apart = options.get("planarconfig") == "separate"
    assert np.array_equal(decode(tiff(FIVE.transpose(2, 0, 1) if apart else FIVE, **options), "b.tif", Budget()), FIVE)


def test_two_and_four_bands_are_no_transparency() -> None:
    for channels in (2, 4):
        data = tiff(FIVE[..., :channels], extrasamples=[0] * (channels - 1))
        assert np.array_equal(decode(data, "b.tif", Budget()), FIVE[..., :channels])
    near_infrared = tiff(FIVE[..., :4], photometric="rgb", extrasamples=[0])
    assert np.array_equal(decode(near_infrared, "b.tif", Budget()), FIVE[..., :4])
    assert np.array_equal(decode(near_infrared, "b.tif", Budget(), Wanted(3)), FIVE[..., :3])


def test_transparency_stays_transparency(tmp_path: Path) -> None:
    clear = np.concatenate([sets(2, 3), np.zeros((2, 12, 10, 1), np.uint8)], 3)
    assert prepared(tmp_path, clear).take(np.arange(1))["x"].tolist() == np.full((1, 3, 12, 10), 255).tolist()
    bands = sets(2, 4)
    (tmp_path / "b").mkdir()
    assert prepared(tmp_path / "b", bands).modality.spec.sizes["channels"] == 4
    (tmp_path / "c").mkdir()
    asked = prepared(tmp_path / "c", clear, channels=4)
    assert np.array_equal(asked.take(np.arange(2))["x"], clear.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("write", [tiff, pages, npy])
def test_deep_pictures_of_a_set_share_one_white(tmp_path: Path, write: Any) -> None:
    dark, light = np.full((8, 8, 5), 1000, np.uint16), np.full((8, 8, 5), 4000, np.uint16)
    dark[0, 0], light[0, 0] = 0, 1
    suffix = "npy" if write is npy else "tif"
    store = prepared(tmp_path, folder(tmp_path / "in", write(dark), write(light), suffix=suffix))
    assert store.modality.spec.key["white"] == 4095
    assert sorted(store.take(np.arange(2))["x"][:, 0, 4, 4].tolist()) == [62, 249]  # 255 / 4095 of each
    again = Image.load(store.directory)
    assert again.spec.key == store.modality.spec.key
    assert again.read({"input": dark, "origin": "x"}, Budget())["input"][4, 4, 0] == 62
    (tmp_path / "w").mkdir()
    asked = prepared(tmp_path / "w", tmp_path / "in", white=10_000)
    assert sorted(asked.take(np.arange(2))["x"][:, 0, 4, 4].tolist()) == [26, 102]


def test_a_model_without_a_white_takes_that_of_the_data() -> None:
    deep, plain = Image(white=4095), Image()
    deep.fit([{"input": np.zeros((4, 4), np.uint16), "origin": "x"}], Budget())
    plain.fit([{"input": np.zeros((4, 4), np.uint8), "origin": "x"}], Budget())
    assert plain.placement.like(deep).spec.key == deep.spec.key
    assert deep.placement.like(plain).spec.key == plain.spec.key


def test_many_channels_are_resized_like_single_ones() -> None:
    modality = Image(size=6, channels=5)
    modality.fit([], Budget())
    alone = Image(size=6, channels=1)
    alone.fit([], Budget())
    made = modality.encode({"input": FIVE})["x"]
    for channel in range(5):
        assert np.array_equal(made[channel], alone.encode({"input": FIVE[..., channel]})["x"][0])


def test_people_see_the_first_three_channels() -> None:
    modality = Image(scale="unit")
    modality.fit([{"input": FIVE, "origin": "x"}], Budget())
    batch = modality.collate({"x": FIVE.transpose(2, 0, 1)[None].copy()})
    assert np.array_equal(np.asarray(modality.view.render(modality.ready(batch)["x"])[0]), FIVE[..., :3])


def refused(data: bytes, **wanted: Any) -> HeadstartError:
    with pytest.raises(HeadstartError) as caught:
        decode(data, "b.tif", Budget(), Wanted(**wanted))
    return caught.value


def test_what_tifffile_is_needed_for_is_said_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    data, grey = tiff(FIVE), pages(FIVE)
    monkeypatch.setitem(sys.modules, "tifffile", None)
    error = refused(data)
    assert isinstance(error, UsageError)
    assert "b.tif: tifffile is not installed" in str(error)
    assert "pip install 'headstart[tiff]'" in str(error)
    assert np.array_equal(decode(grey, "p.tif", Budget()), FIVE)  # Pillow reads pages


def test_a_missing_tifffile_stops_a_set_that_may_have_bad_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path / "in", tiff(FIVE), tiff(FIVE))
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(UsageError, match="tifffile is not installed"):
        prepare(place, tmp_path / "out", skip_bad=True, max_bad=1.0)


def test_a_compression_that_is_not_read_is_named() -> None:
    data = bytearray(tiff(FIVE))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        place = file.pages.first.tags["Compression"].valueoffset
    data[place : place + 2] = (5).to_bytes(2, sys.byteorder)
    if "imagecodecs" not in sys.modules:
        assert "LZW" in str(refused(bytes(data)))
    data[place : place + 2] = (34712).to_bytes(2, sys.byteorder)  # JPEG 2000
    assert "HS-D127" in str(refused(bytes(data)))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib", "rowsperstrip": 2}, {"tile": (16, 16)}])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_tiff_of_bands_is_one_error(options: dict[str, Any], share: float) -> None:
    data = tiff(FIVE, **options)
    error = refused(data[: int(len(data) * share)])
    assert isinstance(error, DataError)


def test_a_tiff_that_unpacks_to_more_than_it_says_is_refused_unread() -> None:
    bomb = zlib.compress(bytes(1 << 26), 9)
    data = tiff(FIVE, compression="zlib")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages.first.tags
        begin, size = tags["StripOffsets"], tags["StripByteCounts"]
    made = bytearray(data + bomb)
    width = {3: 2, 4: 4}
    for tag, value in ((begin, len(data)), (size, len(bomb))):
        length = width[int(tag.dtype)]
        if value >= 1 << (8 * length):
            pytest.skip("the tag holds too small a number")
        made[tag.valueoffset : tag.valueoffset + length] = value.to_bytes(length, sys.byteorder)
    assert "that its header promises" in str(refused(bytes(made)))


def test_a_tiff_that_promises_gigabytes_is_refused_unread() -> None:
    data = bytearray(tiff(FIVE))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        for name in ("ImageWidth", "ImageLength"):
            tag = file.pages.first.tags[name]
            length = 2 if int(tag.dtype) == 3 else 4
            data[tag.valueoffset : tag.valueoffset + length] = (60_000).to_bytes(length, sys.byteorder)
    assert "HS-D103" in str(refused(bytes(data)))


def test_objects_in_npy_are_never_opened() -> None:
    assert "Python objects" in str(refused(npy(np.array([[{"a": 1}]], object))))
    assert "truncated" in str(refused(npy(FIVE)[:-5]))


def test_sets_of_different_channels_are_refused_with_a_file_of_each(tmp_path: Path) -> None:
    place = folder(tmp_path / "in", npy(FIVE), npy(FIVE[..., :2]), suffix="npy")
    with pytest.raises(DataError, match=r"2 in 1\.npy, 5 in 0\.npy"):
        prepared(tmp_path, place)
    with pytest.raises(DataError, match=r"1\.npy: .*: found 2, expected 5"):
        prepared(tmp_path, place, channels=5)


def test_channels_and_white_have_a_range() -> None:
    for settings in ({"channels": 0}, {"channels": 1025}, {"white": 254}, {"white": 65536}):
        with pytest.raises(RecipeError):
            Image(**settings)


def test_a_channel_that_says_something_else_makes_another_picture() -> None:
    one = np.repeat(RNG.integers(0, 256, (1, 32, 32), dtype=np.uint8), 5, 0) // 1
    other = one.copy()
    other[4] = one[4][::-1]
    one[4], other[4] = one[4] // 16, other[4] // 16  # faint beside four strong ones
    assert perceptual_hash.alike(one, one)
    assert not perceptual_hash.alike(one, other)
    one[3] = other[3] = 7  # empty ones do not count
    assert perceptual_hash.alike(one, one)


def test_hashes_of_channels_stay_with_changes_of_size() -> None:
    smooth = np.kron(RNG.integers(0, 256, (6, 6, 5)).astype(np.uint8), np.ones((8, 8, 1), np.uint8))
    a, b = (
        np.unpackbits(np.frombuffer(perceptual_hash.difference_hash(v), np.uint8)) for v in (smooth, smooth[::2, ::2])
    )
    assert (a != b).sum() <= 10
