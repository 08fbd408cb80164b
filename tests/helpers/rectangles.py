"""Pictures of bright rectangles on dark noise, and where they lie: the smallest data in which things can be found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def rectangles(generator: np.random.Generator, height: int, width: int) -> tuple[np.ndarray, dict[str, Any]]:
    """One picture [H, W, 3] with its label of boxes."""
    pixels = generator.integers(0, 60, (height, width, 3)).astype(np.uint8)
    boxes: list[list[int]] = []
    names: list[str] = []
    for _ in range(int(generator.integers(0, 4))):
        across, down = (int(side) for side in generator.integers(height // 5, height // 2, 2))
        left, top = int(generator.integers(0, width - across)), int(generator.integers(0, height - down))
        if any(left < r and x < left + across and top < b and y < top + down for x, y, r, b in boxes):
            continue
        red = bool(generator.integers(0, 2))
        pixels[top : top + down, left : left + across] = (230, 60, 60) if red else (60, 60, 230)
        boxes.append([left, top, left + across, top + down])
        names.append("red" if red else "blue")
    return pixels, {"size": [height, width], "boxes": boxes, "labels": names}


def written(folder: Path, counts: dict[str, int], height: int = 40, width: int = 64) -> Path:
    """A table of pictures of rectangles in parts of so many rows."""
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for number, (split, count) in enumerate(counts.items()):
        generator = np.random.default_rng(number)
        for row in range(count):
            pixels, label = rectangles(generator, height, width)
            Image.fromarray(pixels).save(folder / "pictures" / f"{split}{row}.png")
            lines.append({"image": f"pictures/{split}{row}.png", "label": label, "split": split})
    (folder / "t.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "t.jsonl"
