"""Small files that the cases are made of."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image


def picture(path: Path, size: tuple[int, int] = (32, 40), seed: int | None = None) -> Path:
    """A picture of noise [h, w, 3], another one for every path."""
    key = sum(str(path).encode()) * 31 + sum(path.name.encode()) if seed is None else seed
    values = np.random.default_rng(key).integers(0, 256, (*size, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {".jpg": "JPEG", ".jpeg": "JPEG"}
    Image.fromarray(values).save(path, kinds.get(path.suffix.lower(), "PNG"))
    return path


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def tar(path: Path, members: Mapping[str, bytes], mode: Literal["w", "w:gz"] = "w") -> Path:
    """A tar file of these members, in this order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def facts(**said: Any) -> dict[str, Any]:
    """What a model says of itself, as far as it must."""
    data = {"source": [], "rows": 0, "hash": "", "licence": "", "modality": ""}
    cost = {"seconds": 0.0, "rows": 0, "steps": 0}
    return {
        "verb": "finetune", "data": data, "lineage": [], "scores": {}, "cost": cost, "weights": "0" * 64, "reasons": [],
        "warnings": [], **said,
    }  # fmt: skip
