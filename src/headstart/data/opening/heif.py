"""HEIC pictures, as phones write them: read by pillow-heif, which is an extra."""

from __future__ import annotations

import io

from PIL import Image

from headstart.core.errors import DataError
from headstart.data.file_names import conversion

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def is_heif(data: bytes) -> bool:
    """Do bytes begin as a HEIC picture does?"""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def opened(data: bytes, origin: str) -> Image.Image:
    """The picture, upright; DataError without pillow-heif. Raises what decoders raise on broken files."""
    try:
        from pillow_heif import open_heif  # pyright: ignore[reportMissingImports]
    except ImportError as cause:
        fix = f"pip install 'headstart[heic]', or {conversion('x.heic')}; or prepare with --skip-bad"
        what = "this is a HEIC picture, and pillow-heif is not installed"
        raise DataError(104, what, where=origin, found=f"first bytes {data[4:12]!r}", fix=fix) from cause
    return open_heif(io.BytesIO(data), convert_hdr_to_8bit=True).to_pillow()
