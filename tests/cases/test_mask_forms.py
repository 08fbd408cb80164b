"""Masks as people lay and write them: folders of other names, palettes, 255 beside 1, soft edges, turned pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.annotations import mask_of
from headstart.data.prepare import taken
from headstart.data.sources.masks import Masks
from tests.helpers.made import picture

OBJECT = np.zeros((32, 40), np.uint8)
OBJECT[8:20, 10:26] = 1


def save(path: Path, values: np.ndarray, **how: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **how)


def masks_of(folder: Path) -> list[np.ndarray]:
    return [mask_of(row["label"], "", Budget()) for row in Masks(folder, Access()).examples() if "label" in row]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("leftImg8bit/train/lund/l_{n}_leftImg8bit.png", "gtFine/train/lund/l_{n}_gtFine_labelIds.png"),
        ("train/{n}.png", "train_masks/{n}_mask.png"), ("train/{n}.png", "train_masks/{n}.png"),
        ("images/{n}.jpg", "annotations/trimaps/{n}.png"), ("benign/b ({n}).png", "benign/b ({n})_mask.png"),
        ("train_images/{n}.png", "train_labels/{n}.png"), ("imgs/{n}.png", "masks/{n}.png"),
    ],
)  # fmt: skip
def test_layouts_of_pictures_and_masks(tmp_path: Path, image: str, mask: str) -> None:
    for n in range(4):
        picture(tmp_path / image.format(n=n))
        save(tmp_path / mask.format(n=n), OBJECT)
    assert Masks.accepts(tmp_path, Access())
    assert [(one.what, one.role) for one in taken(tmp_path).used] == [("4 pictures", "image"), ("4 masks", "label")]
    assert all((mask == OBJECT).all() for mask in masks_of(tmp_path))


def test_cityscapes_is_read_once_though_its_masks_are_drawn_four_times(tmp_path: Path) -> None:
    picture(tmp_path / "leftImg8bit/val/ulm/u_0_leftImg8bit.png")
    for kind in ("labelIds", "color", "instanceIds", "labelTrainIds"):
        save(tmp_path / f"gtFine/val/ulm/u_0_gtFine_{kind}.png", OBJECT)
    assert len(masks_of(tmp_path)) == 1
    assert len(taken(tmp_path).unused) == 3


def made(place: Path, masks: list[np.ndarray]) -> Path:
    for n, mask in enumerate(masks):
        picture(place / "images" / f"{n}.png")
        save(place / "masks" / f"{n}.png", mask)
    return place


def test_white_is_255_in_some_masks_and_1_in_others(tmp_path: Path) -> None:
    place = made(tmp_path, [OBJECT, OBJECT * 255, OBJECT])
    assert all((mask == OBJECT).all() for mask in masks_of(place))
    assert taken(place).notes == ("some masks have 255 and others 1 for the object: both were read as one class",)


def test_void_pixels_beside_classes_stay_what_they_are(tmp_path: Path) -> None:
    void = OBJECT.copy()
    void[0] = 255
    assert np.unique(masks_of(made(tmp_path, [void, OBJECT]))[0]).tolist() == [0, 1, 255]


@pytest.mark.parametrize("noise", [True, False])
def test_soft_edges_and_noise_of_black_and_white_are_cut_at_half(tmp_path: Path, noise: bool) -> None:
    soft = OBJECT * 255
    if noise:
        steps = np.random.default_rng(0).integers(0, 3, OBJECT.shape, np.uint8)
        soft = np.where(OBJECT, 255 - steps, steps).astype(np.uint8)
    else:
        soft[7, 10:26], soft[20, 10:26], soft[8, 10:26], soft[19, 10:26] = 40, 90, 254, 253
    place = made(tmp_path, [soft, soft.copy()])
    assert all((mask == OBJECT).all() for mask in masks_of(place))
    assert "grey levels" in taken(place).notes[0]


def test_numbers_of_many_objects_are_no_grey_levels(tmp_path: Path) -> None:
    numbers = np.arange(32 * 40).reshape(32, 40).astype(np.uint8)
    assert (masks_of(made(tmp_path, [numbers]))[0] == numbers).all()


def test_a_colour_is_one_class_whatever_its_place_in_the_palette(tmp_path: Path) -> None:
    for n in range(4):
        picture(tmp_path / "images" / f"{n}.png")
        swapped = n % 2 == 0
        image = Image.fromarray(1 - OBJECT if swapped else OBJECT, "P")
        image.putpalette([200, 0, 0, 0, 0, 0] if swapped else [0, 0, 0, 200, 0, 0])
        (tmp_path / "masks").mkdir(exist_ok=True)
        image.save(tmp_path / "masks" / f"{n}.png")
    assert all((mask == OBJECT).all() for mask in masks_of(tmp_path))


@pytest.mark.parametrize("orientation", [3, 6, 8, 2])
def test_a_mask_is_turned_as_its_picture_is(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = Image.fromarray(np.dstack([OBJECT * 255] * 3))
    (tmp_path / "images").mkdir()
    shown.save(tmp_path / "images" / "0.jpg", quality=100, exif=exif)
    save(tmp_path / "masks" / "0.png", OBJECT)
    with Image.open(tmp_path / "images" / "0.jpg") as image:
        upright = np.asarray(ImageOps.exif_transpose(image))[..., 0] > 127
    assert (masks_of(tmp_path)[0] == upright).mean() > 0.98


def test_grey_with_transparency_and_booleans_are_masks(tmp_path: Path) -> None:
    for n, values in enumerate((np.dstack([OBJECT, np.full_like(OBJECT, 255)]), OBJECT > 0)):
        picture(tmp_path / "images" / f"{n}.png")
        save(tmp_path / "masks" / f"{n}.{'png' if n == 0 else 'tif'}", values)
    assert all((mask > 0).sum() == OBJECT.sum() for mask in masks_of(tmp_path))
