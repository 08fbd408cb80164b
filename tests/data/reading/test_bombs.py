"""XML, tar headers and compressed files that would take memory without measure, one protection at a time."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.data import compressed
from headstart.data.reading.xml import MOST, xml_of
from headstart.data.sources.archive import Archive


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"<a>" + b" " * MOST + b"</a>", "more than 16 MiB"), (b"<a>" * 60 + b"</a>" * 60, "nested"),
     (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type")],
    ids=["large", "deep", "entities"],
)  # fmt: skip
def test_xml_is_small_and_shallow_and_has_no_entities(data: bytes, told: str) -> None:
    assert xml_of(b"<a><b>c</b></a>", "a.xml")[0].text == "c"
    with pytest.raises(DataError, match=told):
        xml_of(data, "a.xml")


def test_a_name_of_two_megabytes_in_a_tar_is_refused(tmp_path: Path) -> None:
    for name, length in (("long.tar", 2_000_000), ("short.tar", 90)):
        with tarfile.open(tmp_path / name, "w", format=tarfile.GNU_FORMAT) as archive:
            archive.addfile(tarfile.TarInfo("a" * length + ".txt"))
    assert len(Archive(tmp_path / "short.tar").names) == 1
    with pytest.raises(DataError, match=r"2,000,00. bytes about one member"):
        Archive(tmp_path / "long.tar")


def test_what_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"a\n" * 200_000))
    with compressed.open_text(tmp_path / "a.txt.gz") as text:
        assert len(text.read()) == 400_000
    monkeypatch.setattr(compressed, "_SMALL", 1_000)
    with (
        compressed.open_text(tmp_path / "a.txt.gz") as text,
        pytest.raises(DataError, match="more than 100 times its size"),
    ):
        text.read()
