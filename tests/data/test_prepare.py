"""prepare: what is kept, what is left out and why, and which rows train."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Picture
from PIL import ImageOps

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError
from headstart.data.modalities.image.pixels import decode
from headstart.data.prepare import prepare
from headstart.data.store import Store
from tests.helpers.pictures import class_folders, encoded, photograph


def reasons(store: Store) -> dict[str, str]:
    return {row["origin"]: row["reason"] for row in store.rejected()}


def parts(store: Store) -> dict[bytes, str]:
    return {h: split for split in store.splits for h in store.hashes_of(store.rows(split))}


def test_adding_rows_never_moves_old_ones(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=60)
    before = parts(prepare(folder, tmp_path / "one"))
    class_folders(tmp_path / "in", rows=30, start=100)
    after = parts(prepare(folder, tmp_path / "two"))
    assert len(before) == 120
    assert len(after) == 180
    assert {h: after[h] for h in before} == before


def test_the_order_of_rows_does_not_matter_for_the_split(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (200, 6, 6), dtype=np.uint8)
    y = np.arange(200) % 3
    turned = np.random.default_rng(1).permutation(200)
    one, two = prepare((x, y), tmp_path / "one"), prepare((x[turned], y[turned]), tmp_path / "two")
    assert parts(one) == parts(two)


def test_every_class_of_three_rows_is_in_every_split(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (90, 6, 6), dtype=np.uint8)
    y = np.arange(90) // 3
    store = prepare((x, y), tmp_path / "out")
    assert all(set(store.labels(split)) == set(range(30)) for split in ("train", "valid", "test"))


def test_groups_are_never_divided(tmp_path: Path) -> None:
    images = [photograph(n, 16) for n in range(120)]
    frame = pd.DataFrame(
        {"image": images, "label": [n % 2 for n in range(120)], "patient": [n // 6 for n in range(120)]}
    )
    store = prepare(frame, tmp_path / "out", group="patient")
    seen = [{row["group"] for row in store.examples(split)} for split in store.splits]
    assert sum(len(groups) for groups in seen) == len(set.union(*seen)) == 20
    assert len(store.splits) == 3


def test_time_splits_go_from_earliest_to_latest(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(50)
    days = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in order]
    frame = pd.DataFrame({"image": [photograph(n, 16) for n in range(50)], "label": 1, "day": days})
    store = prepare(frame, tmp_path / "out", time="day")
    day = {f"row {n}": d for n, d in enumerate(days)}
    spans = [sorted(day[o] for o in store.origins(split)) for split in ("train", "valid", "test")]
    assert [len(s) for s in spans] == [40, 5, 5]
    assert spans[0][-1] < spans[1][0] <= spans[1][-1] < spans[2][0]


def test_exact_copies_go_and_contradictions_go_altogether(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=5)
    copy = (folder / "cats" / "0000.png").read_bytes()
    (folder / "cats" / "copy.png").write_bytes(copy)
    (folder / "dogs" / "wrong.png").write_bytes((folder / "cats" / "0001.png").read_bytes())
    store = prepare(folder, tmp_path / "out")
    assert reasons(store) == {
        "cats/copy.png": "exact duplicate",
        "cats/0001.png": "conflicting labels",
        "dogs/wrong.png": "conflicting labels",
    }
    assert store.manifest["rejected"] == {"conflicting labels": 2, "exact duplicate": 1}
    assert store.manifest["kept"] == 9 == sum(store.splits.values())


@pytest.mark.parametrize("change", ["jpeg", "smaller", "brighter", "darker"])
def test_changed_copies_are_found(tmp_path: Path, change: str) -> None:
    folder = class_folders(tmp_path / "in", rows=20)
    for index in range(20):
        image = photograph(index, 64)
        (folder / "cats" / f"{index:04d}.png").write_bytes(encoded(image))
        if change == "jpeg":
            data = encoded(image, "JPEG", quality=80)
        elif change == "smaller":
            data = encoded(image.resize((60, 60), Picture.Resampling.BILINEAR))
        else:
            data = encoded(image.point([round(v * (1.02 if change == "brighter" else 0.98)) for v in range(256)] * 3))
        (folder / "cats" / f"{index:04d}-copy.png").write_bytes(data)
    store = prepare(folder, tmp_path / "out")
    assert sum(reason == "near duplicate" for reason in reasons(store).values()) == 20
    assert prepare(folder, tmp_path / "kept", near="keep").manifest["rejected"] == {}


def test_near_copies_that_are_kept_stay_in_one_split(tmp_path: Path) -> None:
    images = [photograph(n // 2, 64) if n % 2 else photograph(n // 2, 64).resize((62, 62)) for n in range(100)]
    store = prepare(pd.DataFrame({"image": images}), tmp_path / "out", near="keep", split="train=.5,valid=.5")
    split = {int(o.split()[1]) // 2: s for s in store.splits for o in store.origins(s)}
    assert all(split[int(o.split()[1]) // 2] == s for s in store.splits for o in store.origins(s))
    assert len(store.splits) == 2


def test_handwritten_digits_lose_nothing(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    store = prepare(((x.reshape(-1, 8, 8) * 15).astype(np.uint8), y), tmp_path / "out")
    assert store.manifest["kept"] >= 1795


def test_a_given_test_part_is_kept_and_its_copies_leave_train(tmp_path: Path) -> None:
    class_folders(tmp_path / "in" / "train", rows=6)
    class_folders(tmp_path / "in" / "test", rows=3, start=500)
    test = tmp_path / "in" / "test" / "cats"
    (tmp_path / "in" / "train" / "dogs" / "leak.png").write_bytes((test / "0500.png").read_bytes())
    near = Picture.open(test / "0501.png").point([round(v * 0.98) for v in range(256)] * 3)
    (tmp_path / "in" / "train" / "cats" / "near.png").write_bytes(encoded(near))
    (test / "twice.png").write_bytes((test / "0502.png").read_bytes())
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert store.splits == {"train": 12, "test": 7}
    assert reasons(store) == {
        "train/dogs/leak.png": "duplicate of a test row",
        "train/cats/near.png": "duplicate of a test row",
    }


def test_statistics_come_from_train_alone(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 100, (40, 6, 6), dtype=np.uint8)
    x[30:] += 150
    np.savez(tmp_path / "a.npz", x_train=x[:30], x_test=x[30:])
    store = prepare(tmp_path / "a.npz", tmp_path / "out")
    assert store.modality.mean == pytest.approx([x[:30].mean() / 255])  # type: ignore[attr-defined]


def test_the_same_preparation_is_returned_and_another_refused(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=4)
    first = prepare(folder, tmp_path / "out")
    stamp = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    assert prepare(folder, tmp_path / "out").hash == first.hash
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == stamp
    with pytest.raises(UsageError, match=r"out, or pass overwrite=True"):
        prepare(folder, tmp_path / "out", settings={"size": 16})
    again = prepare(folder, tmp_path / "out", settings={"size": 16}, overwrite=True)
    assert again.modality.spec.sizes["height"] == 16
    with pytest.raises(UsageError, match="files that headstart did not write"):
        prepare(folder, folder, overwrite=True)
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name or ".old" in p.name] == []


def test_a_failed_preparation_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=2)
    (folder / "cats" / "bad.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"cats/bad\.png: .*empty"):
        prepare(folder, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    store = prepare(folder, tmp_path / "out", skip_bad=True, max_bad=0.5)
    assert reasons(store) == {"cats/bad.png": "unreadable"}


def test_rows_without_a_label_are_kept_and_counted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": [photograph(n, 16) for n in range(20)], "label": ["a", None] * 10})
    store = prepare(frame, tmp_path / "out")
    assert "10 of 20 rows have no label" in store.warnings
    assert "there is only one class: a" in store.warnings


def test_prepare_does_not_import_torch(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=2)
    code = (
        "import sys; from headstart.data.prepare import prepare;"
        f"prepare({str(folder)!r}, {str(tmp_path / 'out')!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.shared
def test_messy_images_load_or_say_why_not(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "messy_images"
    index = pd.read_csv(folder / "index.csv")
    strange = {"dummy.container"}  # named as no picture, and none: it is told, and not read
    broken = set(index.file[index.pillow_result != "ok"]) - strange
    store = prepare(folder / "files", tmp_path / "out", skip_bad=True, max_bad=1.0)
    assert set(store.taken["unused"]) == strange
    rejected = store.rejected()
    assert {row["origin"] for row in rejected if row["reason"] == "unreadable"} == broken
    assert len(broken) == 20
    assert store.manifest["kept"] + len(rejected) == 66
    assert all(row["detail"] for row in rejected)


@pytest.mark.shared
def test_messy_images_that_load_show_what_pillow_shows(shared_data: Path) -> None:
    folder = shared_data / "messy_images"
    index = pd.read_csv(folder / "index.csv")
    for name in index.file[index.pillow_result == "ok"]:
        data = (folder / "files" / name).read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = decode(data, name, Budget())
            with Picture.open(folder / "files" / name) as image:
                upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            assert np.abs(found - np.asarray(upright) / 257).max() <= 0.5, name
            continue
        over = np.asarray(upright.convert("RGBA"), np.float64)
        seen = over[..., :3] * over[..., 3:] / 255 + 255 - over[..., 3:]  # on white
        coloured = found if found.ndim == 3 else found[..., None]
        assert coloured.shape[:2] == seen.shape[:2], name
        assert np.abs(coloured - seen).max() <= (1.5 if found.ndim == 3 else 2), name


def test_what_a_killed_preparation_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left, living, foreign = (
        tmp_path / f"prepared.partial-{node}-{pid}"
        for node, pid in ((platform.node(), dead.pid), (platform.node(), os.getppid()), ("elsewhere", dead.pid))
    )
    for folder in (left, living, foreign):
        folder.mkdir()
        (folder / "x.bin").write_bytes(b"half")
    prepare({"train": np.zeros((20, 4, 4), np.uint8)}, tmp_path / "prepared", near="keep")
    assert not left.exists()
    assert living.exists()
    assert foreign.exists()
