"""Pictures of bright discs, many of which touch, and masks that number them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def scene(generator: np.random.Generator, side: int = 48, most: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """A noisy picture uint8 [side, side] of bright discs, many of which touch, and their numbers."""
    rows, columns = np.mgrid[:side, :side]
    numbers = np.zeros((side, side), np.int32)
    middles: list[tuple[float, float, float]] = []
    for _ in range(200):
        radius = generator.uniform(4, 7)
        y, x = generator.uniform(radius, side - radius, 2)
        if middles and generator.random() < 0.6:  # beside another one
            other = middles[generator.integers(len(middles))]
            angle = generator.uniform(0, 2 * np.pi)
            y, x = (other[i] + np.sin(angle + i * np.pi / 2) * (radius + other[2]) for i in (0, 1))
        apart = all(np.hypot(y - a, x - b) > 0.95 * (radius + r) for a, b, r in middles)
        if apart and radius < min(y, x) and max(y, x) < side - radius:
            middles.append((y, x, radius))
            disc = np.hypot(rows - y, columns - x) < radius
            numbers[disc & (numbers == 0)] = len(middles)
        if len(middles) == most:
            break
    return (60 + 100 * (numbers > 0) + generator.normal(0, 12, (side, side))).clip(0, 255).astype(np.uint8), numbers


def scenes(count: int, seed: int = 0, **more: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    generator = np.random.default_rng(seed)
    pairs = [scene(generator, **more) for _ in range(count)]
    return np.stack([pixels for pixels, _ in pairs]), [numbers for _, numbers in pairs]


def write_zip(
    path: Path, pixels: np.ndarray, masks: list[np.ndarray], folders: tuple[str, str] = ("images", "masks")
) -> Path:
    """Pictures and masks beside each other in a zip, as 8-bit and 16-bit PNG."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, pair in enumerate(zip(pixels, masks, strict=True)):
            for folder, values, kind in zip(folders, pair, (np.uint8, np.uint16), strict=True):
                file = io.BytesIO()
                Image.fromarray(values.astype(kind)).save(file, "PNG")
                archive.writestr(f"{folder}/{number:03}.png", file.getvalue())
    return path
