"""What every contract kit needs: a modality that learned from tiny pictures, and batches as the store gives them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.data.modalities.image import Image


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """scikit-learn's digits as the store would hold them: uint8 [1797, 1, 8, 8]."""
    from sklearn.datasets import load_digits

    flat, _ = load_digits(return_X_y=True)
    return (np.asarray(flat).reshape(-1, 8, 8) * 15.9375).astype(np.uint8)[:, None]


@pytest.fixture(scope="session")
def digit_batch(digits: np.ndarray) -> Batch:
    """64 digits with their keys."""
    return {"x": torch.from_numpy(digits[:64].copy()), "key": random.keys(0, 0, torch.arange(64))}


@pytest.fixture(scope="session")
def modality(digits: np.ndarray) -> Callable[..., Image]:
    """The image modality after it learned from the digits, in any scale."""

    def learned(**settings: str) -> Image:
        made = Image(**settings)  # pyright: ignore[reportArgumentType]
        made.learn([{"input": digits[0, 0]}])
        made.measure([{"x": digits}])
        return made

    return learned


@pytest.fixture
def noise_batch() -> Callable[..., Batch]:
    """Random pictures as floats, as `modality.ready` would give them."""

    def build(facts: dict[str, int], rows: int = 4) -> Batch:
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(rows, facts["channels"], facts["height"], facts["width"], generator=generator)
        return {"x": x, "key": random.keys(0, 0, torch.arange(rows))}

    return build


@pytest.fixture(autouse=True)
def _same_start() -> None:
    torch.manual_seed(0)
