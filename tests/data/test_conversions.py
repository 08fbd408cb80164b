"""A file of a kind that is not read is refused with the way to one that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.data.modalities.image.pixels import decode
from headstart.data.reading.open_raw import open_raw


@pytest.mark.parametrize(
    ("name", "way"), [("t.xlsx", "csv"), ("t.XLS", "csv"), ("t.pdf", "pdftotext"), ("t.docx", "txt"), ("t.ods", "csv")]
)
def test_a_document_is_refused_with_the_command_that_converts_it(tmp_path: Path, name: str, way: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(DataError, match=rf"HS-D203.*fix: .*{way}"):
        open_raw(tmp_path / name, modality="auto", input=None, target=None)


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_a_heic_picture_is_called_so(brand: bytes) -> None:
    with pytest.raises(DataError, match=r"HS-D104.*HEIC.*heif-convert"):
        decode(b"\0\0\0\x18ftyp" + brand + bytes(40), "phone.heic")
