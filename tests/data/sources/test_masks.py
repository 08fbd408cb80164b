"""Pictures with masks, laid out in the ways people lay them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import mask_of
from headstart.data.prepare import prepare
from headstart.data.reading.open_raw import open_raw
from headstart.data.sources.masks import Masks
from headstart.data.store import Store

PICTURE = np.arange(48, dtype=np.uint8).reshape(6, 8)
MASK = np.eye(6, 8, dtype=np.uint8)


def file(values: np.ndarray, kind: str = "PNG", **more: Any) -> bytes:
    made = io.BytesIO()
    Image.fromarray(values).save(made, kind, **more)
    return made.getvalue()


def write(place: Path, *names: str) -> Path:
    """Files of pictures, or of masks where a folder is called so."""
    for number, name in enumerate(names):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        kind = {"jpg": "JPEG", "tif": "TIFF"}.get(name.rpartition(".")[2], "PNG")
        (place / name).write_bytes(file(PICTURE + number if "images" in name.lower() else MASK, kind))
    return place


def rows(place: Path) -> list[tuple[str, str | None, bool]]:
    """Origin, split and whether there is a mask."""
    found = list(open_raw(place, modality="auto", input=None, target=None).examples())
    assert all(isinstance(example["input"], DataError) or example["input"].read() for example in found)
    return [(str(one["origin"]), one.get("split"), "label" in one) for one in found]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["images/a.png", "masks/a.png"], [("images/a.png", None, True)]),
        (["images/a.jpg", "masks/a.png", "images/b.jpg"],
         [("images/a.jpg", None, True), ("images/b.jpg", None, False)]),
        (["train/images/a.png", "train/masks/a.png", "val/images/a.png", "val/masks/a.png"],
         [("train/images/a.png", "train", True), ("val/images/a.png", "valid", True)]),
        (["images/train/a.png", "labels/train/a.png", "images/test/a.png"],
         [("images/test/a.png", "test", False), ("images/train/a.png", "train", True)]),
        (["VOC/JPEGImages/a.jpg", "VOC/JPEGImages/b.jpg", "VOC/SegmentationClass/a.png"],
         [("VOC/JPEGImages/a.jpg", None, True), ("VOC/JPEGImages/b.jpg", None, False)]),
        (["images/a.png", "masks/a_mask.png", "images/b.png", "masks/b-seg.tif"],
         [("images/a.png", None, True), ("images/b.png", None, True)]),
        (["images/a_mask.png", "masks/a_mask.png"], [("images/a_mask.png", None, True)]),
        (["images/x/a.png", "masks/x/a.png", "images/y/a.png", "masks/y/a.png"],
         [("images/x/a.png", None, True), ("images/y/a.png", None, True)]),
        (["masks/images/a.png", "masks/gt/a.png"], [("masks/images/a.png", None, True)]),
    ],
)  # fmt: skip
def test_folders_say_which_mask_belongs_to_which_picture(
    names: list[str], expected: list[tuple[str, str | None, bool]], tmp_path: Path
) -> None:
    place = write(tmp_path / "in", *names)
    assert rows(place) == expected
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in names:
            archive.write(place / name, name)
    assert rows(tmp_path / "in.zip") == expected


@pytest.mark.parametrize(
    "names",
    [["cats/a.png", "dogs/a.png"], ["images/a.png", "labels/a.txt"], ["images/a.png", "masks/b.png"], ["a.png"],
     ["images/a.png", ".masks/a.png"]],
)  # fmt: skip
def test_other_folders_are_left_to_others(names: list[str], tmp_path: Path) -> None:
    assert not Masks.accepts(write(tmp_path, *names), Access())
    assert not Masks.accepts(tmp_path / "nowhere", Access())


def test_numbers_come_as_they_were_drawn(tmp_path: Path) -> None:
    place = write(tmp_path, *(f"images/{name}.png" for name in ("palette", "deep", "two", "void")))
    (place / "masks").mkdir()
    palette = Image.fromarray(MASK * 3)
    palette.putpalette([value % 251 for value in range(768)])
    palette.save(place / "masks" / "palette.png")
    (place / "masks" / "deep.png").write_bytes(file(MASK.astype(np.uint16) * 4000))
    (place / "masks" / "two.png").write_bytes(file(MASK > 0))
    (place / "masks" / "void.png").write_bytes(file(np.where(MASK > 0, 255, 1).astype(np.uint8)))
    found = {str(one["origin"]): mask_of(one["label"], "", Budget()) for one in Masks(place, Access()).examples()}
    assert (found["images/palette.png"] == MASK * 3).all()
    assert (found["images/deep.png"] == MASK.astype(int) * 4000).all()
    assert (found["images/two.png"] == MASK).all()
    assert set(np.unique(found["images/void.png"])) == {1, 255}


def test_prepared_masks_survive_and_bad_ones_can_be_left_out(tmp_path: Path) -> None:
    place = write(tmp_path / "in", *(f"{kind}/{i:02}.png" for i in range(9) for kind in ("images", "masks")))
    (place / "masks" / "08.png").write_bytes(b"?")
    (place / "masks" / "lone.png").write_bytes(file(MASK))
    with pytest.raises(DataError, match="HS-D126"):
        prepare(place, tmp_path / "out")
    store = prepare(place, tmp_path / "out", skip_bad=True, max_bad=0.5, near="keep", split="train=1")
    assert store.splits == {"train": 8}
    assert all((mask_of(label, "", Budget()) == MASK).all() for label in Store.open(store.directory).labels("train"))
    assert {row["reason"] for row in store.rejected()} == {"unreadable"}
    assert store.modality.spec.key == {"channels": 1, "size": (6, 8), "fit": "stretch"}
