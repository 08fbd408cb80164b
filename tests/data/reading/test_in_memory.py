"""What a program holds is data: tensors, pictures, arrays, texts, data sets of the library `datasets`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from headstart.core.errors import UsageError
from headstart.data.prepare import prepare
from headstart.data.reading.in_memory import untensored

ROWS = 24
PIXELS = np.random.default_rng(0).integers(0, 255, (ROWS, 6, 8, 3), dtype=np.uint8)
NAMES = [["cat", "dog"][number % 2] for number in range(ROWS)]


@pytest.mark.parametrize(
    "given",
    [
        lambda: torch.from_numpy(PIXELS),
        lambda: torch.from_numpy(PIXELS).permute(0, 3, 1, 2).float() / 255,
        lambda: list(torch.from_numpy(PIXELS)),
        lambda: list(torch.from_numpy(PIXELS).permute(0, 3, 1, 2)),
        lambda: list(PIXELS),
        lambda: [one / 255 for one in PIXELS],
        lambda: [Image.fromarray(one) for one in PIXELS],
    ],
    ids=["tensor", "tensor of floats", "tensors", "tensors [C, H, W]", "arrays", "arrays of floats", "pictures"],
)
def test_pictures_come_in_every_form_with_and_without_labels(given: Callable[[], Any], tmp_path: Path) -> None:
    for place, data in (("alone", given()), ("labelled", (given(), NAMES))):
        store = prepare(data, tmp_path / place, near="keep", split="train=1")
        assert sum(store.splits.values()) == ROWS
        assert store.modality.spec.sizes == {"channels": 3, "height": 6, "width": 8}
    stored = store.take(np.arange(ROWS))["x"].reshape(ROWS, 3, 6, 8)
    assert sorted(map(str, store.labels_of(np.arange(ROWS)))) == sorted(NAMES)
    assert {one.tobytes() for one in stored} == {one.tobytes() for one in PIXELS.transpose(0, 3, 1, 2)}


def test_pictures_of_floats_are_scaled_alike(tmp_path: Path) -> None:
    dark, light = np.full((6, 8), 0.2), np.full((6, 8), 200.0)
    store = prepare([dark, light] * 10, tmp_path / "out", near="keep", split="train=1")
    assert set(np.unique(store.take(np.arange(store.splits["train"]))["x"])) == {0, 200}


def test_tensors_of_labels_and_parts(tmp_path: Path) -> None:
    pixels, labels = torch.from_numpy(PIXELS), torch.arange(ROWS) % 2
    parts = {"train": (pixels[6:], labels[6:]), "test": (pixels[:6], labels[:6])}
    store = prepare(parts, tmp_path / "out", near="keep")
    assert set(map(str, store.labels("train"))) == {"0", "1"}
    assert untensored(torch.ones(2, dtype=torch.bfloat16)).tolist() == [1.0, 1.0]


def test_a_list_of_strings_is_texts_and_never_opens_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("a secret text\n" * 30)
    texts = ["one", "notes.txt", *(f"word{number}" for number in range(20))]
    store = prepare(texts, tmp_path / "out", split="train=1")
    assert sum(store.splits.values()) == len(texts)
    with pytest.raises(UsageError, match=r"HS-U342.*'notes.txt'.*Path\(name\)"):
        prepare(["notes.txt", "notes.txt"], tmp_path / "other")
    assert sum(prepare([Path("notes.txt")], tmp_path / "file", near="keep").splits.values()) > 0


def test_data_sets_in_memory_keep_classes_and_splits(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    columns = {"image": [Image.fromarray(one) for one in PIXELS], "label": [number % 2 for number in range(ROWS)]}
    one = datasets.Dataset.from_dict(columns, features=features)
    store = prepare(one, tmp_path / "one", near="keep", split="train=1")
    assert sorted(map(str, store.labels("train"))) == sorted(NAMES)
    several = datasets.DatasetDict({"train": one.select(range(6, ROWS)), "validation": one.select(range(6))})
    store = prepare(several, tmp_path / "several", near="keep")
    assert store.splits == {"train": ROWS - 6, "valid": 6}
    assert store.manifest["source"]["given"] == ["a data set in memory"]
