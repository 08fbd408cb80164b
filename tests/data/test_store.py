"""The store: rows come back as they were written, and damage is noticed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from headstart.core import cache_folder
from headstart.core.errors import StorageError, UsageError
from headstart.core.files import changed_files
from headstart.data.cache import open_data
from headstart.data.prepare import prepare
from headstart.data.storage.gather import column, rows_of
from headstart.data.storage.writer import Writer
from headstart.data.store import Store
from tests.helpers.pictures import class_folders


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    place = tmp_path_factory.mktemp("store")
    x = np.random.default_rng(0).integers(0, 256, (100, 5, 4), dtype=np.uint8)
    return prepare((x, np.arange(100) % 4), place / "out")


def test_rows_come_in_the_order_asked_for(prepared: Store) -> None:
    x = np.random.default_rng(0).integers(0, 256, (100, 5, 4), dtype=np.uint8)
    asked = np.array([7, 3, 99, 3])
    assert np.array_equal(prepared.take(asked)["x"], x[asked][:, None])
    assert prepared.bytes_of(asked) == 4 * (20 + 8)  # pixels, and height and width of the original
    assert sorted(np.concatenate([prepared.rows(s) for s in prepared.splits])) == list(range(100))
    assert prepared.labels("valid") == [int(row) % 4 for row in prepared.rows("valid")]
    assert prepared.origins("test") == [f"array#{row}" for row in prepared.rows("test")]


@pytest.mark.parametrize("kept", ["all", "some", "few"])
def test_ragged_rows_come_back_after_others_were_dropped(tmp_path: Path, kept: str) -> None:
    random = np.random.default_rng(0)
    rows = [{"t": random.integers(0, 999, n).astype(np.uint16), "x": random.random((2, 3))} for n in (3, 0, 7, 1, 4, 2)]
    keep = np.array({"all": [1] * 6, "some": [1, 0, 1, 1, 0, 1], "few": [0, 0, 0, 0, 1, 0]}[kept], bool)
    with Writer(tmp_path) as writer:
        writer.add(rows[:2])
        writer.add(rows[2:])
        columns = writer.finish(keep)
    left = [row for row, stays in zip(rows, keep, strict=True) if stays]
    order = np.arange(len(left))[::-1]
    taken = {k: v for name, about in columns.items() for k, v in column(tmp_path, name, about).take(order).items()}
    for found, expected in zip(rows_of(taken), left[::-1], strict=True):
        assert np.array_equal(found["t"], expected["t"])
        assert np.array_equal(found["x"], expected["x"])


def test_verify_finds_every_flipped_byte(prepared: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(prepared.directory, copy)
    assert changed_files(copy)[1] == []
    random = np.random.default_rng(0)
    for name in sorted(p.name for p in copy.iterdir()):
        whole = (copy / name).read_bytes()
        for place in random.integers(0, len(whole), 20):
            changed = bytearray(whole)
            changed[place] ^= 1 << int(random.integers(8))
            (copy / name).write_bytes(changed)
            assert changed_files(copy)[1] == [name]
        (copy / name).write_bytes(whole)
    (copy / "stray.txt").write_text("x")
    assert changed_files(copy)[1] == ["stray.txt"]


def test_a_damaged_directory_is_refused_with_its_place(prepared: Store, tmp_path: Path) -> None:
    def damaged(change: dict, digest: bool = True) -> Path:
        copy = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        shutil.copytree(prepared.directory, copy)
        manifest = json.loads((copy / "manifest.json").read_text()) | change
        (copy / "manifest.json").write_text(json.dumps(manifest))
        return copy

    escape = {"x": {"file": "../x.bin", "dtype": "|u1", "rows": 1, "shape": [1]}}
    for change, message in (
        ({"format": 9}, "unknown format"),
        ({"columns": escape}, "the manifest is damaged"),
        ({"licence": "mine"}, "was changed after it was written"),
    ):
        with pytest.raises(StorageError, match=message):
            Store.open(damaged(change))
    short = damaged({})
    (short / "x.bin").write_bytes(b"x")
    with pytest.raises(StorageError, match="wrong size"):
        Store.open(short)
    with pytest.raises(StorageError, match="not a prepared directory"):
        Store.open(tmp_path)


def test_digits_are_embedded() -> None:
    store = open_data("digits")
    assert sum(store.splits.values()) == 1797
    assert set(store.labels("train")) == set("0123456789")
    assert store.modality.spec.sizes == {"channels": 1, "height": 8, "width": 8}
    assert open_data(store) is store
    assert open_data(store.directory).hash == store.hash


def test_the_cache_is_keyed_by_content_and_options(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in", rows=3)
    first = open_data(folder)
    stamp = (first.directory / "manifest.json").stat().st_mtime_ns
    again = open_data(shutil.copytree(folder, tmp_path / "other" / "in"))
    assert again.directory == first.directory
    assert (again.directory / "manifest.json").stat().st_mtime_ns == stamp
    assert open_data(folder, settings={"size": 8}).directory != first.directory
    file = folder / "cats" / "0000.png"
    data = bytearray(file.read_bytes())
    stat = file.stat()
    file.write_bytes((folder / "dogs" / "0000.png").read_bytes()[: len(data)].ljust(len(data), b"\0"))
    import os

    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same name, size and date, other bytes
    assert open_data(folder, skip_bad=True, max_bad=1.0).directory != first.directory


def test_the_cache_moves_to_a_temporary_directory_without_a_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("HEADSTART_CACHE")
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert cache_folder.directory() == tmp_path / "headstart"


def test_options_for_prepared_data_are_refused(prepared: Store) -> None:
    with pytest.raises(UsageError, match="prepared already"):
        open_data(prepared.directory, target="x")


def test_a_flipped_byte_is_noticed_when_the_store_is_opened(prepared: Store, tmp_path: Path) -> None:
    place = shutil.copytree(prepared.directory, tmp_path / "copy")
    content = bytearray((place / "x.bin").read_bytes())
    content[-1] ^= 1
    (place / "x.bin").write_bytes(content)
    with pytest.raises(StorageError, match=r"x\.bin: a file is not as it was written"):
        Store.open(place)
