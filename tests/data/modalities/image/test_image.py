"""The image modality: every odd kind of picture becomes the pixels a person would see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.image import Image
from tests.helpers.pictures import encoded, photograph


def read(value: object) -> np.ndarray:
    return Image().read({"input": value, "origin": "x"}, Budget())["input"]


def test_transparent_places_are_white() -> None:
    image = Picture.new("RGBA", (2, 1), (10, 20, 30, 255))
    image.putpixel((1, 0), (10, 20, 30, 0))
    assert read(encoded(image)).tolist() == [[[10, 20, 30], [255, 255, 255]]]
    grey = Picture.new("LA", (1, 1), (40, 0))
    assert read(encoded(grey)).tolist() == [[255]]


def test_palettes_sixteen_bits_and_one_bit_become_eight_bits() -> None:
    assert read(encoded(photograph(1).quantize(16))).shape == (64, 64, 3)
    deep = Picture.fromarray(np.array([[0, 257, 65535]], np.uint16))
    assert read(encoded(deep, "TIFF")).tolist() == [[0, 1, 255]]
    assert read(encoded(Picture.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)), "TIFF")).tolist() == [[0, 128, 255]]
    assert read(encoded(Picture.new("1", (2, 1), 1))).tolist() == [[255, 255]]
    assert read(encoded(photograph(1).convert("CMYK"), "JPEG")).shape == (64, 64, 3)


def test_exif_turns_a_picture_upright() -> None:
    image = photograph(3).crop((0, 0, 64, 32))
    exif = Picture.Exif()
    exif[0x0112] = 6
    turned = read(encoded(image.transpose(Picture.Transpose.ROTATE_90), "PNG", exif=exif))
    assert np.array_equal(turned, np.asarray(image))
    modality = Image()
    modality.fit(
        [{"input": encoded(image.transpose(Picture.Transpose.ROTATE_90), "PNG", exif=exif), "origin": "x"}], Budget()
    )
    assert modality.spec.sizes == {"channels": 3, "height": 32, "width": 64}


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [photograph(n).convert("P") for n in (1, 2)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.array_equal(read(data), np.asarray(Picture.open(__import__("io").BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize(
    ("sizes", "facts"),
    [([(40, 30), (40, 30)], (30, 40)), ([(40, 30), (50, 60), (90, 70)], (50, 50)), ([(900, 800)] * 2, (224, 224))],
)
def test_size_comes_from_the_headers(sizes: list[tuple[int, int]], facts: tuple[int, int]) -> None:
    modality = Image()
    modality.fit([{"input": encoded(Picture.new("L", size)), "origin": "x"} for size in sizes], Budget())
    assert modality.spec.sizes == {"channels": 1, "height": facts[0], "width": facts[1]}


def test_pictures_are_covered_and_cut_at_the_centre() -> None:
    modality = Image(size=8, channels=3)
    modality.fit([], Budget())
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 200
    x = modality.encode({"input": wide})["x"]
    assert x.shape == (3, 8, 8)
    assert (x == 200).all()


def test_statistics_equal_those_of_all_pixels_and_ready_standardises(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (50, 3, 5, 4), dtype=np.uint8)
    modality = Image()
    modality.fit([{"input": x[0].transpose(1, 2, 0), "origin": "x"}], Budget())
    modality.fit_stored({"x": part} for part in np.array_split(x, 7))
    slow = x.astype(np.float64).transpose(1, 0, 2, 3).reshape(3, -1) / 255
    np.testing.assert_allclose(modality.mean, slow.mean(1))
    np.testing.assert_allclose(modality.std, slow.std(1))
    modality.save(tmp_path)
    loaded = Image.load(tmp_path)
    batch = loaded.collate({"x": x.copy()}) | {"key": torch.arange(50)}
    ready = loaded.ready(batch)
    assert torch.equal(ready["key"], batch["key"])
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (modality.mean, modality.std))
    torch.testing.assert_close(ready["x"], (batch["x"].double() / 255 - mean).div(std).float(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(loaded.view.denormalise(ready["x"]), batch["x"] / 255, atol=1e-5, rtol=0)
    assert np.array_equal(np.asarray(loaded.view.render(ready["x"])[0]), x[0].transpose(1, 2, 0))


def test_unit_scale_only_divides() -> None:
    modality = Image(scale="unit")
    modality.fit([{"input": np.zeros((4, 4), np.uint8), "origin": "x"}], Budget())
    x = modality.ready({"x": torch.tensor([[[[0, 255]]]], dtype=torch.uint8)})["x"]
    torch.testing.assert_close(x, torch.tensor([[[[0.0, 1.0]]]]))


def test_collate_shares_the_memory_of_the_array() -> None:
    x = np.zeros((2, 1, 3, 3), np.uint8)
    x[0] = 7
    assert Image().collate({"x": x})["x"].data_ptr() == x.ctypes.data


def test_fingerprints_do_not_depend_on_settings() -> None:
    example = {"input": photograph(4), "origin": "x"}
    prints = [m.duplicates.fingerprint(m.read(example, Budget())) for m in (Image(), Image(size=8, channels=1))]
    assert prints[0] == prints[1]


def test_broken_settings_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text("{}")
    with pytest.raises(DataError, match=r"preprocessor_config\.json"):
        Image.load(tmp_path)
