"""Small pictures for the tests of the data wing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def photograph(seed: int, size: int = 64) -> Image.Image:
    """A smooth random colour picture, as photographs are: coarse noise enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def class_folders(folder: Path, rows: int = 12, classes: tuple[str, ...] = ("cats", "dogs"), start: int = 0) -> Path:
    """<class>/<n>.png with distinct pictures."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(rows):
            data = encoded(photograph(start + 1000 * number + index, 32))
            (folder / name / f"{start + index:04d}.png").write_bytes(data)
    return folder
