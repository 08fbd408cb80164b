"""The data of every row: Fashion-MNIST from --data, or pictures of the same shape made here; ours in a store."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from headstart.data.prepare import prepare
from headstart.data.store import Store


def load(data: Path | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8 pixels [rows, 28, 28] and labels [rows] of the train part."""
    if data is None:
        return synthetic(rows, 28)
    images = _idx(data / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    return images[:rows], _idx(data / "train-labels-idx1-ubyte.gz", 8)[:rows].astype(np.int64)


def synthetic(rows: int, side: int, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Ten kinds of smooth blobs with noise: uint8 [rows, side, side(, channels)] and their kinds [rows]."""
    draws = np.random.default_rng(0)
    labels = draws.integers(0, 10, rows)
    kinds = draws.normal(size=(10, 7, 7, channels)).repeat(-(-side // 7), 1).repeat(-(-side // 7), 2)[:, :side, :side]
    noise = draws.normal(scale=0.5, size=(rows, side, side, channels)).astype(np.float32)
    pixels = ((kinds[labels].astype(np.float32) + noise) * 40 + 128).clip(0, 255).astype(np.uint8)
    return (pixels[..., 0] if channels == 1 else pixels), labels


def stored(images: np.ndarray, labels: np.ndarray | None = None) -> Store:
    """The same rows as a headstart store of one split, nothing left out."""
    given = images if labels is None else (images, labels)
    return prepare(given, Path(tempfile.mkdtemp()) / "store", near="keep", split="train=1.0")


class Pictures(Dataset[tuple[Tensor, int]]):
    """Rows as torchvision's MNIST gives them: a Pillow image, turned into a tensor and normalised, one at a time."""

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, mean: Sequence[float] = (0.0,), std: Sequence[float] = (1.0,)
    ) -> None:
        from torchvision import transforms

        self._images, self._labels = images, labels
        self._transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image: Tensor = self._transform(Image.fromarray(self._images[index]))  # pyright: ignore[reportAssignmentType]
        return image, int(self._labels[index])


class Named(Dataset[dict[str, Tensor]]):
    """The same rows under the names that transformers wants."""

    def __init__(self, rows: Pictures, names: tuple[str, str]) -> None:
        self._rows, self._names = rows, names

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image, label = self._rows[index]
        return {self._names[0]: image, self._names[1]: torch.tensor(label)}


def _idx(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes())[header:], np.uint8)
