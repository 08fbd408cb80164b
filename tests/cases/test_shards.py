"""Shards of webdataset: tar files in which the members of a sample share a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.store import Store
from tests.helpers.made import picture, tar


def members(place: Path, rows: int = 6, first: int = 0, **more: Any) -> dict[str, bytes]:
    """Pictures with what `more` says of each: a function of its number that gives the bytes of a member."""
    found: dict[str, bytes] = {}
    for n in range(first, first + rows):
        found[f"{n:06}.png"] = picture(place / f"{n}.png", seed=n).read_bytes()
        found |= {f"{n:06}.{ending}": make(n) for ending, make in more.items()}
    return found


def labels(store: Store) -> list[Any]:
    return sorted(label for split in store.splits for label in store.labels(split))


def cls(n: int) -> bytes:
    return b"%d\n" % (n % 2)


def facts(n: int) -> bytes:
    return json.dumps({"label": "ab"[n % 2], "size": n}).encode()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_class_of_a_sample_is_its_cls(tmp_path: Path, mode: Any) -> None:
    path = tar(tmp_path / f"s.tar{'.gz' * (mode == 'w:gz')}", members(tmp_path, cls=cls, json=facts), mode)
    assert labels(prepare(path, tmp_path / "out")) == [0, 0, 0, 1, 1, 1]
    assert "column size" in taken(path).unused


def test_without_cls_it_is_a_key_of_json_or_a_text_that_comes_again(tmp_path: Path) -> None:
    path = tar(tmp_path / "j.tar", members(tmp_path, json=facts))
    assert labels(prepare(path, tmp_path / "json")) == ["a"] * 3 + ["b"] * 3
    path = tar(tmp_path / "t.tar", members(tmp_path, txt=lambda n: b"cat" if n % 2 else b"dog"))
    assert labels(prepare(path, tmp_path / "txt")) == ["cat"] * 3 + ["dog"] * 3
    captions = tar(tmp_path / "c.tar", members(tmp_path, txt=lambda n: b"a photo of the street number %d" % n))
    assert labels(prepare(captions, tmp_path / "captions", target="txt"))[0] == "a photo of the street number 0"
    assert "column txt" in taken(captions).unused


def test_shards_of_parts_in_a_folder(tmp_path: Path) -> None:
    for name, first in (("train-0000", 0), ("train-0001", 6), ("val-0000", 12)):
        tar(tmp_path / "in" / f"{name}.tar", members(tmp_path, first=first, cls=cls))
    assert prepare(tmp_path / "in", tmp_path / "out").splits == {"train": 12, "valid": 6}


def test_texts_with_classes(tmp_path: Path) -> None:
    rows = {f"{n}.{end}": data for n in range(6)
            for end, data in (("txt", b"the weather of the day %d" % n), ("cls", cls(n)))}  # fmt: skip
    store = prepare(tar(tmp_path / "t.tar", rows), tmp_path / "out", near="keep")
    assert store.manifest["modality"] == "text"
    assert labels(store) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("text", [b"0 .5 .5 .2 .2\n", b'{"shapes": []}'])
def test_boxes_in_a_tar_are_no_shard_and_not_passed_over(tmp_path: Path, text: bytes) -> None:
    made = members(tmp_path, json=lambda n: text) if b"{" in text else members(tmp_path, txt=lambda n: text)
    with pytest.raises(DataError, match="annotations lie beside the pictures"):
        taken(tar(tmp_path / "t.tar", made))


def test_a_tar_of_pictures_alone_is_an_archive(tmp_path: Path) -> None:
    path = tar(tmp_path / "t.tar", {f"{'ab'[n % 2]}/{n}.png": picture(tmp_path / "p.png", seed=n).read_bytes()
                                    for n in range(6)})  # fmt: skip
    assert "2 class folders (a, b)" in taken(path).used[1].what
