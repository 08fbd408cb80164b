"""Every planted leak is found: test rows in train, exact and near, groups on two sides, rows a model has seen."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from headstart.assemble import open_start
from headstart.cli import run
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.leaks import leaks
from headstart.models.remembered import of_start
from tests.helpers.sentences import sentences

PLANTED = 60


def smooth(count: int, seed: int) -> list[np.ndarray]:
    """Pictures of 40 x 40 with content that survives compression: a few soft blobs each."""
    generator = np.random.default_rng(seed)
    grid = np.mgrid[0:40, 0:40].astype(float)
    made = []
    for _ in range(count):
        field = np.zeros((40, 40))
        for _ in range(8):
            y, x, width = generator.uniform(0, 40), generator.uniform(0, 40), generator.uniform(3, 8)
            field += generator.uniform(-1, 1) * np.exp(-((grid[0] - y) ** 2 + (grid[1] - x) ** 2) / (2 * width**2))
        made.append(np.uint8(255 * (field - field.min()) / (np.ptp(field) + 1e-9)))
    return made


def rejected(store: Store) -> int:
    """Train rows left out because they stand in the test part."""
    return sum(row["reason"] == "duplicate of a test row" for row in store.rejected())


def jpeg(picture: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=80)
    return np.asarray(Image.open(file))


def test_exact_copies_of_test_pictures_leave_train(tmp_path: Path) -> None:
    train, test = np.stack(smooth(200, 0)), np.stack(smooth(100, 1))
    store = prepare({"train": np.concatenate([train, test[:PLANTED]]), "test": test}, tmp_path / "out")
    assert rejected(store) == PLANTED
    assert store.splits["test"] == 100


def test_compressed_copies_of_test_pictures_leave_train(tmp_path: Path) -> None:
    train, test = np.stack(smooth(200, 2)), np.stack(smooth(100, 3))
    copies = np.stack([jpeg(picture) for picture in test[:PLANTED]])
    store = prepare({"train": np.concatenate([train, copies]), "test": test}, tmp_path / "out")
    assert rejected(store) == PLANTED


def test_copies_of_test_texts_leave_train_also_when_a_character_differs(tmp_path: Path) -> None:
    texts, _ = sentences(400)
    train, test = texts[:300], texts[300:]
    same, spaced = test[:PLANTED], [f"  {text}\r\n" for text in test[:PLANTED]]
    longest = sorted(test, key=len)[-20:]
    near = [f"{text} {text.lower()}!" for text in longest]
    others = [f"{text} {text.lower()}?" for text in longest]
    store = prepare({"train": train + same, "test": test}, tmp_path / "same", modality="text")
    assert rejected(store) == PLANTED
    store = prepare({"train": train + spaced, "test": test}, tmp_path / "spaced", modality="text")
    assert rejected(store) == PLANTED
    store = prepare({"train": train + near, "test": others}, tmp_path / "near", modality="text")
    assert rejected(store) == len(longest)


def test_no_group_stands_on_two_sides(tmp_path: Path) -> None:
    texts, _ = sentences(400)
    frame = pd.DataFrame({"text": texts, "patient": [f"p{number // 5}" for number in range(400)]})
    store = prepare(frame, tmp_path / "out", group="patient", near="keep")
    sides: dict[str, set[str]] = {}
    for split in store.splits:
        for example in store.examples(split):
            sides.setdefault(example["group"], set()).add(split)
    assert len(sides) == 80
    assert all(len(found) == 1 for found in sides.values())
    assert set.union(*sides.values()) == {"train", "valid"}


def test_relatives_that_both_stay_are_not_divided(tmp_path: Path) -> None:
    pictures = smooth(150, 4)
    copies = [jpeg(picture) for picture in pictures]
    store = prepare(np.stack(pictures + copies), tmp_path / "out", near="keep")
    side = {}
    for split in store.splits:
        side |= dict.fromkeys(store.origins(split), split)
    divided = [n for n in range(150) if side[f"array#{n}"] != side[f"array#{n + 150}"]]
    assert divided == []
    assert len(set(side.values())) > 1


def test_rows_that_a_model_has_seen_are_counted_to_the_last(tmp_path: Path) -> None:
    seen, fresh = np.stack(smooth(120, 5)), np.stack(smooth(80, 6))
    learned = prepare(seen, tmp_path / "learned", split="train=1", near="keep")
    words = ["pretrain", str(tmp_path / "learned"), "--backbone", "mlp", "--objective", "autoencoder", "--steps", "2"]
    assert run([*words, "--out", str(tmp_path / "model"), "--quiet", "backbone.widths=[8]", "plan.batch=16"]) == 0
    start = open_start(str(tmp_path / "model"))
    assert start is not None
    mixed = prepare(np.concatenate([fresh, seen[:PLANTED]]), tmp_path / "mixed", near="keep")
    assert leaks([of_start(start)], mixed, np.arange(140)).equal == PLANTED
    assert leaks([of_start(start)], learned, np.arange(120)).equal == 120
    assert leaks([of_start(start)], prepare(fresh, tmp_path / "fresh", near="keep"), np.arange(80)).equal == 0
