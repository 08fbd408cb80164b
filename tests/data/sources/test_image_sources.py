"""Every reader gives the same examples however the pictures are packed."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.image import Image
from headstart.data.reading.folder_layout import Place, places
from headstart.data.reading.open_raw import open_raw
from tests.helpers.pictures import class_folders, encoded, photograph


def rows(given: object, **options: str | None) -> list[dict]:
    raw = open_raw(given, modality="auto", input=options.get("input"), target=options.get("target"))
    assert raw.modality == "image"
    return [dict(Image().read(example, Budget())) for example in raw.examples()]


def facts(given: object, **options: str | None) -> list[tuple]:
    return [(r["origin"], r.get("label"), r.get("split"), r["input"].tobytes()) for r in rows(given, **options)]


def pack(folder: Path, archive: Path) -> Path:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as out:
            for file in files:
                out.write(file, file.relative_to(folder).as_posix())
    else:
        with tarfile.open(archive, "w:gz") as out:
            for file in files:
                out.add(file, file.relative_to(folder).as_posix())
    return archive


def write_idx(path: Path, values: np.ndarray, shape: tuple[int, ...] | None = None) -> None:
    shape = shape or values.shape
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wb") as file:
        file.write(header + values.tobytes())


def test_class_folders_become_labels(tmp_path: Path) -> None:
    class_folders(tmp_path, rows=2)
    (tmp_path / "README.md").write_text("not data")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert [(r["origin"], r["label"]) for r in rows(tmp_path)] == [
        ("cats/0000.png", "cats"), ("cats/0001.png", "cats"), ("dogs/0000.png", "dogs"), ("dogs/0001.png", "dogs"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["a.zip", "a.tar.gz"])
def test_an_archive_reads_as_the_folder_in_it(tmp_path: Path, kind: str) -> None:
    class_folders(tmp_path / "train", rows=3)
    class_folders(tmp_path / "test", rows=1, start=500)
    folder = tmp_path / "all"
    folder.mkdir()
    (tmp_path / "train").rename(folder / "train")
    (tmp_path / "test").rename(folder / "val")
    assert facts(pack(folder, tmp_path / kind)) == [
        (origin, label, split, data) for origin, label, split, data in facts(folder)
    ]
    assert {(r["label"], r["split"]) for r in rows(folder)} == {
        (c, s) for c in ("cats", "dogs") for s in ("train", "valid")
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["1.jpg", "2.jpg"], [Place(None, None)] * 2),
        (["cats/in/1.jpg", "dogs/2.jpg"], [Place("cats", None), Place("dogs", None)]),
        (["all/cats/1.jpg", "all/dogs/2.jpg"], [Place("cats", None), Place("dogs", None)]),
        (["train/1.jpg", "test/2.jpg"], [Place(None, "train"), Place(None, "test")]),
        (["train/a/x/1.jpg", "dev/b/2.jpg"], [Place("a", "train"), Place("b", "valid")]),
        (["train/1.jpg", "bus/2.jpg"], [Place("train", None), Place("bus", None)]),
        (["d/train/a/1.jpg", "d/test/a/2.jpg"], [Place("a", "train"), Place("a", "test")]),
        (["cats/1.jpg", "cats/2.jpg"], [Place("cats", None)] * 2),
    ],
)
def test_folders_say_label_and_split(names: list[str], expected: list[Place]) -> None:
    assert places(names) == expected


def test_a_table_finds_its_files_beside_it_in_an_archive_and_in_a_neighbour(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "pictures", rows=2)
    table = tmp_path / "labels.csv"
    table.write_text("name;file;kind;split\na;cats/0000.png;cat;train\nb;dogs/0001.png;dog;test\n")
    here = facts(table, target="kind")
    assert [(o, label, s) for o, label, s, _ in here] == [
        ("cats/0000.png", "cat", "train"),
        ("dogs/0001.png", "dog", "test"),
    ]
    other = tmp_path / "elsewhere"
    other.mkdir()
    moved = table.rename(other / "labels.csv")
    assert facts([moved, folder], target="kind") == here
    assert facts([moved, pack(folder, tmp_path / "p.zip")], target="kind") == here


def test_a_missing_file_is_an_unreadable_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,label\nnone.png,1\n")
    (example,) = open_raw(tmp_path / "t.csv", modality="image", input=None, target=None).examples()
    assert isinstance(example["input"], DataError)


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        ("1 2 -3", [1, 2, -3]),
        ("1 2.5 3", [1.0, 2.5, 3.0]),
        ("1 2 x", ["1", "2", "x"]),
        ("007 008 1", ["007", "008", "1"]),
    ],
)
def test_csv_labels_are_numbers_only_if_all_are(tmp_path: Path, cells: str, labels: list) -> None:
    lines = "".join(f"a.png,{cell}\n" for cell in cells.split())
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("file,label\n" + lines)
    raw = open_raw(tmp_path / "t.csv.gz", modality="image", input=None, target=None)
    found = [e["label"] for e in raw.examples()]
    assert found == labels
    assert [type(v) for v in found] == [type(v) for v in labels]


def test_zstandard_tables_are_read(tmp_path: Path) -> None:
    with pa.output_stream(str(tmp_path / "t.tsv.zst"), compression="zstd") as file:
        file.write(b"file\tlabel\na.png\tx\n")
    (example,) = open_raw(tmp_path / "t.tsv.zst", modality="image", input=None, target=None).examples()
    assert example["label"] == "x"


def test_parquet_and_frames_hold_bytes(tmp_path: Path) -> None:
    data = [encoded(photograph(n)) for n in range(3)]
    pq.write_table(pa.table({"image": data, "label": [0, 1, None]}), tmp_path / "t.parquet")
    hub = [{"bytes": d, "path": "x.png"} for d in data]
    pq.write_table(pa.table({"image": hub, "label": [0, 1, None]}), tmp_path / "hub.parquet")
    one, two = rows(tmp_path / "t.parquet"), rows(tmp_path / "hub.parquet")
    frame = rows(pd.DataFrame({"image": data, "label": [0, 1, None]}))
    for found in (one, two, frame):
        assert [r.get("label") for r in found] == [0, 1, None]
        assert all(np.array_equal(r["input"], np.asarray(photograph(n))) for n, r in enumerate(found))


def test_idx_folders_pair_images_with_labels(tmp_path: Path) -> None:
    x, y = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2), np.arange(6, dtype=np.uint8)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", x)
    write_idx(tmp_path / "train-labels-idx1-ubyte", y)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", x[:2] + 100)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", y[:2])
    found = rows(tmp_path)
    assert [r["split"] for r in found] == ["train"] * 6 + ["test"] * 2
    assert [r["label"] for r in found] == [0, 1, 2, 3, 4, 5, 0, 1]
    assert np.array_equal(np.stack([r["input"] for r in found[:6]]), x)
    assert [r["label"] for r in rows(tmp_path / "train-images-idx3-ubyte.gz")] == list(range(6))


def test_arrays_and_numpy_files_agree(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((5, 4, 4), np.float32)
    y = np.array(["a", "b", "a", "b", "a"])
    np.save(tmp_path / "x.npy", x)
    np.savez_compressed(tmp_path / "both.npz", x_train=x[:3], y_train=y[:3], x_test=x[3:], y_test=y[3:])
    memory, file, parts = rows((x, y)), rows(tmp_path / "x.npy"), rows(tmp_path / "both.npz")
    expected = np.rint(x * 255).astype(np.uint8)
    for found in (memory, file, parts):
        assert np.array_equal(np.stack([r["input"] for r in found]), expected)
    assert [(r["label"], r["split"]) for r in parts] == list(zip("ababa", ["train"] * 3 + ["test"] * 2, strict=True))


def test_files_named_after_parts_are_those_parts(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "tables", rows=2)
    for name in ("train", "test"):
        path = "cats/0000.png" if name == "train" else "dogs/0001.png"
        (folder / f"{name}.csv").write_text(f"file,label\n{folder / path},x\n")
    expected = ["test", "train"]
    assert [r["split"] for r in rows(folder)] == expected
    assert [r["split"] for r in rows([folder / "test.csv", folder / "train.csv"])] == expected
    assert [r["split"] for r in rows({"test": folder / "test.csv", "train": folder / "train.csv"})] == expected


@pytest.mark.parametrize("name", ["../out.png", "/etc/out.png", "a/../../b.png"])
def test_archives_that_reach_outside_are_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as out:
        out.writestr(name, encoded(photograph(1)))
    with tarfile.open(tmp_path / "bad.tar", "w") as out:
        out.addfile(tarfile.TarInfo(name), io.BytesIO())
    for archive in ("bad.zip", "bad.tar"):
        with pytest.raises(DataError, match="not safe to read"):
            open_raw(tmp_path / archive, modality="image", input=None, target=None)


def test_archive_links_and_bombs_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.png", bytes(8 << 20))
    link = tarfile.TarInfo("a.png")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "link.tar", "w") as out:
        out.addfile(link)
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as out:
        big = tarfile.TarInfo("a.png")
        big.size = 8 << 20
        out.addfile(big, io.BytesIO(bytes(big.size)))
    for name, found in (("bomb.zip", "100 times"), ("link.tar", "a link"), ("bomb.tar.gz", "100 times")):
        with pytest.raises(DataError, match=found):
            open_raw(tmp_path / name, modality="image", input=None, target=None)
