"""A file of a kind that is not read is refused with the way to one that is."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.pixels import decode
from headstart.data.reading.open_raw import open_raw


@pytest.mark.parametrize(
    ("name", "way"), [("t.xlsb", "csv"), ("t.XLS", "csv"), ("t.pdf", "pdftotext"), ("t.docx", "txt"), ("t.ods", "csv")]
)
def test_a_document_is_refused_with_the_command_that_converts_it(tmp_path: Path, name: str, way: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(DataError, match=rf"HS-D203.*fix: .*{way}"):
        open_raw(tmp_path / name, modality="auto", input=None, target=None)


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_a_heic_picture_is_called_so(brand: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as where it is not installed
    with pytest.raises(DataError, match=r"HS-D104.*HEIC.*headstart.heic.*heif-convert"):
        decode(b"\0\0\0\x18ftyp" + brand + bytes(40), "phone.heic", Budget())


def test_heic_pictures_are_read_upright_where_the_extra_is_installed(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16] = 200
    exif = Image.Exif()
    exif[0x0112] = 6
    heif.from_pillow(Image.fromarray(pixels)).save(tmp_path / "a.heic", quality=-1)
    heif.from_pillow(Image.fromarray(pixels)).save(tmp_path / "b.heic", quality=-1, exif=exif.tobytes())
    found = {name: decode((tmp_path / f"{name}.heic").read_bytes(), name, Budget()) for name in "ab"}
    assert np.abs(found["a"].astype(int) - pixels).mean() < 3
    assert found["b"].shape == (48, 32, 3)
    assert found["b"][:, :8].mean() < found["b"][:, -8:].mean()  # a quarter turn clockwise
    with pytest.raises(DataError, match=r"HS-D10\d.*c.heic"):
        decode((tmp_path / "a.heic").read_bytes()[:300], "c.heic", Budget())
