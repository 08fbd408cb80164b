"""The doors to files of strangers, one protection at a time."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget, Limits
from headstart.core.errors import DataError
from headstart.data.opening import compressed, json_text, parquet, pictures, yaml_text
from headstart.data.opening.xml import MOST, xml_of
from headstart.data.sources.archive import Archive
from headstart.data.sources.csv import Csv
from headstart.data.sources.idx import Idx
from tests.helpers.bombs.arrays import idx, long_list
from tests.helpers.bombs.bomb import tarred
from tests.helpers.bombs.pictures import icon, plain, png, scanned

SMALL = Budget(Limits(small=1000, stream=1000, few=10, objects=100, rows=100, columns=10))


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"<a>" + b" " * MOST + b"</a>", "more than 16 MiB"), (b"<a>" * 60 + b"</a>" * 60, "nested"),
     (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type"), (b"<a>" + b"<b/>" * 200 + b"</a>", "objects")],
    ids=["large", "deep", "entities", "many"],
)  # fmt: skip
def test_xml_is_small_and_shallow_and_has_no_entities(data: bytes, told: str) -> None:
    assert xml_of(b"<a><b>c</b></a>", "a.xml", SMALL)[0].text == "c"
    with pytest.raises(DataError, match=told):
        xml_of(data, "a.xml", Budget(Limits(objects=150)))


def test_json_has_no_more_objects_than_its_length_explains() -> None:
    assert len(json_text.loads("[" + '{"name": 1},' * 199 + "{}]", "a.json", SMALL)) == 200
    with pytest.raises(DataError, match=r"HS-D274.*objects in"):
        json_text.loads("[" + "{}," * 199 + "{}]", "a.json", SMALL)


def test_yaml_refers_to_nothing_and_is_short() -> None:
    assert yaml_text.loads(b"names: [a, b]") == {"names": ["a", "b"]}
    for data in (b"a: &a [x]\nb: *a", b"names: [" + b"a, " * 100_000 + b"]", b"a: ["):
        with pytest.raises(yaml_text.BROKEN):
            yaml_text.loads(data)


def test_a_name_of_two_megabytes_in_a_tar_is_refused(tmp_path: Path) -> None:
    for name, length in (("long.tar", 2_000_000), ("short.tar", 90)):
        with tarfile.open(tmp_path / name, "w", format=tarfile.GNU_FORMAT) as archive:
            archive.addfile(tarfile.TarInfo("a" * length + ".txt"))
    assert len(Archive(tmp_path / "short.tar", Access()).names) == 1
    with pytest.raises(DataError, match=r"2,000,00. bytes about one member"):
        Archive(tmp_path / "long.tar", Access())


def test_a_tar_has_no_more_members_than_its_bytes_explain(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(tarred(5000, lambda number: f"{number}.txt"))
    assert len(Archive(tmp_path / "a.tar.gz", Access(Budget(Limits(ratio=1000)))).names) == 5000
    with pytest.raises(DataError, match=r"HS-D273.*members in"):
        Archive(tmp_path / "a.tar.gz", Access(Budget(Limits(ratio=1000, few=10))))


def test_the_list_of_a_zip_is_not_read_where_it_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(long_list(5_000_000))
    with pytest.raises(DataError, match=r"HS-D273.*more than 1,000,000 members"):
        Archive(tmp_path / "a.zip", Access())


def test_what_unpacks_to_a_hundred_times_its_size_is_refused_where_it_happens(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a\n" * 200_000))
    with compressed.open_text(tmp_path / "a.txt.gz", Budget()) as text:
        assert len(text.read()) == 400_000
    with (
        pytest.raises(DataError, match="more than 100 times its size"),
        compressed.open_text(tmp_path / "a.txt.gz", SMALL) as text,
    ):
        text.read()


def test_a_compressed_file_is_told_by_its_content(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(2000))
    for number, pack in enumerate((gzip.compress, bz2.compress, lzma.compress, bytes)):
        (tmp_path / f"{number}.txt").write_bytes(pack(text.encode()))
        with compressed.open_text(tmp_path / f"{number}.txt", Budget()) as file:
            assert file.read() == text
            place = compressed.packed_place(file.buffer)  # pyright: ignore[reportArgumentType]
            assert place == (tmp_path / f"{number}.txt").stat().st_size


def test_rows_and_cells_are_no_more_than_bytes_explain(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx((1 << 20, 1, 1)) + bytes(10))
    with pytest.raises(DataError, match=r"HS-D274.*1,048,576 rows in"):
        list(Idx(tmp_path / "train-images-idx3-ubyte", Access(SMALL)).examples())
    (tmp_path / "a.csv").write_text("text" + "," * 20 + "\n")
    assert Csv(tmp_path / "a.csv", Access(), input="text")
    with pytest.raises(DataError, match=r"HS-D274.*a row of 21 cells"):
        Csv(tmp_path / "a.csv", Access(SMALL), input="text")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
def test_pages_of_parquet_are_read_in_every_form(tmp_path: Path, version: str, codec: str) -> None:
    values = [f"word {number % 7}" * (number % 5) for number in range(3000)]
    table = pa.table({"text": values, "n": list(range(3000)), "tags": [[one] * 2 for one in values]})
    pq.write_table(table, tmp_path / "a.parquet", compression=codec, data_page_version=version, row_group_size=700,
                   data_page_size=2000)  # fmt: skip
    assert list(parquet.rows(tmp_path / "a.parquet", Budget())) == table.to_pylist()
    assert [row["n"] for row in parquet.rows(tmp_path / "a.parquet", Budget(), ["n"])] == list(range(3000))


def test_pictures_are_refused_that_unpack_to_far_more_than_others() -> None:
    told = (plain("WEBP", (9000, 9000)), png(9000, 9000, 2), scanned(40, 2000), icon(png(3000, 3000, 2)))
    for data in told:
        with pytest.raises(DataError, match=r"HS-D130|HS-D103"):
            pictures.opened(data, "a.png")
    usual = (plain("WEBP", (2000, 2000)), png(3000, 3000, 2), scanned(4, 2000), plain("ICO", (256, 256)))
    assert [pictures.opened(data, "a.png").image.width for data in usual] == [2000, 3000, 2000, 256]


def test_a_large_photograph_is_read() -> None:
    out, noise = io.BytesIO(), np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((8000, 6000)).save(out, "JPEG", quality=75)
    assert pictures.opened(out.getvalue(), "a.jpg").cost > 500_000_000


def test_threads_share_the_memory_for_decoded_content() -> None:
    budget, held, most = Budget(Limits(memory=100)), [0], [0]

    def work() -> None:
        with budget.room(60):
            held[0] += 60
            most[0] = max(most[0], held[0])
            time.sleep(0.01)
            held[0] -= 60

    threads = [threading.Thread(target=work) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert most == [60]
    with budget.room(1000):  # more than there is: alone
        pass
